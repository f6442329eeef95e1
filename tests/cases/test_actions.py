"""What may be done in each status, and exactly what it does."""

from datetime import timedelta
from http import HTTPStatus
from typing import Any

import pytest

from tests.calls import hooked
from tests.gateway import Answer
from tests.uploads.files import sent
from tests.world import World

MATRIX = {
    "new": {"comment", "attach", "complain", "cancel"},
    "in_progress": {"comment", "attach", "complain", "cancel"},
    "waiting_for_response": {"comment", "attach", "complain", "cancel", "close", "reopen"},
    "resolved": {"comment", "attach", "complain", "close", "reopen", "rate"},
    "reopened": {"comment", "attach", "complain", "cancel"},
    "closed": {"complain", "rate"},
    "canceled": {"complain", "rate"},
}
"""What each status allows, with D4 (no comments on closed and canceled cases) and D8 (no cancel from resolved)."""

ACTIONS = ("comment", "complain", "cancel", "close", "reopen", "rate")
BECOMES = {"cancel": "canceled", "close": "closed", "reopen": "reopened"}
TWICE = {(becomes, action) for action, becomes in BECOMES.items()}
"""The same action on the status that it has led to: the same answer, once (C34)."""
TIMES = ("first_resolution_at", "actual_resolution_at", "closed_at")


def act(world: World, token: str, case_id: str, action: str, headers: dict[str, str] | None = None) -> Answer:
    verb, body = {
        "comment": ("messages", {"text": "One more thing."}),
        "complain": ("complaints", {"text": "Nobody calls me back."}),
        "rate": ("feedback", {"grade": 4}),
    }.get(action, (action, {}))
    return world.gateway("POST", f"/v1/cases/{case_id}/{verb}", body, token=token, headers=headers)


def timeline(world: World, token: str, case_id: str) -> list[Any]:
    found: list[Any] = world.gateway("GET", f"/v1/cases/{case_id}/timeline?limit=100", token=token).json["data"]
    return found


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("status", MATRIX)
def test_each_action_is_possible_in_exactly_its_statuses(world: World, ana: str, status: str, action: str) -> None:
    """Allowed ones are done; others are a 409 that names the status and what is allowed, and change nothing.

    What the customer has just done is no other: asked again it is answered with the case as it is (C33, C34).
    Feedback in three statuses only (C14, D5), a complaint in each (C39, C42), RI-16, RI-17, RI-18.
    """
    case_id = world.case_in(status, ana)
    before, items = world.view(ana, case_id), world.items()
    assert set(before["allowed_actions"]) == MATRIX[status]
    answer = act(world, ana, case_id, action)
    if action in MATRIX[status]:
        assert answer.status in (200, 201)
        answered = action == "comment" and status == "waiting_for_response"
        moved = BECOMES.get(action) or ("in_progress" if answered else status)
        assert world.view(ana, case_id)["status"] == moved
    elif (status, action) in TWICE:
        assert (answer.status, answer.json["sequence"]) == (200, before["sequence"])
        assert world.items() == items
    else:
        assert (answer.status, answer.code) == (409, "action_not_allowed")
        assert answer.json["case_status"] == status
        assert set(answer.json["allowed_actions"]) == MATRIX[status]
        assert world.items() == items


@pytest.mark.parametrize("status", MATRIX)
def test_files_come_with_comments_where_they_may_and_with_complaints_everywhere(
    world: World, ana: str, status: str
) -> None:
    """Where nobody comments nobody attaches, but a complaint brings its files in every status (C6, C39)."""
    case_id, uploads = world.case_in(status, ana), [sent(world, ana) for _ in range(2)]
    for verb, upload_id in zip(("messages", "complaints"), uploads, strict=True):
        body = {"text": "See the file.", "attachments": [upload_id]}
        answer = world.gateway("POST", f"/v1/cases/{case_id}/{verb}", body, token=ana)
        if verb == "complaints" or "attach" in MATRIX[status]:
            assert (answer.status, answer.json["attachment_count"]) == (201, 1)
        else:
            assert (answer.status, answer.code) == (409, "action_not_allowed")


