"""The envelope of a command: CloudEvents 1.0, from a program that may write it as its library does."""

import json
import re
from typing import Any

import pytest

from tests.world import World


def envelope(case_id: str, **more: Any) -> str:
    data = {"internal_ref": "BO-1"}
    command = {"specversion": "1.0", "id": "cmd-1", "source": "/backoffice", "type": "case.link", "subject": case_id}
    return json.dumps(command | {"data": data} | more)


def answers(world: World, body: str, case_id: str) -> list[dict[str, Any]]:
    """What the internal system is told of a command."""
    world.send_raw(body, "once")
    world.settle()
    told = world.events_told(case_id)
    return [event for event in told if event["type"].startswith("portico.command.")]


def test_extension_attributes_are_no_fault(world: World) -> None:
    """F7: CloudEvents lets a program add attributes, such as `traceparent`; they change nothing."""
    case_id = world.open_case(world.sign_in("ana@example.org"))
    extended = envelope(case_id, traceparent="00-1-2-01", dataschema="https://backoffice.example/link.json")
    assert [answer["type"] for answer in answers(world, extended, case_id)] == ["portico.command.accepted.v1"]
    assert world.quarantined() == []


@pytest.mark.parametrize("command_id", ["x" * 200, "with a blank", "é" * 100])
def test_any_id_gets_its_answer(world: World, command_id: str) -> None:
    """F26: an id by which SQS could not deduplicate (at most 128 ASCII characters, no blank) holds nothing up."""
    world.send_raw(envelope("case_unknown", id=command_id), "once")
    world.deliver_commands()
    world.deliver_stream()
    (answer,) = world.sqs.receive_message(
        QueueUrl=world.queue_url("to-backoffice"), AttributeNames=["MessageDeduplicationId"]
    )["Messages"]
    assert re.fullmatch("[!-~]{1,128}", answer["Attributes"]["MessageDeduplicationId"])
    assert json.loads(answer["Body"])["data"]["command_id"] == command_id
