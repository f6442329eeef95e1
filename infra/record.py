"""Chalice's record of what it has deployed, rebuilt from the account.

Chalice writes the record at the very end of a deploy, into a file. A deploy that died, or one from another machine,
would make a second API with another address; so the account itself is asked each time.
"""

import json
from pathlib import Path
from typing import Any

import boto3

from infra import rest_api
from infra.stage import Stage

API_HANDLER = "api_handler"
"""What Chalice calls the one function behind all routes; in the account it has the stage's bare name."""


def rebuild(project: Path, stage: Stage) -> None:
    resources: list[dict[str, str]] = [
        {"name": name, "resource_type": "lambda_function", "lambda_arn": arn} for name, arn in functions(stage).items()
    ]
    if api_id := rest_api.find(stage):
        region = boto3.client("apigateway").meta.region_name
        url = f"https://{api_id}.execute-api.{region}.amazonaws.com/api/"
        resources.append({"name": "rest_api", "resource_type": "rest_api", "rest_api_id": api_id, "rest_api_url": url})
    record = {"resources": resources, "schema_version": "2.0", "backend": "api"}
    file = project / f".chalice/deployed/{stage.name}.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(record, indent=2))


def functions(stage: Stage) -> dict[str, str]:
    """The functions of this stage that live in the account, by the name that Chalice knows them by: their ARNs."""
    pages = boto3.client("lambda").get_paginator("list_functions").paginate()
    live: list[dict[str, Any]] = [function for page in pages for function in page["Functions"]]
    named = {function["FunctionName"]: function["FunctionArn"] for function in live}
    found = {API_HANDLER: named[stage.prefix]} if stage.prefix in named else {}
    prefix = f"{stage.prefix}-"
    return found | {name.removeprefix(prefix): arn for name, arn in named.items() if name.startswith(prefix)}