@pytest.mark.parametrize("status", [status for status, allowed in MATRIX.items() if "cancel" in allowed])
def test_cancel_sets_all_three_times_to_the_time_of_canceling(world: World, ana: str, status: str) -> None:
    """Status, reason and times are one moment's; only a first resolution there was stays (C29, D7, RI-14)."""
    case_id = world.case_in(status, ana)
    first = world.view(ana, case_id)["first_resolution_at"]
    world.move_clock(timedelta(minutes=5))
    done = act(world, ana, case_id, "cancel").json
    assert (done["status"], done["closing_reason"]) == ("canceled", "canceled_by_user")
    assert done["closing_reason_title"] == "Canceled by user"
    now = done["changed_at"]
    assert [done[name] for name in TIMES] == [first or now, now, now]
    assert (first is not None) == (status == "reopened")
    last = timeline(world, ana, case_id)[-1]
    assert (last["type"], last["status"], last["time"]) == ("case.status_changed", "canceled", now)


@pytest.mark.parametrize("status", ["resolved", "waiting_for_response"])
def test_close_sets_the_time_of_closing_and_no_other(world: World, ana: str, status: str) -> None:
    """Closing keeps the resolution times as they are, also where there are none (C30, RI-15)."""
    case_id = world.case_in(status, ana)
    before = world.view(ana, case_id)
    world.move_clock(timedelta(minutes=5))
    done = act(world, ana, case_id, "close").json
    assert (done["status"], done["closing_reason"]) == ("closed", "closed_by_user")
    assert done["closing_reason_title"] == "Closed by user"
    assert done["closed_at"] == done["changed_at"] > before["changed_at"]
    for name in ("first_resolution_at", "actual_resolution_at"):
        assert done[name] == before[name]
        assert (done[name] is not None) == (status == "resolved")


@pytest.mark.parametrize("status", ["resolved", "waiting_for_response"])
def test_reopen_sets_the_status_and_keeps_the_times(world: World, ana: str, status: str) -> None:
    """A reopened case is neither closed nor forgets when it was first resolved (C31, RI-18)."""
    case_id = world.case_in(status, ana)
    before = world.view(ana, case_id)
    done = act(world, ana, case_id, "reopen").json
    assert (done["status"], done["closing_reason"], done["closed_at"]) == ("reopened", None, None)
    assert done["first_resolution_at"] == before["first_resolution_at"]


def test_the_first_resolution_stays_the_first(world: World, ana: str) -> None:
    """A second resolution moves the actual time and not the first (D7)."""
    case_id = world.case_in("reopened", ana)
    before = world.view(ana, case_id)
    world.move_clock(timedelta(minutes=5))
    world.command("case.set_status", case_id, {"status": "resolved", "based_on_sequence": before["sequence"]}, "again")
    after = world.view(ana, case_id)
    assert after["first_resolution_at"] == before["first_resolution_at"]
    assert after["actual_resolution_at"] == after["changed_at"] > before["actual_resolution_at"]


@pytest.mark.parametrize(
    ("status", "action"),
    [(status, action) for status, allowed in MATRIX.items() for action in BECOMES if action in allowed],
)
def test_each_action_is_one_event_that_the_internal_system_sees(
    world: World, ana: str, status: str, action: str
) -> None:
    """One status change, from and to, by the customer, and told inside (C31, C32)."""
    case_id = world.case_in(status, ana)
    sequence = world.view(ana, case_id)["sequence"]
    act(world, ana, case_id, action)
    world.settle()
    told = [event for event in world.events_told(case_id) if int(event["sequence"]) > sequence]
    changed = [event for event in told if event["type"] == "portico.case.status_changed.v1"]
    by_ana = [event for event in changed if event["data"]["actor"]["kind"] == "customer"]
    assert [(event["data"]["before"], event["data"]["after"]) for event in by_ana] == [(status, BECOMES[action])]
    assert by_ana == changed


@pytest.mark.parametrize("status", ["in_progress", "waiting_for_response"])
def test_a_repeated_click_without_a_key_adds_no_event(world: World, ana: str, status: str) -> None:
    """The second cancel finds the case canceled, is answered like the first, and there is one event (C33, C34)."""
    case_id = world.case_in(status, ana)
    first = act(world, ana, case_id, "cancel")
    seen = timeline(world, ana, case_id)
    again = act(world, ana, case_id, "cancel")
    assert (again.status, again.body, again.headers["ETag"]) == (200, first.body, first.headers["ETag"])
    assert timeline(world, ana, case_id) == seen


