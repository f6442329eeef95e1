"""The sweeper tells of deadlines: each approach and each breach once in a cycle and of a promise, at its time."""

from typing import Any

import pytest

from functions import table
from functions.aws import client
from functions.settings import settings
from functions.sync.sweep import sweep
from tests.cases.test_deadlines import hours, promise, submit
from tests.gateway import Hurried
from tests.office import Office
from tests.sync.asking import task_of

APPROACHING, BREACHED = "approaching", "breached"


@pytest.fixture
def case_id(office: Office, monkeypatch: pytest.MonkeyPatch) -> str:
    """A case that is worked on since Monday at nine, and is to be resolved within ten hours."""
    promise(monkeypatch, resolution=hours(10, "calendar_hours"))
    office.set("2026-11-02 09:00")
    case_id = submit(office)
    office.world.settle()
    return case_id


def told(office: Office, case_id: str) -> list[str]:
    return [what for what, _ in office.told(case_id)]


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-11-02 16:59:59", []),
        ("2026-11-02 17:00", [APPROACHING]),
        ("2026-11-02 19:00", [APPROACHING]),
        ("2026-11-02 19:00:01", [APPROACHING, BREACHED]),
        ("2026-11-09 09:00", [APPROACHING, BREACHED]),
    ],
)
def test_each_is_told_when_its_time_has_come(office: Office, case_id: str, at: str, expected: list[str]) -> None:
    """The approach when four fifths have passed, the breach when now is after the deadline (D16)."""
    office.set(at)
    office.world.sweep()
    assert told(office, case_id) == expected


def test_nothing_is_told_twice(office: Office, case_id: str) -> None:
    """Every sweep but the first finds nothing more to tell, and reads no case for it."""
    for time, told_now in (("17:00", 1), ("17:05", 0), ("19:05", 1), ("19:10", 0), ("23:00", 0)):
        office.set(f"2026-11-02 {time}")
        assert office.world.sweep()["deadlines"] == told_now
        assert office.world.sweep()["deadlines"] == 0
    assert told(office, case_id) == [APPROACHING, BREACHED]


def test_a_sweep_of_everything_tells_nothing_before_its_time(office: Office, case_id: str) -> None:
    """`{"all": true}` looks at every case and still leaves what is not due (D16)."""
    assert office.world.sweep(everything=True)["deadlines"] == 0
    assert told(office, case_id) == []


def test_a_backlog_of_events_holds_up_no_deadline(office: Office, case_id: str) -> None:
    """Deadlines are kept first, in the time that one sweep has (D16, B5)."""
    assert office.world.create(office.ana(), "report-incident", "key-2").status == 201
    office.set("2026-11-02 19:05")

    def breached() -> bool:
        return any(item.get("type") == {"S": "deadline.breached"} for item in office.world.items())

    done = sweep({}, Hurried(breached))
    assert (breached(), done["deadlines"] > 0, done["events"]) == (True, True, 0)
    assert office.world.sweep()["events"] > 0


