"""An internal system sends a small file inside a command."""

import base64
import json
from typing import Any

import pytest

from functions.sync.commands import CONTENT_LIMIT
from tests.uploads.files import NOTE, PAGE, kept
from tests.world import World

WISH = {
    "text": "The plan.",
    "name": "plan.txt",
    "content_type": "text/plain",
    "content": base64.b64encode(NOTE).decode(),
}


def asked(world: World, case_id: str, command_id: str = "cmd-1", **wish: Any) -> dict[str, Any]:
    """What the system is answered."""
    world.command("attachment.add", case_id, WISH | wish, command_id)
    answers = [event for event in world.events_told(case_id) if ".command." in event["type"]]
    found: dict[str, Any] = answers[-1]
    return found


def test_a_file_in_a_command_is_a_message_with_it(world: World, ana: str) -> None:
    """Its customer reads and downloads it like any other; a repeated command adds nothing (C6, C38, F27)."""
    case_id = world.open_case(ana)
    assert asked(world, case_id)["type"] == "portico.command.accepted.v1"
    body = {"specversion": "1.0", "id": "cmd-1", "source": "/backoffice", "type": "attachment.add"}
    world.receive([json.dumps(body | {"subject": case_id, "data": WISH})])
    message = world.view(ana, case_id)["messages"][-1]
    assert (message["text"], message["author"]["kind"], message["attachment_count"]) == ("The plan.", "organisation", 1)
    file = message["first_attachment"]
    assert (file["name"], file["size"]) == ("plan.txt", len(NOTE))
    assert world.gateway("GET", f"/{file['href']}", token=ana).status == 200
    assert world.stored() == {kept(file["attachment_id"]): NOTE}
    assert [each["text"] for each in world.view(ana, case_id)["messages"]].count("The plan.") == 1


def test_an_internal_file_stays_inside(world: World, ana: str) -> None:
    """With the message that brings it (F25)."""
    case_id = world.open_case(ana)
    assert asked(world, case_id, audience="internal")["type"] == "portico.command.accepted.v1"
    [name] = world.stored()
    url = f"/v1/cases/{case_id}/attachments/{name.rpartition('/')[2]}"
    assert world.gateway("GET", url, token=ana).code == "attachment_not_found"
    assert world.gateway("GET", url, token=world.staff("customer-relations")).status == 200


@pytest.mark.parametrize(
    ("wish", "pointer"),
    [
        ({"name": "plan.exe"}, "/name"),
        ({"name": "../plan.txt"}, "/name"),
        ({"content_type": "text/html", "name": "plan.html"}, "/content_type"),
        ({"content": base64.b64encode(PAGE).decode()}, "/content"),
        ({"content": "no base64!"}, "/content"),
        ({"content": ""}, "/content"),
        ({"content": base64.b64encode(b"a" * (CONTENT_LIMIT + 1)).decode()}, "/content"),
        ({"text": " "}, "/text"),
    ],
)
def test_what_is_not_taken_is_rejected(world: World, ana: str, wish: dict[str, str], pointer: str) -> None:
    """By the same rules as a file of a person, naming the field; nothing is kept of it (E3, E7)."""
    case_id = str(world.create(ana).json["case_id"])
    answer = asked(world, case_id, **wish)
    assert answer["type"] == "portico.command.rejected.v1"
    assert [error["pointer"] for error in answer["data"]["problem"]["errors"]] == [pointer]
    assert world.stored() == {}
    assert [item for item in world.items() if item["pk"]["S"].startswith("UPLOAD#")] == []
