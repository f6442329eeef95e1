"""Deploying, changing and taking down a stage, in a cloud of its own and from a copy of the source that may change."""

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from infra import rest_api
from infra.local import cloud, deployed, endpoints, stack
from infra.local.cloud import Cloud
from infra.stage import LOCAL, ROOT, stage
from tests.end_to_end.portal import eventually
from tests.end_to_end.source import copy_source

pytestmark = pytest.mark.cloud

TRIAL = """

@app.route("/v1/{path}")
def trial():
    import os

    return {{"code": "{code}", "portal": os.environ["PORTAL_NAME"]}}


@app.route("/v1/beyond")
def beyond():
    import os

    import boto3
    from botocore.exceptions import ClientError

    try:
        boto3.client("dynamodb").scan(TableName=os.environ["TABLE_NAME"])
    except ClientError as refused:
        return {{"refused": refused.response["Error"]["Code"]}}
"""
LEFT = {
    "apigateway": ("get_rest_apis", "items"),
    "cloudformation": ("describe_stacks", "Stacks"),
    "cloudwatch": ("describe_alarms", "MetricAlarms"),
    "dynamodb": ("list_tables", "TableNames"),
    "events": ("list_rules", "Rules"),
    "iam": ("list_roles", "Roles"),
    "lambda": ("list_functions", "Functions"),
    "logs": ("describe_log_groups", "logGroups"),
    "s3": ("list_buckets", "Buckets"),
    "secretsmanager": ("list_secrets", "SecretList"),
    "sesv2": ("list_email_identities", "EmailIdentities"),
    "sns": ("list_topics", "Topics"),
    "sqs": ("list_queues", "QueueUrls"),
    "stepfunctions": ("list_state_machines", "stateMachines"),
}


