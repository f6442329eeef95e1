"""Who wrote, who decided: what customers read of it, and what staff do."""

import pytest

from tests.world import World

Tokens = tuple[str, str, str]


@pytest.fixture
def told(world: World) -> Tokens:
    """A case in which staff, the internal system and the workflow have acted; the tokens of its owner and of staff."""
    owner = world.sign_in("ana@example.org")
    case_id = world.open_case(owner)
    staff = world.staff("customer-relations")
    world.gateway("POST", f"/v1/cases/{case_id}/messages", {"text": "On Friday."}, token=staff)
    world.command("message.post", case_id, {"text": "It is noted."}, "cmd-1")
    world.command("message.post", case_id, {"text": "We come.", "author_name": "Street care"}, "cmd-2")
    return case_id, owner, staff


def authors(world: World, case_id: str, token: str) -> set[str]:
    """Of the view, the conversation and the timeline, which agree about every message."""
    view = world.view(token, case_id)["messages"]
    conversation = world.gateway("GET", f"/v1/cases/{case_id}/messages", token=token).json["data"]
    timeline = world.gateway("GET", f"/v1/cases/{case_id}/timeline", token=token).json["data"]
    assert view == conversation == [entry["message"] for entry in timeline if entry["message"]]
    return {entry["author"]["name"] for entry in (*timeline, *conversation)}


def test_customers_read_the_organisation(world: World, told: Tokens) -> None:
    """Whoever acts inside, customers read the portal's name, or the one that the message was given (G2)."""
    case_id, owner, _ = told
    assert authors(world, case_id, owner) == {"ana@example.org", "Portico Town", "Street care"}


def test_staff_read_who_it_was(world: World, told: Tokens) -> None:
    """Staff members read who acted: the colleague, the internal system, the workflow (A24)."""
    case_id, _, staff = told
    inside = {"Customer-Relations", "backoffice", "workflow", "Street care"}
    assert authors(world, case_id, staff) == {"ana@example.org", *inside}