def test_a_lead_of_its_own_is_kept(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """A term may say how long before the deadline it approaches."""
    promise(monkeypatch, resolution=hours(10, "calendar_hours", lead_minutes=30))
    office.set("2026-11-02 09:00")
    case_id = submit(office)
    for at, expected in (("2026-11-02 18:29", []), ("2026-11-02 18:30", [APPROACHING])):
        office.set(at)
        office.world.sweep()
        assert told(office, case_id) == expected


@pytest.mark.parametrize("way", ["resolved", "cancel", "waiting_for_response"])
def test_a_clock_that_stands_tells_nothing(office: Office, case_id: str, way: str) -> None:
    """Nothing approaches, and nothing is breached, while a case waits, or after it was ended."""
    if way == "cancel":
        assert office.world.gateway("POST", f"/v1/cases/{case_id}/cancel", token=office.ana()).status == 200
    else:
        office.inside(case_id, way)
    office.pass_time(days=3)
    assert office.world.sweep()["deadlines"] == 0
    assert told(office, case_id) == []


@pytest.mark.parametrize("way", ["resolved", "cancel", "waiting_for_response"])
def test_what_was_missed_is_told_though_no_sweep_came_by(office: Office, case_id: str, way: str) -> None:
    """The clock stops three minutes late, and before the sweeper has seen it: the breach is told, once (C8)."""
    office.set("2026-11-02 19:03")
    if way == "cancel":
        assert office.world.gateway("POST", f"/v1/cases/{case_id}/cancel", token=office.ana()).status == 200
    else:
        office.inside(case_id, way)
    assert told(office, case_id) == [APPROACHING, BREACHED]
    office.world.sweep()
    assert told(office, case_id) == [APPROACHING, BREACHED]


def test_a_pause_moves_what_will_be_told(office: Office, case_id: str) -> None:
    """Seven of ten hours are used; a day of waiting later the approach is an hour away, not past (D9)."""
    office.set("2026-11-02 16:00")
    office.inside(case_id, "waiting_for_response")
    office.set("2026-11-03 16:00")
    office.world.gateway("POST", f"/v1/cases/{case_id}/messages", {"text": "Here it is."}, token=office.ana())
    for at, expected in (("16:59", []), ("17:00", [APPROACHING]), ("19:01", [APPROACHING, BREACHED])):
        office.set(f"2026-11-03 {at}")
        office.world.sweep()
        assert told(office, case_id) == expected


def test_a_new_cycle_tells_anew(office: Office, case_id: str) -> None:
    """Resolved with an hour left and reopened: the approach is told again, and then the breach (C31)."""
    office.set("2026-11-02 18:00")
    office.world.sweep()
    office.inside(case_id, "resolved")
    office.pass_time(days=1)
    office.world.gateway("POST", f"/v1/cases/{case_id}/reopen", token=office.ana())
    office.world.sweep()
    assert told(office, case_id) == [APPROACHING, APPROACHING]
    office.pass_time(hours=2)
    office.world.sweep()
    office.world.sweep()
    assert told(office, case_id) == [APPROACHING, APPROACHING, BREACHED]


def test_a_breach_that_a_pause_did_not_end_is_told_once(office: Office, case_id: str) -> None:
    """Missed and told, then paused and taken up again: the same cycle, nothing new."""
    office.set("2026-11-02 20:00")
    office.world.sweep()
    office.inside(case_id, "waiting_for_response")
    office.inside(case_id, "in_progress")
    office.pass_time(hours=1)
    assert office.world.sweep()["deadlines"] == 0
    assert told(office, case_id) == [APPROACHING, BREACHED]


@pytest.mark.parametrize(
    ("escalated", "swept", "then", "later", "at_last"),
    [
        pytest.param("18:00", True, [APPROACHING], "10:13", [APPROACHING] * 2, id="had approached"),
        pytest.param("19:05", True, [APPROACHING, BREACHED], "13:56", [APPROACHING, BREACHED] * 2, id="was missed"),
        pytest.param("19:05", False, [APPROACHING, BREACHED], "09:00", [APPROACHING, BREACHED], id="missed unseen"),
    ],
)
def test_a_new_promise_tells_anew(
    office: Office, case_id: str, escalated: str, swept: object, then: list[str], later: str, at_last: list[str]
) -> None:
    """A stage gives 24 working hours, two days on: what it promises is told, whatever was told before (C8, C47)."""
    office.set(f"2026-11-02 {escalated}")
    if swept:
        office.world.sweep()
    wish = {"task_id": task_of(office.world, case_id), "outcome": "ESCALATE"}
    office.world.command("task.complete", case_id, wish, "escalate")
    assert told(office, case_id) == then
    assert office.world.sweep()["deadlines"] == 0
    office.set(f"2026-11-04 {later}")
    office.world.sweep()
    assert told(office, case_id) == at_last


def test_response_and_resolution_are_told_each(office: Office) -> None:
    """Work that has not started by the evening has missed both; what no sweep told in time is told in order (C7)."""
    office.set("2026-11-02 09:00")
    case_id = submit(office)
    office.set("2026-11-02 18:30")
    office.world.sweep()
    office.world.sweep()
    assert office.told(case_id) == [
        (APPROACHING, "response"),
        (BREACHED, "response"),
        (APPROACHING, "resolution"),
        (BREACHED, "resolution"),
    ]


def test_the_timeline_shows_it_to_staff_and_not_to_the_customer(office: Office, case_id: str) -> None:
    """A deadline that was missed is for those who work on the case (F10a)."""
    office.set("2026-11-02 20:00")
    office.world.sweep()
    office.world.settle()

    def timeline(token: str) -> list[tuple[str, Any]]:
        seen = office.world.gateway("GET", f"/v1/cases/{case_id}/timeline?limit=100", token=token).json["data"]
        return [(entry["type"], entry["deadline"]) for entry in seen if entry["type"].startswith("deadline.")]

    desk = office.world.staff("service-desk")
    assert timeline(desk) == [("deadline.approaching", "resolution"), ("deadline.breached", "resolution")]
    assert timeline(office.ana()) == []


class Crash(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_sweep_that_crashes_is_made_up_for_and_tells_nothing_twice(
    office: Office, case_id: str, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    """Killed before or after its transaction; the next sweep tells what is missing, once (R1)."""
    office.set("2026-11-02 17:00")
    commit = table.commit

    def crashing(*writes: Any) -> None:
        if when == "after":
            commit(*writes)
        raise Crash

    with monkeypatch.context() as patched:
        patched.setattr("functions.cases.repository.commit", crashing)
        with pytest.raises(Crash):
            office.world.sweep()
    office.world.sweep()
    office.world.sweep()
    assert told(office, case_id) == [APPROACHING]


def test_an_index_that_lags_leads_to_nothing(office: Office, case_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A case that was resolved a moment ago may still stand on the list; the case itself decides."""
    office.set("2026-11-02 12:00")
    office.inside(case_id, "resolved")
    office.pass_time(days=1)
    stale = {"pk": f"CASE#{case_id}", "sk": "ALARM"}
    monkeypatch.setattr("functions.sync.sweep.query_index", lambda *_, **__: ([stale], None))
    monkeypatch.setattr("functions.sync.sweep.DUE_SHARDS", 1)
    monkeypatch.setattr("functions.sync.sweep._tell_in_order", lambda _: 0)
    monkeypatch.setattr("functions.sync.sweep._look_after", lambda _: False)
    assert office.world.sweep()["deadlines"] == 0
    assert told(office, case_id) == []


def test_what_cannot_be_told_does_not_keep_others_from_it(office: Office, case_id: str) -> None:
    """A case that nobody can read any more is left, and the next one told (B5)."""
    broken = {"pk": {"S": "CASE#case_BROKEN"}, "sk": {"S": "RECORD"}, "data": {"S": "{}"}}
    alarm = {"pk": broken["pk"], "sk": {"S": "ALARM"}, "due": {"S": ""}, "due_at": {"S": "2026-11-02T09:00"}}
    for shard in range(table.DUE_SHARDS):
        alarm["due"] = {"S": f"DEADLINE#{shard}"}
        alarm["sk"] = {"S": f"ALARM{shard}"}
        office.world.database.put_item(TableName=settings.table_name, Item=alarm)
    office.world.database.put_item(TableName=settings.table_name, Item=broken)
    office.set("2026-11-02 17:00")
    office.world.sweep()
    assert told(office, case_id) == [APPROACHING]


def test_finding_what_is_due_costs_the_same_however_many_cases_there_are(office: Office, case_id: str) -> None:
    """Of cases that are not due, a sweep reads none: one query per shard and kind, and no scan."""
    for number in range(5):
        office.world.create(office.ana(), "report-incident", key=f"key-{number + 2}")
    office.world.settle()
    seen: list[str] = []
    events = client("dynamodb").meta.events
    events.register_first("before-call", lambda model, **_: seen.append(model.name), unique_id="count")
    try:
        office.pass_time(minutes=10)
        done = office.world.sweep()
    finally:
        events.unregister("before-call", unique_id="count")
    assert seen == ["Query"] * table.DUE_SHARDS * len(done)
