"""The AsyncAPI document is up to date and whole, and what leaves is as it says."""

from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator, meta
from pydantic import ValidationError

from functions.asyncapi.document import text
from functions.asyncapi.routes import DOCUMENT
from functions.events import TYPES
from functions.sync.cloudevents import Command
from functions.sync.commands import COMMANDS
from tests.sync.described import DESCRIPTION, SCHEMAS, check
from tests.world import World


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        yield from ([node["$ref"]] if isinstance(node.get("$ref"), str) else [])
        node = list(node.values())
    if isinstance(node, list):
        for inner in node:
            yield from references(inner)


def test_the_committed_document_is_the_generated_one() -> None:
    """Whoever changes an event, the public state of a case or a command runs `make openapi`."""
    assert DOCUMENT.read_text() == text()


def test_everything_that_leaves_or_is_taken_is_described(world: World) -> None:
    """Each type with its schema, no reference that leads nowhere; anybody may read it."""
    told = DESCRIPTION["channels"]["to"]["messages"].keys()
    assert told == TYPES | {"command.rejected.without_case"}
    assert DESCRIPTION["channels"]["from"]["messages"].keys() == {f"{name}.command" for name in COMMANDS}
    for reference in references(DESCRIPTION):
        place: Any = DESCRIPTION
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]
    for schema in SCHEMAS.values():
        meta.validate(schema)
    assert world.gateway("GET", "/v1/asyncapi.json").json == DESCRIPTION


def test_an_answer_without_a_case_is_as_described(world: World) -> None:
    """To a command that names no case of the system's own."""
    world.command("case.link", "case_unknown", {"internal_ref": "X"})
    world.collect_events()
    [told] = world.told
    assert told["dataschema"] == "urn:portico:command.rejected.without_case:v1"
    check("command.rejected.without_case", told)


@pytest.mark.parametrize(
    ("change", "is_right"),
    [
        ({}, True),
        ({"time": "2026-11-21T20:00:00Z", "traceparent": "00-1-2-01"}, True),
        ({"data": {"text": "Hello.", "audience": "everybody"}}, False),
        ({"data": {"text": "Hello.", "unknown": 1}}, False),
        ({"subject": None}, False),
    ],
)
def test_a_command_is_right_for_the_document_as_for_the_door(change: Any, is_right: bool) -> None:  # noqa: FBT001
    """What the document allows is taken, further attributes of CloudEvents included; what it forbids is not."""
    named = {"specversion": "1.0", "id": "1", "type": "portico.message.post.v1", "subject": "case_1"}
    command: dict[str, Any] = named | {"data": {"text": "Hello."}} | change
    schema = {"$ref": "#/components/schemas/message.post.command", "components": DESCRIPTION["components"]}
    assert Draft202012Validator(schema).is_valid(command) == is_right
    try:
        COMMANDS["message.post"][0].model_validate(Command.model_validate(command).data)
        is_taken = True
    except ValidationError:
        is_taken = False
    assert is_taken == is_right
