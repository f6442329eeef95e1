"""The main requests, answered once by a whole Portico: their events, the AWS calls they make, and AWS's answers.

`python -m tests.bench.record <file>`; a process of its own, so that what is measured never loads the world.
"""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from moto import mock_aws

from tests.conftest import CLOCK_FILE
from tests.gateway import LambdaContext
from tests.world import World, step_functions

from functions import aws  # isort: skip (the settings are read when these are imported)
from functions.settings import Settings  # isort: skip
from functions.sync.publish import publish  # isort: skip

Recording = dict[str, Any]
NEEDED = {name.upper() for name in Settings.__slots__} - {"CLOCK_FILE"} | {
    "AWS_DEFAULT_REGION",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
}
"""What the environment of a function holds; moving the clock costs time that no customer pays."""
SERVICES = ("dynamodb", "sqs")
CASES = 25
MESSAGES = 10


def main(file: Path) -> None:
    with mock_aws():
        world = World(CLOCK_FILE)
        world.reset()
        with step_functions(world):
            requests = recordings(world)
    [stage] = json.loads(Path(".chalice/config.json").read_text())["stages"].values()
    fixed = {name: value for name, value in stage["environment_variables"].items() if "$" not in value}
    environment = {name: value for name, value in os.environ.items() if name in NEEDED} | fixed
    file.write_text(json.dumps({"environment": environment, "requests": requests}))


def recordings(world: World) -> dict[str, Recording]:
    token = world.sign_in("ana@example.org")
    challenge = world.gateway("POST", "/v1/otp/challenges", {"email": "ben@example.org"}).json["challenge_id"]
    world.settle()
    pin = {"code": world.pin("ben@example.org")}
    created = [world.create(token, key=f"key-{number}") for number in range(CASES)]
    case = f"/v1/cases/{created[-1].json['case_id']}"
    for number in range(MESSAGES - 1):
        world.gateway("POST", f"{case}/messages", {"text": f"And another thing, the {number}th."}, token=token)
    posted = [record for record in world.stream_records() if world._passes(record)][-1]
    submitted = {"service": "contact-us", "answers": {"TOPIC": "OTHER", "MESSAGE": "When is the town hall open?"}}

    def http(method: str, url: str, body: Any = None, key: str | None = None) -> Recording:
        headers = {"Idempotency-Key": key} if key else {}
        event = world.gateway.event(method, url, body, token=token, headers=headers, ip="203.0.113.9")
        assert event is not None
        with calls() as made:
            answer = world.gateway.deliver(event)
        assert answer.status < 400, answer.body
        return {"event": event, "calls": made}

    def stream(record: dict[str, Any]) -> Recording:
        event = json.loads(json.dumps({"Records": [record]}, default=str))
        with calls() as made:
            publish(event, LambdaContext())
        return {"event": event, "calls": made}

    return {
        "verify": http("POST", f"/v1/otp/challenges/{challenge}/verify", pin),
        "create": http("POST", "/v1/cases", submitted, key="measured"),
        "list of 25": http("GET", f"/v1/cases?limit={CASES}"),
        "view of 10": http("GET", case),
        "post": http("POST", f"{case}/messages", {"text": "Is there any news?"}, key="measured"),
        "unread": http("GET", "/v1/cases/unread"),
        "publish": stream(posted),
    }


@contextmanager
def calls() -> Iterator[list[dict[str, Any]]]:
    """Every call to AWS in the meantime: what was asked, and the answer as it came over the wire."""
    made: list[dict[str, Any]] = []

    def asked(params: dict[str, Any], model: Any, **_: Any) -> None:
        made.append({"service": model.service_model.service_name, "call": model.name, "params": params.copy()})

    def answered(response_dict: dict[str, Any], **_: Any) -> None:
        body, headers = response_dict["body"].decode(), dict(response_dict["headers"])
        made[-1] |= {"status": response_dict["status_code"], "headers": headers, "body": body}

    for service in SERVICES:
        events = aws.client(service).meta.events
        events.register_first(f"before-parameter-build.{service}", asked)
        events.register(f"response-received.{service}", answered)
    try:
        yield made
    finally:
        for service in SERVICES:
            events = aws.client(service).meta.events
            events.unregister(f"before-parameter-build.{service}", asked)
            events.unregister(f"response-received.{service}", answered)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
