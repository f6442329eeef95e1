"""What those who work on a case may make of it: its status, giving it up; and a case that follows one that is over."""

import pytest

from tests.gateway import Answer
from tests.world import World

REASON = "duplicate"


def move(world: World, token: str, case_id: str, **body: str) -> Answer:
    return world.gateway("POST", f"/v1/staff/cases/{case_id}/status", body, token=token)


@pytest.fixture
def staff(world: World) -> str:
    return world.staff("customer-relations", "desk@portico.example")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("in_progress", "waiting_for_response"),
        ("waiting_for_response", "in_progress"),
        ("in_progress", "resolved"),
        ("reopened", "resolved"),
        ("resolved", "closed"),
    ],
)
def test_staff_move_a_case_as_the_table_allows(world: World, ana: str, staff: str, before: str, after: str) -> None:
    """The transitions that belong to staff (C32)."""
    case_id = world.case_in(before, ana)
    moved = move(world, staff, case_id, status=after)
    assert (moved.status, moved.json["status"]) == (200, after)


@pytest.mark.parametrize(
    ("before", "after"), [("closed", "in_progress"), ("canceled", "resolved"), ("resolved", "in_progress")]
)
def test_nobody_moves_a_case_elsewhere(world: World, ana: str, staff: str, before: str, after: str) -> None:
    """Final is final, and there is no way back to the beginning (C43)."""
    case_id = world.case_in(before, ana)
    refused = move(world, staff, case_id, status=after)
    assert (refused.status, refused.code) == (409, "transition_not_allowed")


def test_giving_a_case_up_takes_one_of_the_reasons(world: World, ana: str, staff: str) -> None:
    """Abandoned is canceled by staff, for a configured reason that the customer reads (D10, O19)."""
    case_id = world.case_in("in_progress", ana)
    for reason in ({}, {"reason": "no wish"}):
        refused = move(world, staff, case_id, status="canceled", **reason)
        assert (refused.status, refused.code) == (422, "reason_unknown")
    given_up = move(world, staff, case_id, status="canceled", reason=REASON)
    assert given_up.json["closing_reason"] == f"abandoned:{REASON}"
    assert given_up.json["closing_reason_title"] == "Abandoned: The same case exists already"
    assert given_up.json["closed_at"] == given_up.json["first_resolution_at"] == given_up.json["changed_at"]


def test_customers_move_nothing_that_way(world: World, ana: str) -> None:
    """The staff's door is closed to a customer, even on the own case (F1)."""
    case_id = world.case_in("in_progress", ana)
    assert move(world, ana, case_id, status="resolved").code == "staff_only"


def test_a_new_problem_gets_a_case_that_follows_the_one_that_is_over(world: World, ana: str) -> None:
    """A final case is never opened again; the next one names it (C43)."""
    over = world.case_in("closed", ana)
    body = {"service": "contact-us", "answers": {"TOPIC": "OTHER", "MESSAGE": "It has happened again."}}
    headers = {"Idempotency-Key": "again"}
    created = world.gateway("POST", "/v1/cases", body | {"follows": over}, token=ana, headers=headers)
    assert (created.status, created.json["follows"]) == (201, over)


def test_only_an_own_case_that_is_over_is_followed(world: World, ana: str) -> None:
    """An open one is a 409, a stranger's is unknown (C43, G1)."""
    body = {"service": "contact-us", "answers": {"TOPIC": "OTHER", "MESSAGE": "It has happened again."}}
    open_case = world.case_in("in_progress", ana)
    headers = {"Idempotency-Key": "again"}
    refused = world.gateway("POST", "/v1/cases", body | {"follows": open_case}, token=ana, headers=headers)
    assert (refused.status, refused.code) == (409, "not_final")
    eve = world.sign_in("eve@example.org", ip="198.51.100.77")
    unknown = world.gateway("POST", "/v1/cases", body | {"follows": open_case}, token=eve, headers=headers)
    assert (unknown.status, unknown.code) == (404, "case_not_found")


