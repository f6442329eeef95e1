"""An internal system creates a case on behalf of its owner: once, for a contact, about a service that is its own."""

import json
from typing import Any

import pytest

from functions.people.actions import add_staff_member
from tests.sync.asking import answers, code
from tests.sync.described import check
from tests.world import World

ANA = "ana@example.org"
TEXT = "She called and asks when the town hall is open."
WISH = {"owner": ANA, "service": "contact-us", "answers": {"TOPIC": "OTHER", "MESSAGE": TEXT}}


def create(world: World, *, copy: str = "copy", **more: Any) -> None:
    document = {"specversion": "1.0", "id": "cmd-1", "source": "/backoffice", "type": "case.create", "data": WISH}
    world.send_raw(json.dumps(document | more), copy)
    world.settle()


def cases(world: World, token: str) -> list[Any]:
    return list(world.gateway("GET", "/v1/cases", token=token).json["data"])


@pytest.mark.parametrize("by", ["address", "id"])
def test_the_owner_sees_the_case_and_the_system_its_answer(world: World, ana: str, by: str) -> None:
    """Created by the system, for Ana, linked at once; the answer is an event of the new case (F17, F18, F20, F26)."""
    contact_id = world.gateway("GET", "/v1/me", token=ana).json["person_id"]
    create(world, data=WISH | {"owner": {"address": ANA, "id": contact_id}[by], "internal_ref": "BO-7"})
    [answer] = answers(world)
    case_id = answer["subject"]
    assert (answer["type"], answer["causationid"], answer["data"]["internal_ref"]) == (
        "portico.command.accepted.v1",
        "cmd-1",
        "BO-7",
    )
    [mine] = cases(world, ana)
    assert (mine["case_id"], mine["unread"]) == (case_id, True)
    seen = world.view(ana, case_id)
    assert (seen["channel"], seen["messages"][0]["text"], seen["messages"][0]["author"]) == (
        "system",
        TEXT,
        {"kind": "organisation", "name": "Portico Town"},
    )
    told = world.events_told(case_id)
    assert [event["sequence"][-1] for event in told] == [str(number) for number in range(1, len(told) + 1)]
    created = told[0]["data"]
    assert (created["channel"], created["on_behalf_of"], created["actor"]["id"]) == ("system", contact_id, "backoffice")
    assert [mail.subject for mail in world.mailbox() if mail.to == ANA][1:] == [
        f"[{mine['number']}] We have received your case"
    ]


def test_sent_again_it_makes_no_second_case(world: World, ana: str) -> None:
    """Three deliveries of one command are one case with one answer; another wish under its id has no effect (F23)."""
    for copy in ("one", "two"):
        create(world, copy=copy)
    create(world, copy="three", data=WISH | {"internal_ref": "BO-8"})
    assert (len(cases(world, ana)), len(answers(world))) == (1, 1)


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"data": WISH | {"owner": "nobody@example.org"}}, "owner_unknown"),
        ({"data": WISH | {"owner": "streets@portico.example"}}, "owner_unknown"),
        ({"data": WISH | {"service": "passports"}}, "service_unknown"),
        ({"data": WISH | {"answers": {"TOPIC": "OTHER"}}}, "answers_invalid"),
        ({"data": WISH | {"agreement_id": "GOLD"}}, "feature_off"),
        ({"data": WISH | {"status": "resolved"}}, "command_invalid"),
        ({"subject": "case_01ARZ3NDEKTSV4RRFFQ69G5FAV"}, "command_invalid"),
    ],
)
def test_a_refused_creation_makes_no_case_and_gets_its_reason_once(
    world: World, ana: str, more: dict[str, Any], why: str
) -> None:
    """Rejected about no case, however often it comes; nobody becomes a customer by being named (F18, F26)."""
    add_staff_member("streets@portico.example", "Streets", ("streets",))
    for copy in ("one", "two"):
        create(world, copy=copy, **more)
    [answer] = answers(world)
    assert (answer["type"], code(answer), answer["causationid"]) == ("portico.command.rejected.v1", why, "cmd-1")
    check("command.rejected.without_case", answer)
    assert cases(world, ana) == []


def test_a_system_creates_cases_about_its_own_services_only(world: World, ana: str) -> None:
    """Another system's queue: who is routed no such case may not make one either (J2)."""
    document = {"specversion": "1.0", "id": "cmd-1", "type": "case.create", "data": WISH}
    world.receive([json.dumps(document)], system="archive")
    [reply] = [item for item in world.items() if item["pk"]["S"] == "SYSTEM#archive"]
    assert "service_not_routed" in reply["data"]["S"]
    assert cases(world, ana) == []


@pytest.mark.parametrize("name", ["message.post", "portico.case.link.v1"])
def test_every_other_command_is_about_a_case(world: World, name: str) -> None:
    """Without a subject it is none: in quarantine, with the reason (F26)."""
    create(world, type=name, data={"text": "Hello?"})
    [kept] = world.quarantined()
    assert "/subject" in kept["reason"]