def test_a_click_that_did_nothing_does_nothing_later(world: World, ana: str) -> None:
    """Its key stands for it, also when the case could be reopened again (C34, R1)."""
    case_id = world.case_in("reopened", ana)
    key = {"Idempotency-Key": "second-click"}
    assert act(world, ana, case_id, "reopen", key).status == 200
    world.command(
        "case.set_status",
        case_id,
        {"status": "resolved", "based_on_sequence": world.view(ana, case_id)["sequence"]},
        "resolved-again",
    )
    assert act(world, ana, case_id, "reopen", key).headers["Idempotent-Replayed"] == "true"
    assert world.view(ana, case_id)["status"] == "resolved"


def test_what_staff_have_ended_is_no_click_of_the_customer(world: World, ana: str) -> None:
    """A case that was given up is not canceled by its owner beside: the status is wrong for it (C33, C34, D10)."""
    case_id, staff = world.open_case(ana), world.staff("customer-relations")
    given_up = {"status": "canceled", "reason": "duplicate"}
    assert world.gateway("POST", f"/v1/staff/cases/{case_id}/status", given_up, token=staff).status == 200
    assert act(world, ana, case_id, "cancel").code == "action_not_allowed"


def test_a_customers_message_brings_a_waiting_case_back_to_work(world: World, ana: str) -> None:
    """The ball was with the customer; the answer and the new status are one change (D9)."""
    case_id = world.case_in("waiting_for_response", ana)
    sequence = world.view(ana, case_id)["sequence"]
    act(world, ana, case_id, "comment")
    last = [entry for entry in timeline(world, ana, case_id) if entry["sequence"] > sequence]
    assert [(entry["type"], entry["status"]) for entry in last] == [
        ("message.posted", None),
        ("case.status_changed", "in_progress"),
    ]
    assert last[0]["time"] == last[1]["time"]


@pytest.mark.parametrize("status", ["in_progress", "waiting_for_response", "reopened"])
def test_a_message_from_inside_moves_no_status(world: World, ana: str, status: str) -> None:
    """Only the customer's own answer ends the waiting (D9)."""
    case_id = world.case_in(status, ana)
    world.command("message.post", case_id, {"text": "Any news?"})
    assert world.view(ana, case_id)["status"] == status


@pytest.mark.parametrize("action", ["cancel", "close", "reopen", "read"])
def test_staff_do_not_decide_for_the_owner(world: World, ana: str, action: str) -> None:
    """Who works on a case reads it, and is told that the owner decides (D14)."""
    case_id = world.case_in("waiting_for_response", ana)
    staff, items = world.staff("customer-relations"), world.items()
    body = {"sequence": 1} if action == "read" else None
    answer = world.gateway("POST", f"/v1/cases/{case_id}/{action}", body, token=staff)
    assert (answer.status, answer.code) == (403, "owner_only")
    assert [item for item in world.items() if item not in items] == []


def test_if_match_holds_against_a_writer_that_comes_between(world: World, ana: str) -> None:
    """What the request was based on is checked with the case that is written, not with one that was read (RFC 9110)."""
    case_id = world.open_case(ana)
    version = world.gateway("GET", f"/v1/cases/{case_id}", token=ana).headers["ETag"]
    first: list[str] = []

    def write_first(model: Any, **_: Any) -> None:
        if model.name == "TransactWriteItems" and not first:
            first.append("on its way")
            assert (
                act(world, ana, case_id, "comment", {"Idempotency-Key": "key-of-the-other"}).status
                == HTTPStatus.CREATED
            )

    with hooked({"before-call": write_first}):
        refused = act(world, ana, case_id, "cancel", {"If-Match": version})
    assert (refused.status, refused.code) == (412, "version_mismatch")
    assert world.view(ana, case_id)["status"] == "in_progress"


def test_an_action_takes_no_body(world: World, ana: str) -> None:
    """Nobody sets a reason, a time or a status with an action (C29, G3)."""
    case_id = world.open_case(ana)
    answer = world.gateway("POST", f"/v1/cases/{case_id}/cancel", {"closed_at": "2020-01-01T00:00:00Z"}, token=ana)
    assert (answer.status, [error["pointer"] for error in answer.json["errors"]]) == (422, ["/closed_at"])
    assert world.view(ana, case_id)["status"] == "in_progress"
