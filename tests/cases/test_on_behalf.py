"""Staff may create a case for its owner, who sees it; who creates it does not (F18)."""

from typing import Any

import pytest

from tests.gateway import Answer
from tests.world import World

ANSWERS = {"TOPIC": "OTHER", "MESSAGE": "She called and asks when the town hall is open."}


def on_behalf(world: World, token: str, owner: str, key: str = "key-1", **wish: Any) -> Answer:
    body = {"owner": owner, "service": "contact-us", "answers": ANSWERS} | wish
    return world.gateway("POST", "/v1/staff/cases", body, token=token, headers={"Idempotency-Key": key})


@pytest.mark.parametrize("by", ["id", "address", "another spelling"])
def test_the_owner_sees_the_case_and_its_creator_does_not(world: World, ana: str, ben: str, by: str) -> None:
    """Ownership decides who sees a case, not who created it (F18, A19)."""
    staff = world.staff("streets")
    contact_id = world.gateway("GET", "/v1/me", token=ana).json["person_id"]
    owner = {"id": contact_id, "address": "ana@example.org", "another spelling": " Ana@EXAMPLE.org "}[by]
    created = on_behalf(world, staff, owner)
    assert created.status == 201, created.body
    world.settle()
    [mine] = world.gateway("GET", "/v1/cases", token=ana).json["data"]
    assert (mine["case_id"], mine["unread"]) == (created.json["case_id"], True)
    assert world.view(ana, mine["case_id"])["messages"][0]["text"] == ANSWERS["MESSAGE"]
    for other in (staff, ben):
        assert world.gateway("GET", "/v1/cases", token=other).json["data"] == []
        assert world.gateway("GET", f"/v1/cases/{mine['case_id']}", token=other).status == 404
    assert world.gateway("POST", f"/v1/cases/{mine['case_id']}/cancel", token=ana).status == 200


def test_the_case_and_its_event_say_who_created_it_for_whom(world: World, ana: str) -> None:
    """`channel` and `on_behalf_of`, and the staff member as the actor; a case of one's own has none (F18, O19)."""
    staff = world.staff("streets")
    contact_id = world.gateway("GET", "/v1/me", token=ana).json["person_id"]
    for created, channel, behalf, kind in (
        (on_behalf(world, staff, contact_id), "staff", contact_id, "staff"),
        (world.create(ana, key="key-2"), "portal", None, "customer"),
    ):
        world.settle()
        event = world.events_told(created.json["case_id"])[0]["data"]
        assert (created.json["channel"], event["channel"], event["case"]["channel"]) == (channel,) * 3
        assert (event["on_behalf_of"], event["case"]["on_behalf_of"], event["actor"]["kind"]) == (behalf, behalf, kind)


def test_the_owner_is_told_once(world: World, ana: str) -> None:
    """One mail says that the case is there; none says besides that it has a message (C36)."""
    on_behalf(world, world.staff("streets"), "ana@example.org")
    world.settle()
    subjects = [mail.subject for mail in world.mailbox() if mail.to == "ana@example.org"]
    assert len([subject for subject in subjects if "We have received your case" in subject]) == 1
    assert not any("new message" in subject for subject in subjects)


@pytest.mark.parametrize("owner", ["nobody@example.org", "contact_01ARZ3NDEKTSV4RRFFQ69G5FAV", "@", "x" * 200])
def test_an_owner_is_a_contact_who_is_known(world: World, owner: str) -> None:
    """Nobody becomes a customer by being named (F18)."""
    answer = on_behalf(world, world.staff("streets"), owner)
    assert (answer.status, answer.code) == (422, "owner_unknown")
    assert [error["pointer"] for error in answer.json["errors"]] == ["/owner"]


def test_staff_own_no_cases_of_others(world: World) -> None:
    """A staff member's address is no contact's."""
    staff = world.staff("streets")
    assert on_behalf(world, staff, "streets@portico.example").code == "owner_unknown"


def test_customers_create_for_themselves_only(world: World, ana: str, ben: str) -> None:
    """A customer can name no owner, here or there (F18, G3)."""
    assert on_behalf(world, ana, "ben@example.org").status == 403
    body = {"owner": "ben@example.org", "service": "contact-us", "answers": ANSWERS}
    assert world.gateway("POST", "/v1/cases", body, token=ana, headers={"Idempotency-Key": "k"}).status == 422


def test_it_happens_once(world: World, ana: str) -> None:
    """The same key and body are one case."""
    staff = world.staff("streets")
    first, second = (on_behalf(world, staff, "ana@example.org") for _ in range(2))
    assert second.headers["Idempotent-Replayed"] == "true"
    assert first.json == second.json
    assert len(world.gateway("GET", "/v1/cases", token=ana).json["data"]) == 1
