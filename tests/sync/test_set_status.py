"""The internal system moves cases as its own rules allow, and never over what a customer has just done."""

from typing import Any

import pytest

from tests.sync.asking import answers, body, code
from tests.world import World

FROM_INSIDE = {
    "new": {"in_progress", "canceled"},
    "in_progress": {"waiting_for_response", "resolved", "canceled"},
    "waiting_for_response": {"in_progress", "canceled"},
    "reopened": {"in_progress", "waiting_for_response", "resolved", "canceled"},
    "resolved": {"closed"},
    "closed": set(),
    "canceled": set(),
}
"""C32, D3: what staff and internal systems may do."""


def ask(world: World, case_id: str, status: str, based_on: int, command_id: str = "cmd-1") -> Any:
    """Set the status, deliver nothing else, and return what is answered."""
    wish = {"status": status, "based_on_sequence": based_on}
    if status == "canceled":
        wish["reason"] = "duplicate"
    assert world.receive([body("case.set_status", case_id, wish, command_id)]) == []
    while world.deliver_stream():
        pass
    [answer] = answers(world, command_id)
    return answer


@pytest.mark.parametrize("after", FROM_INSIDE)
@pytest.mark.parametrize("before", FROM_INSIDE)
def test_exactly_these_transitions_are_the_insides(world: World, ana: str, before: str, after: str) -> None:
    """Each allowed one is one status change; every other is rejected with what is allowed (C43, requirements 8)."""
    case_id = world.case_in(before, ana)
    while world.deliver_stream():
        pass
    seen = world.view(ana, case_id)
    answer = ask(world, case_id, after, seen["sequence"])
    if after in FROM_INSIDE[before]:
        assert answer["type"] == "portico.command.accepted.v1"
        assert world.view(ana, case_id)["status"] == after
        [changed] = [
            event
            for event in world.events_told(case_id)
            if event["type"] == "portico.case.status_changed.v1" and int(event["sequence"]) == seen["sequence"] + 1
        ]
        assert (changed["data"]["before"], changed["data"]["after"]) == (before, after)
        assert changed["data"]["actor"] == {"kind": "system", "id": "backoffice", "name": "backoffice"}
    else:
        assert code(answer) == "transition_not_allowed"
        assert set(answer["data"]["problem"]["allowed_statuses"]) == FROM_INSIDE[before]
        assert world.view(ana, case_id) == seen | {"sequence": seen["sequence"] + 1}


@pytest.mark.parametrize("wish", ["resolved", "waiting_for_response", "canceled"])
def test_a_stale_status_never_overwrites_a_cancel(world: World, ana: str, wish: str) -> None:
    """The customer canceled after what the system knew: it is told so, with the status and its number (D3, RI-25)."""
    case_id = world.open_case(ana)
    known = world.view(ana, case_id)["sequence"]
    canceled = world.gateway("POST", f"/v1/cases/{case_id}/cancel", token=ana).json
    answer = ask(world, case_id, wish, known)
    assert code(answer) == "status_conflict"
    assert (answer["data"]["problem"]["case_status"], answer["data"]["problem"]["sequence"]) == (
        "canceled",
        canceled["sequence"],
    )
    assert world.view(ana, case_id) == world.view(ana, case_id) | canceled | {"sequence": canceled["sequence"] + 1}


def test_what_happened_beside_the_status_makes_no_wish_stale(world: World, ana: str) -> None:
    """A message that came between does not stop the system from resolving (D3)."""
    case_id = world.open_case(ana)
    known = world.view(ana, case_id)["sequence"]
    world.gateway("POST", f"/v1/cases/{case_id}/messages", {"text": "One more thing."}, token=ana)
    assert ask(world, case_id, "resolved", known)["type"] == "portico.command.accepted.v1"


def test_a_wish_based_on_the_newest_status_is_current(world: World, ana: str) -> None:
    """The very event that set the status is enough to know; one before it is not (D3)."""
    case_id = world.case_in("waiting_for_response", ana)
    timeline = world.gateway("GET", f"/v1/cases/{case_id}/timeline", token=ana).json["data"]
    changed = [entry["sequence"] for entry in timeline if entry["type"] == "case.status_changed"][-1]
    assert code(ask(world, case_id, "in_progress", changed - 1, "early")) == "status_conflict"
    assert ask(world, case_id, "in_progress", changed, "right")["type"] == "portico.command.accepted.v1"


def test_after_a_conflict_the_system_may_decide_anew(world: World, ana: str) -> None:
    """A refusal is no dead end: with what it knows now, the next command is judged for itself (D3)."""
    case_id = world.case_in("waiting_for_response", ana)
    known = world.view(ana, case_id)["sequence"]
    world.gateway("POST", f"/v1/cases/{case_id}/reopen", token=ana)
    assert code(ask(world, case_id, "in_progress", known, "stale")) == "status_conflict"
    newest = world.view(ana, case_id)["sequence"]
    assert ask(world, case_id, "resolved", newest, "fresh")["type"] == "portico.command.accepted.v1"


def test_resolving_from_inside_sets_the_resolution_times(world: World, ana: str) -> None:
    """The first time only once, the actual time each time, and nothing is closed (requirements 8, D7)."""
    seen = world.view(ana, world.case_in("resolved", ana))
    assert seen["first_resolution_at"] == seen["actual_resolution_at"] == seen["changed_at"]
    assert (seen["closed_at"], seen["closing_reason"]) == (None, None)


@pytest.mark.parametrize(
    ("before", "after", "title"),
    [("resolved", "closed", "Closed by staff"), ("in_progress", "canceled", "Abandoned: The same case exists already")],
)
def test_ending_from_inside_says_who_ended_it(world: World, ana: str, before: str, after: str, title: str) -> None:
    """The reason names the staff; a cancel fills all times, a close only its own (C29, C30, D10)."""
    case_id = world.case_in(before, ana)
    resolved = world.view(ana, case_id)["actual_resolution_at"]
    ask(world, case_id, after, world.view(ana, case_id)["sequence"])
    seen = world.view(ana, case_id)
    assert (seen["closing_reason_title"], seen["closed_at"]) == (title, seen["changed_at"])
    assert seen["actual_resolution_at"] == (resolved or seen["closed_at"])