@dataclass(frozen=True)
class Trial:
    """A copy of the source, and a cloud that it is deployed into."""

    source: Path
    emulator: Cloud

    @property
    def api(self) -> str:
        return endpoints.of(self.emulator.endpoint).api

    def deploy(self) -> None:
        stack.deploy(self.emulator, source=self.source)

    def run(self, *wish: str) -> subprocess.CompletedProcess[str]:
        """The deploy tool as it is called by hand, without what this test process has in its environment."""
        ours = cloud.client_environment(self.emulator.endpoint)
        environment = {name: value for name, value in ours.items() if name.startswith("AWS_")} | {
            "PATH": os.environ["PATH"]
        }
        return subprocess.run(
            [sys.executable, "-m", "infra.deploy", *wish],
            cwd=self.source,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def local(self, what: str) -> subprocess.CompletedProcess[str]:
        return self.run(
            what, "--stage", LOCAL, "--endpoint", self.emulator.endpoint, "--cloud", str(self.emulator.folder)
        )

    def add_route(self, path: str, code: str) -> None:
        app = (ROOT / "app.py").read_text()
        (self.source / "app.py").write_text(app + TRIAL.format(path=path, code=code))

    def move_sweep(self) -> None:
        sweep, app = self.source / "functions/sync/sweep.py", self.source / "app.py"
        sweep.rename(sweep.with_name("sweeper.py"))
        moved = app.read_text().replace("publish, sweep", "publish, sweeper").replace("sweep.doors", "sweeper.doors")
        app.write_text(moved)

    def name_portal(self, name: str) -> None:
        stages = self.source / "infra/stages.toml"
        stages.write_text(stages.read_text().replace('portal_name = "Portico"', f'portal_name = "{name}"'))

    def store_files(self) -> None:
        storage = cloud.client("s3", self.emulator.endpoint)
        for bucket in storage.list_buckets()["Buckets"]:
            storage.put_object(Bucket=bucket["Name"], Key="attachments/att_x", Body=b"x")

    def once_tried_out(self, name: str) -> str:
        """What was logged when S3 had tried out the queue that it tells; from then on nothing happens by itself."""
        logs, group = cloud.client("logs", self.emulator.endpoint), f"/aws/lambda/portico-{name}-receive_upload"
        return "".join(
            event["message"] for event in eventually(lambda: logs.filter_log_events(logGroupName=group)["events"])
        )

    def left(self) -> dict[str, list[Any]]:
        """Everything that is in the account, by service."""
        found = {
            service: getattr(cloud.client(service, self.emulator.endpoint), call)().get(key, [])
            for service, (call, key) in LEFT.items()
        }
        mappings = cloud.client("lambda", self.emulator.endpoint).list_event_source_mappings()["EventSourceMappings"]
        return {service: items for service, items in (found | {"mappings": mappings}).items() if items}


@dataclass(frozen=True)
class Redeployed:
    """What was seen of a stage before it was deployed a second time."""

    api: str
    trial: dict[str, Any]
    """What its route answered."""
    beside_another: subprocess.CompletedProcess[str]
    """What the deploy said while there were two APIs of the name."""
    then: str | None
    """The source that it was deployed from as far as was known then."""


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    source = tmp_path_factory.mktemp("source")
    copy_source(source)
    with cloud.running(tmp_path_factory.mktemp("cloud"), cloud.free_port()) as emulator:
        yield Trial(source, emulator)


@pytest.fixture(scope="module")
def redeployed(trial: Trial) -> Redeployed:
    """Deployed, and once more after a change of everything that may change: a route, a setting, a function's module."""
    trial.add_route("trial", "first")
    trial.deploy()
    trial.once_tried_out(LOCAL)
    api = trial.api
    answer = get(f"{api}/v1/trial")[1]

    gateway = cloud.client("apigateway", trial.emulator.endpoint)
    second = gateway.create_rest_api(name=stage(LOCAL).prefix)["id"]
    refused, then = trial.local("up"), deployed.last(trial.emulator.folder)
    gateway.delete_rest_api(restApiId=second)

    trial.add_route("other", "second")
    trial.name_portal("Elsewhere")
    trial.move_sweep()
    done = trial.local("up")
    assert done.returncode == 0, done.stderr
    return Redeployed(api, answer, refused, then)


def get(url: str, method: str = "GET") -> tuple[int, dict[str, Any], str]:
    """Status, body and content type of an answer."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method=method), timeout=30) as answer:
            return answer.status, json.load(answer), answer.headers["Content-Type"]
    except urllib.error.HTTPError as refused:
        return refused.code, json.load(refused), refused.headers["Content-Type"]


def test_a_stage_that_keeps_data_keeps_it_when_taken_down(trial: Trial) -> None:
    """Its package holds all libraries, was tried out first, and runs; data goes only on request (L4)."""
    if trial.left():
        trial.local("down")
    done = trial.run("up", "--stage", "test")
    assert done.returncode == 0, done.stderr
    assert rest_api.find(stage("test"), cloud.client("apigateway", trial.emulator.endpoint))
    assert "Error" not in trial.once_tried_out("test")
    trial.store_files()
    trial.run("down", "--stage", "test")
    left = trial.left()
    assert (left["dynamodb"], len(left["s3"])) == (["portico-test"], 2)
    trial.run("down", "--stage", "test", "--with-its-data")
    assert trial.left() == {}


def test_a_redeploy_shows_changed_code_routes_and_environment_at_the_same_address(
    trial: Trial, redeployed: Redeployed
) -> None:
    """Whoever calls the API never has to learn a new address."""
    before = redeployed.api
    assert redeployed.trial == {"code": "first", "portal": "Portico"}
    assert trial.api == before
    assert get(f"{before}/v1/other")[1] == {"code": "second", "portal": "Elsewhere"}
    assert get(f"{before}/v1/trial")[0] == 404
    assert get(f"{before}/v1/services")[0] == 200


def test_an_unknown_address_and_a_wrong_method_are_problem_documents(redeployed: Redeployed) -> None:
    """API Gateway would answer both with 403 and a text about authentication tokens."""
    status, problem, kind = get(f"{redeployed.api}/v1/nothing/here")
    assert (status, problem["status"], problem["code"], kind) == (404, 404, "not_found", "application/problem+json")
    status, problem, kind = get(f"{redeployed.api}/v1/services", "DELETE")
    assert (status, problem["status"], kind) == (405, 405, "application/problem+json")


def test_a_function_may_not_do_what_its_role_does_not_say(redeployed: Redeployed) -> None:
    """The local cloud enforces roles, so a right that is missing shows here and not in AWS first (S16)."""
    assert get(f"{redeployed.api}/v1/beyond")[1] == {"refused": "AccessDeniedException"}


def test_a_function_that_moved_to_another_module_is_found_there(trial: Trial, redeployed: Redeployed) -> None:
    """Chalice alone would leave Lambda looking for it in the old place."""
    answer = cloud.client("lambda", trial.emulator.endpoint).invoke(FunctionName="portico-local-sweep", Payload="{}")
    assert "FunctionError" not in answer, answer["Payload"].read()


def test_a_second_api_of_the_same_name_stops_the_deploy(redeployed: Redeployed) -> None:
    """Which of the two do people call? The deploy does not guess, and changes nothing; with one left it goes on."""
    refused = redeployed.beside_another
    assert refused.returncode
    assert "SeveralApis" in refused.stderr
    [step] = refused.stdout.splitlines()
    assert "processes: " in step  # which are checked before anything is changed
    assert redeployed.then is None


def test_taking_down_leaves_nothing_and_putting_up_again_works(trial: Trial, redeployed: Redeployed) -> None:
    """Both as often as one likes."""
    trial.store_files()
    for _ in range(2):
        done = trial.local("down")
        assert done.returncode == 0, done.stderr
        assert trial.left() == {}
    trial.deploy()
    assert get(f"{trial.api}/v1/services")[0] == 200
