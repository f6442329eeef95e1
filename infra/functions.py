"""The functions and the REST API: deployed by Chalice, and taken down."""

import os
import sys
from collections.abc import Iterable
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import boto3
from chalice.cli.factory import CLIFactory
from chalice.utils import UI

from infra import package, reconcile, record, rest_api
from infra.stage import Stage


class ApiMoved(Exception):
    """The deploy made a new API, so the address that everybody knows has changed."""


def deploy(project: Path, stage: Stage) -> str:
    """Make or change all functions and the API; return the API's id, which stays the same for the life of a stage."""
    sys.dont_write_bytecode = True  # it would end up in the package
    factory = CLIFactory(str(project), environ=os.environ)
    config = factory.create_config_obj(stage.name)
    app = config.chalice_app
    rest_api.describe(stage)
    package.finish(handlers(app), libraries_for=stage.architecture if stage.keeps_data else None)
    before = rest_api.find(stage)
    record.rebuild(project, stage)
    session = factory.create_botocore_session()
    with (project / "chalice.log").open("w") as log, redirect_stdout(log):
        factory.create_default_deployer(session, config, UI()).deploy(config, chalice_stage_name=stage.name)
    after = rest_api.find(stage)
    if after is None or before not in {None, after}:
        raise ApiMoved(f"the API of {stage.name} was {before} and is {after}")
    reconcile.handlers(app, stage)
    reconcile.throttling(after, config.api_gateway_stage, stage)
    return after


def handlers(app: Any) -> Iterable[str]:
    """Every function as Lambda finds it: module and name."""
    return ["app.app", *(function.handler_string for function in app.pure_lambda_functions)]


def delete(stage: Stage) -> list[str]:
    """Take down the API and every function of the stage, known to the source or not; return what went."""
    gone = []
    if api_id := rest_api.find(stage):
        boto3.client("apigateway").delete_rest_api(restApiId=api_id)
        gone.append(f"API {api_id}")
    for name, arn in record.functions(stage).items():
        boto3.client("lambda").delete_function(FunctionName=arn)
        gone.append(f"function {name}")
    return gone