def test_the_history_has_the_mails_that_were_sent(world: World, ana: str) -> None:
    """Each stands with what it was sent for (C16)."""
    case_id = world.case_in("resolved", ana)
    world.settle()
    entries = world.gateway("GET", f"/v1/cases/{case_id}/timeline?limit=100", token=ana).json["data"]
    sent = [(entry["type"], [mail["template"] for mail in entry["mails"]]) for entry in entries if entry["mails"]]
    assert sent == [
        ("case.created", ["case_received"]),
        ("case.status_changed", ["case_resolved", "feedback_prompt"]),
    ]


def test_a_message_shows_whether_the_inside_has_been_told(world: World, ana: str) -> None:
    """Pending until then, sent after; what others write is incoming (F27)."""
    case_id = world.open_case(ana)
    posted = world.gateway("POST", f"/v1/cases/{case_id}/messages", {"text": "Any news?"}, token=ana)
    assert posted.json["delivery"] == "pending"
    assert world.view(ana, case_id)["messages"][-1]["delivery"] == "pending"
    world.settle()
    world.command("message.post", case_id, {"text": "Soon."})
    assert [message["delivery"] for message in world.view(ana, case_id)["messages"]] == ["sent", "sent", "incoming"]


def test_a_reason_goes_with_giving_up_alone(world: World, ana: str, staff: str) -> None:
    """Any other move that names a reason, known or not, is a 422 and no move (D10)."""
    case_id = world.case_in("in_progress", ana)
    for reason in (REASON, "no wish"):
        refused = move(world, staff, case_id, status="resolved", reason=reason)
        assert (refused.status, refused.code) == (422, "reason_unknown")
    assert world.view(ana, case_id)["status"] == "in_progress"


@pytest.mark.parametrize("team", ["streets", "customer-relations"])
def test_owning_a_case_is_not_working_on_it(world: World, team: str) -> None:
    """A staff member who is the customer of a case, of whatever team, sees and may do what customers do (F10a, D14)."""
    owner = world.staff(team, "tomas@portico.example")
    case_id = world.case_in("in_progress", owner)
    world.command("message.post", case_id, {"text": "Between us.", "audience": "internal"})
    refused = move(world, owner, case_id, status="resolved")
    assert (refused.status, refused.code) == (403, "staff_only")
    conversation = world.gateway("GET", f"/v1/cases/{case_id}/messages", token=owner).json["data"]
    assert "Between us." not in [message["text"] for message in conversation]
    assert "open_tasks" not in world.view(owner, case_id)


@pytest.mark.parametrize("team", ["streets", "customer-relations"])
def test_staff_are_the_customers_of_their_own_cases(world: World, team: str) -> None:
    """They read the organisation's name, and their message moves a case on that waits for them (G2, D9)."""
    owner = world.staff(team, "tomas@portico.example")
    case_id = world.case_in("waiting_for_response", owner)
    world.command("message.post", case_id, {"text": "Which one?"})
    posted = world.gateway("POST", f"/v1/cases/{case_id}/messages", {"text": "The left one."}, token=owner)
    assert posted.json["author"] == {"kind": "customer", "name": team.title()}
    seen = world.view(owner, case_id)
    assert (seen["status"], seen["channel"]) == ("in_progress", "portal")
    authors = [message["author"]["name"] for message in seen["messages"]]
    assert authors == [team.title(), "Portico Town", team.title()]
    world.settle()
    by = [event["data"]["actor"]["kind"] for event in world.events_told(case_id) if "message" in event["type"]]
    assert by == ["customer", "system", "customer"]


def test_nobody_decides_a_task_of_their_own_case(world: World) -> None:
    """The team's other members do (D14)."""
    owner = world.staff("customer-relations", "tomas@portico.example")
    world.open_case(owner)
    colleague = world.staff("customer-relations")
    [task] = world.gateway("GET", "/v1/tasks", token=colleague).json["data"]
    url = f"/v1/tasks/{task['task_id']}/complete"
    refused = world.gateway("POST", url, {"outcome": "ANSWERED"}, token=owner)
    assert (refused.status, refused.code) == (403, "staff_only")
    assert world.gateway("POST", url, {"outcome": "ANSWERED"}, token=colleague).status == 200
