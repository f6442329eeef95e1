"""Everything that has happened to a case, in order; each reader sees what is theirs."""

from typing import Any

import pytest

from functions.cases import timeline
from functions.table import Page, query
from tests.messages.conversation import page, post
from tests.world import World


@pytest.fixture
def staff(world: World) -> str:
    """The session of a staff member who works on the case."""
    return world.staff("streets")


@pytest.fixture
def busy_case(world: World, ana: str, staff: str) -> str:
    """A case with events of every kind."""
    case_id = world.open_case(ana, TOPIC="STREETS", PLACE="High Street 3", MESSAGE="A deep hole in the road.")
    world.command("case.link", case_id, {"internal_ref": "TWIN-1"}, "link")
    world.command("case.link", case_id, {"internal_ref": "TWIN-2"}, "again")
    post(world, staff, case_id, "Between us.", audience="internal")
    post(world, ana, case_id)
    [task] = world.gateway("GET", "/v1/tasks", token=staff).json["data"]
    world.gateway("POST", f"/v1/tasks/{task['task_id']}/complete", {"outcome": "NO_ACTION"}, token=staff)
    world.settle()
    return case_id


def test_staff_see_every_event_without_a_gap(world: World, staff: str, busy_case: str) -> None:
    """1, 2, 3 … to the newest, of every type that there is."""
    shown = page(world, staff, busy_case, "timeline", limit=100).json["data"]
    assert [entry["sequence"] for entry in shown] == list(range(1, world.view(staff, busy_case)["sequence"] + 1))
    assert {entry["type"] for entry in shown} == {
        "case.created",
        "message.posted",
        "stage.entered",
        "case.status_changed",
        "task.opened",
        "task.completed",
        "command.accepted",
        "command.rejected",
    }
    assert [entry["time"] for entry in shown] == sorted(entry["time"] for entry in shown)


def test_customers_see_what_concerns_them_and_no_internal_entry(world: World, ana: str, busy_case: str) -> None:
    """Messages, stages and statuses with their texts; no task, command or internal message (C16, F10a)."""
    shown = page(world, ana, busy_case, "timeline").json["data"]
    assert [(entry["type"], entry["status"] or entry["stage"]) for entry in shown] == [
        ("case.created", "new"),
        ("message.posted", None),
        ("stage.entered", "We are looking at the place"),
        ("case.status_changed", "in_progress"),
        ("message.posted", None),
        ("stage.entered", "No repair is needed"),
        ("case.status_changed", "resolved"),
    ]
    assert {entry["audience"] for entry in shown} == {"customer"}
    assert [entry["message"]["text"] for entry in shown if entry["message"]] == [
        "A deep hole in the road.",
        "One more thing.",
    ]


def test_each_entry_says_when_and_by_whom(world: World, ana: str, busy_case: str) -> None:
    """Customers read of themselves and of the organisation, by its name (C16, G2)."""
    shown = page(world, ana, busy_case, "timeline").json["data"]
    assert {entry["type"]: entry["author"]["kind"] for entry in shown if not entry["message"]} == {
        "case.created": "customer",
        "stage.entered": "organisation",
        "case.status_changed": "organisation",
    }
    assert {entry["author"]["name"] for entry in shown} == {"ana@example.org", "Portico Town"}


@pytest.mark.parametrize("order", ["oldest_first", "newest_first"])
@pytest.mark.parametrize("limit", [1, 3, 100])
@pytest.mark.parametrize("reader", ["customer", "staff"])
def test_pages_cover_the_timeline_once(
    world: World, ana: str, staff: str, busy_case: str, reader: str, limit: int, order: str
) -> None:
    """However the rows of a case interleave, pages follow its numbers, both ways (D7)."""
    token = ana if reader == "customer" else staff
    everything = page(world, token, busy_case, "timeline", limit=100).json["data"]
    seen = turned(world, token, busy_case, limit, order)
    assert seen == (everything if order == "oldest_first" else everything[::-1])


@pytest.mark.parametrize("order", ["oldest_first", "newest_first"])
def test_rows_that_end_before_their_page_is_full_hide_no_entry(
    world: World, staff: str, busy_case: str, monkeypatch: pytest.MonkeyPatch, order: str
) -> None:
    """DynamoDB ends a page of long items at 1 MB: what the other rows hold behind that point waits for it (C16)."""
    everything = page(world, staff, busy_case, "timeline", limit=100).json["data"]

    def ends_early(*of: Any, limit: int, **how: Any) -> Page:
        return query(*of, limit=min(limit, 2), **how)

    monkeypatch.setattr(timeline, "query", ends_early)
    seen = turned(world, staff, busy_case, 100, order)
    assert [entry["sequence"] for entry in seen] == [
        entry["sequence"] for entry in (everything if order == "oldest_first" else everything[::-1])
    ]


def turned(world: World, token: str, case_id: str, limit: int, order: str) -> list[Any]:
    """All entries, page by page."""
    seen: list[Any] = []
    after: dict[str, str] = {}
    while True:
        shown = page(world, token, case_id, "timeline", limit=limit, order=order, **after).json
        seen += shown["data"]
        if not shown["page"]["has_more"]:
            return seen
        after = {"after": shown["page"]["after"]}
