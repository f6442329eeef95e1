"""Feedback: asked for once per resolution, given per resolution."""

from datetime import timedelta

import pytest

from tests.world import World


def prompts(world: World) -> int:
    world.settle()
    return sum(mail.subject.endswith("How did we do?") for mail in world.mailbox())


@pytest.mark.parametrize("status", ["resolved", "closed", "canceled"])
def test_the_author_is_asked_once_when_a_case_is_over(world: World, ana: str, status: str) -> None:
    """One mail per resolution, however many of the three statuses the case goes through (C15, D6)."""
    world.case_in(status, ana)
    assert prompts(world) == 1


def test_each_resolution_is_rated_for_itself(world: World, ana: str) -> None:
    """Both grades are in the history, the latest is shown, and its cycle with it (C13, D6, RI-26)."""
    case_id = world.case_in("resolved", ana)
    url = f"/v1/cases/{case_id}/feedback"
    world.gateway("POST", url, {"grade": 2, "notes": "Too slow."}, token=ana)
    world.gateway("POST", f"/v1/cases/{case_id}/reopen", token=ana)
    world.settle()
    world.command("case.set_status", case_id, {"status": "resolved", "based_on_sequence": 999})
    world.gateway("POST", url, {"grade": 5}, token=ana)
    shown = world.view(ana, case_id)["feedback"]
    assert (shown["cycle"], shown["grade"], shown["notes"]) == (2, 5, None)
    entries = world.gateway("GET", f"/v1/cases/{case_id}/timeline?limit=100", token=ana).json["data"]
    assert [entry["feedback"] for entry in entries if entry["type"] == "feedback.given"] == [2, 5]


@pytest.mark.parametrize(("hours", "asked"), [(1, 1), (25, 2)])
def test_nobody_is_asked_twice_in_a_day(world: World, ana: str, hours: int, asked: int) -> None:
    """A second resolution asks again, unless the first was less than a day ago (D6)."""
    case_id = world.case_in("resolved", ana)
    world.settle()
    world.move_clock(timedelta(hours=hours))
    ana = world.sign_in("ana@example.org")
    world.gateway("POST", f"/v1/cases/{case_id}/reopen", token=ana)
    world.settle()
    world.command("case.set_status", case_id, {"status": "resolved", "based_on_sequence": 999})
    assert prompts(world) == asked


@pytest.mark.parametrize("grade", [0, 6, 2.5, "5", None])
def test_a_grade_is_a_whole_number_from_1_to_5(world: World, ana: str, grade: object) -> None:
    """Anything else is a 422 that names the field (C13)."""
    case_id = world.case_in("resolved", ana)
    refused = world.gateway("POST", f"/v1/cases/{case_id}/feedback", {"grade": grade}, token=ana)
    assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, "/grade")
