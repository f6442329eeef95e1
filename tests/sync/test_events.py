"""What an internal system is told: everything that happens, in order, with the whole public state."""

import json
import re
from datetime import timedelta

import pytest

from functions.erasure.actions import request_erasure
from functions.events import TYPES, Actor
from tests.cases.sharing import share
from tests.mail.arriving import letter, reply_address, send
from tests.office import UK_OFFICE
from tests.sync.asking import task_of
from tests.sync.described import check
from tests.world import World


@pytest.fixture
def told(world: World, ana: str) -> list[dict[str, object]]:
    """All events of a case in which each kind has happened."""
    world.gateway("PUT", "/v1/admin/calendars/uk-office", UK_OFFICE, token=world.administrator())
    case_id = world.open_case(ana, TOPIC="STREETS", PLACE="High Street 3", MESSAGE="A deep hole in the road.")
    world.move_clock(timedelta(days=30))
    world.sweep()
    world.move_clock(timedelta(days=-30))  # so that sessions stay good
    world.settle()
    world.command("case.link", case_id, {"internal_ref": "TWIN-1"}, "link")
    world.command("case.link", case_id, {"internal_ref": "TWIN-2"}, "again")
    world.command("message.post", case_id, {"text": "Between us.", "audience": "internal"}, "post")
    away = letter("I am away.", Auto_Submitted="auto-replied")
    send(world, away, reply_address(world), "")
    task_id = task_of(world, case_id)
    world.command("task.assign", case_id, {"task_id": task_id, "team": "customer-relations"}, "pass")
    world.command("task.complete", case_id, {"task_id": task_id, "outcome": "REFER"}, "done")
    world.gateway("POST", f"/v1/cases/{case_id}/complaints", {"text": "Why so slow?"}, token=ana)
    share(world, ana, case_id, "bob@example.org")
    world.gateway("POST", f"/v1/cases/{case_id}/feedback", {"grade": 3}, token=ana)
    world.settle()
    return world.events_told(case_id)


def test_every_event_is_told_in_order_without_a_gap(world: World, ana: str, told: list[dict[str, object]]) -> None:
    """Sequence 1, 2, 3 … as twelve digits, and every type that there is, each as the AsyncAPI document says (F11, F29).

    The last are those of a farewell.
    """
    staff, url = world.staff("customer-relations"), f"/v1/staff/cases/{told[0]['subject']}/owner"
    for owner in ("bob@example.org", "ana@example.org"):
        assert world.gateway("PUT", url, {"email": owner}, token=staff).status == 200
    me = world.gateway("GET", "/v1/me", token=ana).json["person_id"]
    request_erasure(me, Actor(kind="staff", id="staff_1"), None)
    world.sweep(everything=True)
    world.settle()
    told = world.events_told(str(told[0]["subject"]))
    assert [event["sequence"] for event in told] == [f"{number:012}" for number in range(1, len(told) + 1)]
    assert {event["type"] for event in told} == {f"portico.{name}.v1" for name in TYPES}
    for event in told:
        name = str(event["type"]).removeprefix("portico.").removesuffix(".v1")
        assert event["dataschema"] == f"urn:portico:{name}:v1"
        check(name, event)


def test_an_event_is_a_cloudevent(told: list[dict[str, object]]) -> None:
    """CloudEvents 1.0 in structured JSON, with an id that is the event's alone."""
    for event in told:
        assert (event["specversion"], event["source"], event["datacontenttype"]) == (
            "1.0",
            "/portico/local",
            "application/json",
        )
        assert event["id"] == f"{event['subject']}-{int(str(event['sequence']))}"
        assert event["correlationid"] == event["subject"]
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", str(event["time"]))
    assert len({event["id"] for event in told}) == len(told)


def test_an_event_names_the_command_that_it_follows_from(told: list[dict[str, object]]) -> None:
    """Effect and acknowledgement point to the command; what nobody commanded points to none."""
    causes = [(str(event["type"]).removeprefix("portico."), event.get("causationid")) for event in told]
    assert [cause for cause in causes if cause[1]] == [
        ("command.accepted.v1", "link"),
        ("command.rejected.v1", "again"),
        ("message.posted.v1", "post"),
        ("command.accepted.v1", "post"),
        ("task.assigned.v1", "pass"),
        ("command.accepted.v1", "pass"),
        ("task.completed.v1", "done"),
        ("command.accepted.v1", "done"),
    ]


def test_an_event_carries_the_whole_public_state(world: World, ana: str, told: list[dict[str, object]]) -> None:
    """A gap is harmless: status, stage, answers, tasks, times and the twin's id are in each one (B6, F24, F26)."""
    state = json.loads(json.dumps(told[-1]))["data"]["case"]
    seen = world.view(ana, state["case_id"])
    for name in ("case_id", "number", "subject", "service", "category", "status", "answers", "created_at", "sequence"):
        assert state[name] == seen[name]
    assert (state["stage"], state["open_tasks"], state["internal_ref"]) == ("referred", [], "TWIN-1")
    assert state["owner_name"] == "ana@example.org"
    assert {"first_resolution_at", "actual_resolution_at", "closed_at", "closing_reason", "changed_at"} <= set(state)


def test_the_state_in_an_event_is_never_older_than_the_event(told: list[dict[str, object]]) -> None:
    """Who applies the newest state by its number is never led back (F29)."""
    for event in json.loads(json.dumps(told)):
        assert event["data"]["case"]["sequence"] >= int(event["sequence"])


def test_no_secret_is_ever_told(world: World, ana: str, told: list[dict[str, object]]) -> None:
    """Neither task token nor PIN nor session leaves Portico."""
    everything = json.dumps(world.told)
    pin = next(line.strip() for line in world.mailbox()[0].text.splitlines() if line.startswith("    "))
    tokens = [item["task_token"]["S"] for item in world.items() if "task_token" in item]
    assert tokens
    for secret in (*tokens, ana, ana.partition(".")[2], pin, "task_token"):
        assert secret not in everything


def test_no_event_is_larger_than_64_kilobytes(world: World, ana: str) -> None:
    """Even with the longest answers, and a message of the longest characters beside them (B10, R11)."""
    answers = {"TOPIC": "STREETS", "PLACE": "\U0001f6b2" * 200, "MESSAGE": "\U0001f6b2" * 4000}
    world.open_case(ana, **answers)
    assert world.told
    assert max(len(json.dumps(event, ensure_ascii=False).encode()) for event in world.told) < 64 * 1024


def test_creation_works_while_the_internal_system_reads_nothing(world: World, ana: str) -> None:
    """Nothing waits for the other side: a case comes to its end by our own process and staff (F5, F22, F23, F28).

    What the other side was told stays in its queue until it reads.
    """
    staff = world.staff("customer-relations")
    cases = [world.create(ana, key=f"key-{number}").json["case_id"] for number in range(3)]

    def go_on() -> list[str]:
        """All moves but the internal system."""
        while any([world.deliver_stream(), world.deliver_mail(), world.run_workflows()]):
            pass
        return [world.view(ana, case_id)["status"] for case_id in cases]

    assert go_on() == ["in_progress"] * 3
    task = world.gateway("GET", "/v1/tasks", token=staff).json["data"][0]
    world.gateway("POST", f"/v1/tasks/{task['task_id']}/complete", {"outcome": "ANSWERED"}, token=staff)
    assert sorted(go_on()) == ["in_progress", "in_progress", "resolved"]
    assert world.told == []
    created = [[event["type"] for event in world.events_told(case_id)][:1] for case_id in cases]
    assert created == [["portico.case.created.v1"]] * 3
