"""One case, as its customer and as staff see it."""

import re

import pytest

from tests.world import World

SHARED = {
    "case_id", "number", "subject", "service", "category", "status", "stage", "answers", "created_at", "changed_at",
    "first_resolution_at", "actual_resolution_at", "closed_at", "closing_reason", "closing_reason_title", "sequence",
    "allowed_actions", "unread", "unread_count", "last_read_sequence", "messages", "follows", "stages", "feedback",
    "has_open_complaint", "channel", "deadlines", "delivery",
}  # fmt: skip


def test_a_customer_sees_the_case_and_nothing_of_the_inside(world: World, ana: str) -> None:
    """No owner id, teams, tasks, workflow, internal reference or system is in a customer's view (G2)."""
    case_id = world.open_case(ana)
    world.command("case.link", case_id, {"internal_ref": "TWIN-1"})
    assert set(world.view(ana, case_id)) == SHARED
    assert b"TWIN-1" not in world.gateway("GET", f"/v1/cases/{case_id}", token=ana).body


def test_one_request_brings_the_whole_page(world: World, ana: str) -> None:
    """Profile, path, conversation and feedback in one GET; the history is the timeline (C2, C5, C13)."""
    case_id = world.case_in("closed", ana)
    world.gateway("POST", f"/v1/cases/{case_id}/feedback", {"grade": 4, "notes": "Quick."}, token=ana)
    seen = world.view(ana, case_id)
    assert (seen["number"][:3], seen["category"], seen["stages"][-1]["name"]) == ("SR-", "service_request", "answer")
    assert [message["text"] for message in seen["messages"]] == ["When is the town hall open?"]
    assert (seen["feedback"]["grade"], seen["feedback"]["notes"], seen["closing_reason_title"]) == (
        4,
        "Quick.",
        "Closed by user",
    )
    history = world.gateway("GET", f"/v1/cases/{case_id}/timeline", token=ana).json["data"]
    assert [entry["sequence"] for entry in history] == sorted({entry["sequence"] for entry in history})
    assert {entry["type"] for entry in history} >= {"message.posted", "case.status_changed", "feedback.given"}


def test_staff_see_the_owner_the_twin_and_the_open_tasks(world: World, ana: str) -> None:
    """Who works on a case sees more than its customer, and still neither token nor workflow (A22, F17)."""
    case_id = world.open_case(ana)
    world.command("case.link", case_id, {"internal_ref": "TWIN-1"})
    seen = world.view(world.staff("customer-relations"), case_id)
    assert set(seen) == SHARED | {"owner", "internal_ref", "open_tasks"}
    assert (seen["owner"], seen["internal_ref"]) == ("ana@example.org", "TWIN-1")
    [task] = seen["open_tasks"]
    assert (task["stage"], task["team"], task["outcomes"]) == ("answer", "customer-relations", ["ANSWERED", "PASS_ON"])
    assert "token" not in str(seen)


def test_staff_may_only_comment_on_a_customers_case(world: World, ana: str) -> None:
    """Cancel, close and reopen are the owner's decisions, and the list of actions says so (D14)."""
    case_id = world.case_in("waiting_for_response", ana)
    assert world.view(world.staff("customer-relations"), case_id)["allowed_actions"] == ["comment", "attach"]


def test_the_view_shows_the_newest_25_messages_oldest_first(world: World, ana: str) -> None:
    """A long conversation costs no more than a short one (D7)."""
    case_id = world.open_case(ana)
    for number in range(26):
        world.gateway("POST", f"/v1/cases/{case_id}/messages", {"text": f"Message {number}"}, token=ana)
    shown = [message["text"] for message in world.view(ana, case_id)["messages"]]
    assert shown == [f"Message {number}" for number in range(1, 26)]


def test_the_view_says_what_is_unread_and_how_far_was_read(world: World, ana: str) -> None:
    """Unread while a message by others is newer than the reader's mark; one's own never is (F15, D1)."""
    case_id = world.open_case(ana)
    world.gateway("POST", f"/v1/cases/{case_id}/messages", {"text": "One more thing."}, token=ana)
    seen = world.view(ana, case_id)
    assert (seen["unread"], seen["last_read_sequence"]) == (False, 0)
    world.command("message.post", case_id, {"text": "Thank you."})
    sequence = world.view(ana, case_id)["sequence"]
    assert world.view(ana, case_id)["unread"] is True
    world.gateway("POST", f"/v1/cases/{case_id}/read", {"sequence": sequence}, token=ana)
    seen = world.view(ana, case_id)
    assert (seen["unread"], seen["last_read_sequence"]) == (False, sequence)


def test_looking_at_a_case_changes_nothing(world: World, ana: str) -> None:
    """A view is safe: no mark moves and no version changes."""
    case_id = world.open_case(ana)
    world.command("message.post", case_id, {"text": "Thank you."})
    before = world.items()
    world.view(ana, case_id)
    assert world.items() == before


def test_the_etag_is_the_version_and_guards_each_action(world: World, ana: str) -> None:
    """An action on what has changed since is refused with 412 and does nothing; on the newest it passes (A6)."""
    case_id = world.open_case(ana)
    url = f"/v1/cases/{case_id}"
    old = world.gateway("GET", url, token=ana).headers["ETag"]
    world.gateway("POST", f"{url}/messages", {"text": "One more thing."}, token=ana)
    new = world.gateway("GET", url, token=ana).headers["ETag"]
    refused = world.gateway("POST", f"{url}/cancel", token=ana, headers={"If-Match": old})
    assert (refused.status, refused.code, refused.json["current"]) == (412, "version_mismatch", new)
    assert world.gateway("GET", url, token=ana).headers["ETag"] == new != old
    canceled = world.gateway("POST", f"{url}/cancel", token=ana, headers={"If-Match": new})
    assert canceled.status == 200
    assert world.gateway("GET", url, token=ana).headers["ETag"] == canceled.headers["ETag"] != new


@pytest.mark.parametrize("if_match", ["*", None])
def test_if_match_is_optional(world: World, ana: str, if_match: str | None) -> None:
    """Without it, or with any version allowed, the action is taken."""
    case_id = world.open_case(ana)
    headers = {"If-Match": if_match} if if_match else {}
    assert world.gateway("POST", f"/v1/cases/{case_id}/cancel", token=ana, headers=headers).status == 200


@pytest.mark.parametrize("method", ["PUT", "DELETE", "POST"])
def test_a_case_is_changed_by_actions_only(world: World, ana: str, method: str) -> None:
    """There is no writing of number, subject, category or times (C3, C4, C7, C9)."""
    case_id = world.open_case(ana)
    before = world.view(ana, case_id)
    answer = world.gateway(method, f"/v1/cases/{case_id}", {"subject": "Mine", "number": "SR-1"}, token=ana)
    assert (answer.status, answer.code) == (405, "method_not_allowed")
    assert world.view(ana, case_id) == before


def test_moments_are_utc_in_milliseconds(world: World, ana: str) -> None:
    """One form of time everywhere: RFC 3339, `Z`, three digits."""
    seen = world.view(ana, world.case_in("canceled", ana))
    moments = [value for name, value in seen.items() if name.endswith("_at")]
    assert len(moments) == 5
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", moment) for moment in moments)
