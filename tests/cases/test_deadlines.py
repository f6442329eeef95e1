"""Deadlines as customers see them: when they are due, what pauses, stops and moves them, and how they came about."""

from typing import Any

import pytest

from functions.cases import services
from functions.cases.status import Status
from functions.cases.terms import Term, Terms
from tests.office import UK_OFFICE, WEEK, Office
from tests.sync.asking import task_of
from tests.world import World


def promise(monkeypatch: pytest.MonkeyPatch, **terms: Term) -> None:
    """Have `report-incident` promise this."""
    service = services.get("report-incident").model_copy(update={"terms": Terms(**terms)})
    monkeypatch.setitem(services._catalogue(), service.service, service)


def hours(amount: int, unit: str = "working_hours", **more: Any) -> Term:
    return Term.model_validate({"amount": amount, "unit": unit, "calendar": "uk-office", **more})


def submit(office: Office, service: str = "report-incident") -> str:
    """A case that its workflow has not come to yet."""
    created = office.world.create(office.ana(), service)
    assert created.status == 201, created.body
    return str(created.json["case_id"])


PROMISED = (
    "Work on it starts within 2 working hours, as promised for this service."
    " Time counts while we work: UK office, Europe/London."
)


def test_deadlines_before_christmas(office: Office) -> None:
    """RI-8: two working hours for the response, eight for the resolution, past holidays and a weekend (C7, C8, C45).

    Whoever sees the case reads how each was computed (C46).
    """
    office.set("2026-12-24 16:30")
    case_id = submit(office)
    response, resolution = (office.deadline(kind, case_id) for kind in ("response", "resolution"))
    assert (response["due_at"], resolution["due_at"]) == ("2026-12-29T09:30:00.000Z", "2026-12-29T15:30:00.000Z")
    assert (response["remaining"], resolution["remaining"]) == ("PT2H", "PT8H")
    assert {response["time_zone"], resolution["time_zone"]} == {"Europe/London"}
    assert [(line["kind"], line["text"]) for line in response["explanation"]] == [
        ("promise", PROMISED),
        ("counted", "Thu 24 Dec 2026, 16:30 to 18:00: 1 h 30 min count."),
        ("holiday", "Fri 25 Dec 2026 is a holiday (Christmas Day): nothing counts."),
        ("day_off", "Sat 26 Dec 2026 is no working day: nothing counts."),
        ("day_off", "Sun 27 Dec 2026 is no working day: nothing counts."),
        ("holiday", "Mon 28 Dec 2026 is a holiday (Boxing Day (observed)): nothing counts."),
        ("counted", "Tue 29 Dec 2026, 09:00 to 09:30: 30 min count."),
    ]


def test_a_deadline_of_a_sunday_night(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """RI-9: one working hour from a Sunday at three, with a holiday on the Monday (C7)."""
    promise(monkeypatch, response=hours(1))
    office.set("2026-12-27 03:00")
    assert office.deadline("response", submit(office))["due_at"] == "2026-12-29T10:00:00.000Z"


@pytest.mark.parametrize(
    ("term", "due"),
    [
        (hours(2), "2026-11-02T10:00:00.000Z"),
        (hours(90, "working_minutes"), "2026-11-02T09:30:00.000Z"),
        (hours(1, "working_days"), "2026-11-02T17:00:00.000Z"),
        (hours(2, rounding="end_of_day"), "2026-11-02T17:00:00.000Z"),
        (hours(2, "calendar_hours"), "2026-11-01T04:30:00.000Z"),
        (hours(3, "calendar_days"), "2026-11-04T02:30:00.000Z"),
        (hours(5, "working_days", rounding="end_of_day"), "2026-11-06T17:00:00.000Z"),
    ],
)
def test_units_of_time(office: Office, monkeypatch: pytest.MonkeyPatch, term: Term, due: str) -> None:
    """A working day is as long as the calendar's; calendar time asks no calendar; rounding to the day's end (D15)."""
    assert office.keep("uk-office", UK_OFFICE | {"time_zone": "Europe/Madrid"}).status == 200
    promise(monkeypatch, resolution=term)
    office.set("2026-11-01 02:30")
    assert office.deadline("resolution", submit(office))["due_at"] == due


def test_a_working_day_is_the_longest_of_the_week(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nine hours from Monday to Thursday, four on Friday: a working day has nine, and the explanation says so (D15)."""
    office.keep("uk-office", UK_OFFICE | {"week": WEEK | {"friday": [{"opens": "09:00", "closes": "13:00"}]}})
    promise(monkeypatch, resolution=hours(1, "working_days"))
    office.set("2026-11-06 09:00")
    deadline = office.deadline("resolution", submit(office))
    assert deadline["due_at"] == "2026-11-09T14:00:00.000Z"
    assert "A working day has 9 h." in deadline["explanation"][0]["text"]


@pytest.mark.parametrize(
    ("at", "remaining", "breached"),
    [
        ("2026-11-02 09:00", "PT2H", False),
        ("2026-11-02 10:45", "PT15M", False),
        ("2026-11-02 11:00", "PT0S", False),
        ("2026-11-02 11:00:01", "-PT1S", True),
        ("2026-11-02 20:00", "-PT7H", True),
    ],
)
def test_a_deadline_is_overdue_after_it_and_not_at_it(
    office: Office, monkeypatch: pytest.MonkeyPatch, at: str, remaining: str, breached: object
) -> None:
    """The sign flips when the deadline has passed, not when it is reached (C7, C8, D16)."""
    promise(monkeypatch, response=hours(2), resolution=hours(2))
    office.set("2026-11-02 09:00")
    case_id = submit(office)
    office.set(at)
    shown = office.world.view(office.ana(), case_id)["deadlines"]
    assert [(each["kind"], each["remaining"], each["breached"]) for each in shown] == [
        (kind, remaining, breached) for kind in ("response", "resolution")
    ]


def test_a_deadline_at_the_end_of_work_is_overdue_at_night(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """No working time has passed since, but the deadline has: it is breached, and the sign says so (C7, D16)."""
    promise(monkeypatch, resolution=hours(1, "working_days"))
    office.set("2026-11-02 09:00")
    case_id = submit(office)
    office.set("2026-11-02 18:00:01")
    deadline = office.deadline("resolution", case_id)
    assert (deadline["breached"], deadline["remaining"]) == (True, "-PT0S")


def test_the_response_deadline_stops_when_work_starts_and_never_moves_again(office: Office) -> None:
    """Registered at nine, work starts at nine; whatever the case does later (C7, C47)."""
    office.set("2026-11-02 09:00")
    case_id = submit(office)
    office.pass_time(minutes=20)
    office.world.settle()  # the workflow comes to its first task
    stopped = office.deadline("response", case_id)
    assert (stopped["stopped_at"], stopped["due_at"]) == ("2026-11-02T09:20:00.000Z", "2026-11-02T11:00:00.000Z")
    assert (stopped["remaining"], stopped["breached"], stopped["paused"]) == ("PT1H40M", False, False)
    office.pass_time(hours=1)
    office.inside(case_id, "resolved")
    office.world.gateway("POST", f"/v1/cases/{case_id}/reopen", token=office.ana())
    office.world.settle()
    office.pass_time(days=3)
    assert office.deadline("response", case_id) == stopped


def test_a_process_can_leave_a_case_new_until_somebody_works_on_it(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The task waits, and so does the response; work that has started does not start anew at that stage (C7, F14)."""
    service = services.get("report-incident")
    first = service.stages["diagnose"].model_copy(update={"status": Status.new})
    changed = service.model_copy(update={"stages": service.stages | {"diagnose": first}})
    monkeypatch.setitem(services._catalogue(), service.service, changed)
    office.set("2026-11-02 09:00")
    case_id = submit(office)
    office.world.settle()
    seen = office.world.view(office.ana(), case_id)
    assert (seen["status"], seen["stage"]["name"]) == ("new", "diagnose")
    assert office.deadline("response", case_id)["stopped_at"] is None
    office.pass_time(minutes=20)
    asks = {"task_id": task_of(office.world, case_id), "outcome": "NEED_CUSTOMER"}
    office.world.command("task.complete", case_id, asks, "asks")
    assert office.deadline("response", case_id)["stopped_at"] == "2026-11-02T09:20:00.000Z"
    office.world.gateway("POST", f"/v1/cases/{case_id}/messages", {"text": "Here it is."}, token=office.ana())
    office.world.settle()
    seen = office.world.view(office.ana(), case_id)
    assert (seen["status"], seen["stage"]["name"]) == ("in_progress", "diagnose")


def test_a_response_that_came_late_stays_late(office: Office) -> None:
    """Work that starts after the deadline stops the clock, and does not undo the breach (C7)."""
    office.set("2026-11-02 09:00")
    case_id = submit(office)
    office.pass_time(hours=4)
    office.world.settle()
    late = office.deadline("response", case_id)
    assert (late["breached"], late["remaining"], late["due_at"]) == (True, "-PT2H", "2026-11-02T11:00:00.000Z")


def test_the_resolution_clock_pauses_while_we_wait_for_the_customer(office: Office) -> None:
    """Two hours used, a night and a day waiting, six hours left from the answer on (D9, matrix: paused)."""
    office.set("2026-11-02 09:00")
    case_id = submit(office)
    office.world.settle()
    office.pass_time(hours=2)
    office.inside(case_id, "waiting_for_response")
    paused = office.deadline("resolution", case_id)
    assert (paused["paused"], paused["due_at"], paused["remaining"]) == (True, None, "PT6H")
    office.set("2026-11-03 15:00")
    ana = office.ana()
    assert office.deadline("resolution", case_id, ana)["remaining"] == "PT6H"
    office.world.gateway("POST", f"/v1/cases/{case_id}/messages", {"text": "Here it is."}, token=ana)
    running = office.deadline("resolution", case_id, ana)
    assert (running["paused"], running["due_at"], running["remaining"]) == (False, "2026-11-04T12:00:00.000Z", "PT6H")
    assert [line["text"] for line in running["explanation"] if line["kind"] == "pause"] == [
        "Mon 2 Nov 2026, 11:00 to Tue 3 Nov 2026, 15:00: the clock stood still, waiting for an answer from you."
    ]
    assert [line["counted"] for line in running["explanation"] if line["counted"]] == ["PT2H", "PT3H", "PT3H"]


def test_a_reopened_case_goes_on_with_what_remained(office: Office) -> None:
    """Three hours used until it was resolved; five are left when it is reopened days later (D9, C31)."""
    office.set("2026-11-02 09:00")
    case_id = submit(office)
    office.world.settle()
    office.pass_time(hours=3)
    office.inside(case_id, "resolved")
    resolved = office.deadline("resolution", case_id)
    assert (resolved["stopped_at"], resolved["remaining"]) == ("2026-11-02T12:00:00.000Z", "PT5H")
    assert (resolved["breached"], resolved["paused"]) == (False, False)
    office.set("2026-11-05 16:00")
    ana = office.ana()
    assert office.deadline("resolution", case_id, ana) == resolved
    office.world.gateway("POST", f"/v1/cases/{case_id}/reopen", token=ana)
    again = office.deadline("resolution", case_id, ana)
    assert (again["stopped_at"], again["due_at"], again["remaining"]) == (None, "2026-11-06T12:00:00.000Z", "PT5H")


def test_a_resolution_that_was_missed_stays_missed(office: Office) -> None:
    """Neither a pause nor a reopening gives time back that was overdrawn (D9)."""
    office.set("2026-11-02 09:00")
    case_id = submit(office)
    office.world.settle()
    office.set("2026-11-03 09:30")
    office.inside(case_id, "waiting_for_response")
    paused = office.deadline("resolution", case_id)
    assert (paused["breached"], paused["due_at"], paused["remaining"]) == (True, "2026-11-02T17:00:00.000Z", "-PT1H30M")
    office.pass_time(days=1)
    ana = office.ana()
    office.world.gateway("POST", f"/v1/cases/{case_id}/reopen", token=ana)
    again = office.deadline("resolution", case_id, ana)
    assert (again["breached"], again["due_at"]) == (True, "2026-11-02T17:00:00.000Z")


@pytest.mark.parametrize("steps", [("cancel",), ("resolved", "close"), ("waiting_for_response", "cancel")])
def test_all_clocks_stop_when_a_case_ends(office: Office, steps: tuple[str, ...]) -> None:
    """Nothing is due any more in a case that is canceled or closed (RI-14, matrix: stopped)."""
    office.set("2026-11-02 09:00")
    case_id = submit(office)
    office.world.settle()
    ana = office.ana()
    for step in steps:
        office.pass_time(minutes=30)
        if step in ("cancel", "close"):
            assert office.world.gateway("POST", f"/v1/cases/{case_id}/{step}", token=ana).status == 200
        else:
            office.inside(case_id, step)
    shown = office.world.view(ana, case_id)["deadlines"]
    assert all(each["stopped_at"] and not each["paused"] for each in shown)
    [entry] = office.world.gateway("GET", "/v1/cases", token=ana).json["data"]
    assert entry["due_at"] is None


def test_the_list_shows_what_is_due_next(office: Office) -> None:
    """The response until work starts, then the resolution (C7, C8)."""
    office.set("2026-11-02 09:00")
    submit(office)
    ana = office.ana()
    [entry] = office.world.gateway("GET", "/v1/cases", token=ana).json["data"]
    assert entry["due_at"] == "2026-11-02T11:00:00.000Z"
    office.world.settle()
    [entry] = office.world.gateway("GET", "/v1/cases", token=ana).json["data"]
    assert entry["due_at"] == "2026-11-02T17:00:00.000Z"


def test_a_stage_with_terms_of_its_own_calculates_the_resolution_anew(office: Office) -> None:
    """Three of eight hours used, then a stage that has twenty-four: twenty-one are left (C47).

    Who works on the case reads the same explanation of it (C46).
    """
    office.set("2026-11-02 09:00")
    case_id = submit(office)
    office.world.settle()
    office.pass_time(hours=3)
    desk = office.world.staff("service-desk")
    [task] = office.world.gateway("GET", "/v1/tasks", token=desk).json["data"]
    url = f"/v1/tasks/{task['task_id']}/complete"
    assert office.world.gateway("POST", url, {"outcome": "ESCALATE"}, token=desk).status == 200
    office.world.settle()
    deadline = office.deadline("resolution", case_id)
    assert (deadline["promised_by"], deadline["remaining"]) == ("stage", "PT21H")
    assert deadline["due_at"] == "2026-11-04T15:00:00.000Z"
    assert "24 working hours" in deadline["explanation"][0]["text"]
    assert office.deadline("resolution", case_id, desk) == deadline


def test_another_service_is_another_preview(office: Office) -> None:
    """Who chooses another one before submitting is told its category and deadlines, and no case is there (C25)."""
    office.set("2026-11-02 09:00")
    ana = office.ana()

    def preview(service: str) -> tuple[str, list[str]]:
        seen = office.world.gateway("POST", "/v1/cases/preview", {"service": service}, token=ana).json
        return seen["category"], [deadline["due_at"] for deadline in seen["deadlines"]]

    incident = ("incident", ["2026-11-02T11:00:00.000Z", "2026-11-02T17:00:00.000Z"])
    request = ("service_request", ["2026-11-02T18:00:00.000Z", "2026-11-06T18:00:00.000Z"])
    shown = [preview(service) for service in ("report-incident", "contact-us", "report-incident")]
    assert shown == [incident, request, incident]
    assert office.world.gateway("GET", "/v1/cases", token=ana).json["data"] == []


def test_a_strategy_that_cannot_compute_leaves_it_to_the_next_calendar_or_to_none(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own calendar, else the base calendar, else no deadline at all (C44, C45)."""
    promise(monkeypatch, response=hours(1, calendar="mars-office"), resolution=hours(8, "calendar_hours"))
    office.set("2026-11-02 09:00")
    case_id = submit(office)
    [only] = office.world.view(office.ana(), case_id)["deadlines"]
    assert (only["kind"], only["time_zone"]) == ("resolution", "UTC")
    office.keep("base", UK_OFFICE | {"time_zone": "Asia/Tokyo"})
    office.pass_time(hours=2)
    created = office.world.create(office.ana(), "report-incident", key="key-2").json
    assert [each["time_zone"] for each in created["deadlines"]] == ["Asia/Tokyo", "UTC"]


def test_what_was_promised_stays_when_the_calendar_changes(office: Office) -> None:
    """A case keeps the calendar with which it was submitted; the next one has the new one."""
    office.set("2026-11-02 09:00")
    case_id = submit(office)
    office.keep("uk-office", UK_OFFICE | {"time_zone": "Asia/Tokyo"})
    office.world.settle()
    office.pass_time(hours=1)
    office.inside(case_id, "waiting_for_response")
    ana = office.ana()
    office.world.gateway("POST", f"/v1/cases/{case_id}/reopen", token=ana)
    kept = office.deadline("resolution", case_id, ana)
    assert (kept["time_zone"], kept["due_at"]) == ("Europe/London", "2026-11-02T17:00:00.000Z")


def test_nobody_sets_a_deadline(world: World, ana: str) -> None:
    """Deadlines are calculated; whoever sends one is refused (C7, C8)."""
    answers = {"AFFECTED": "ACCOUNT", "IMPACT": "ME", "DESCRIPTION": "I cannot sign in any more."}
    for field in ("deadlines", "due_at", "response_due_at", "resolution_due_at"):
        body = {"service": "report-incident", "answers": answers, field: "2026-12-24T16:30:00Z"}
        refused = world.gateway("POST", "/v1/cases", body, token=ana, headers={"Idempotency-Key": field})
        assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, f"/{field}")


def test_without_calendars_there_are_no_deadlines(world: World, ana: str) -> None:
    """A deployment that keeps none works without (C44)."""
    assert world.create(ana, "report-incident").json["deadlines"] == []


def test_the_internal_system_is_told_the_deadlines(office: Office) -> None:
    """They stand in the public state of the case, without what only Portico needs (F24)."""
    office.set("2026-11-02 09:00")
    case_id = submit(office)
    office.world.settle()
    created, *_, last = office.world.events_told(case_id)
    told = {each["kind"]: each for each in last["data"]["case"]["deadlines"]}
    assert set(told["resolution"]) == {"kind", "started_at", "due_at", "stopped_at", "paused"}
    assert told["resolution"]["due_at"] == "2026-11-02T17:00:00.000Z"
    assert created["data"]["case"]["deadlines"]


def test_a_long_explanation_is_cut(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two hundred days of work are explained in a hundred lines."""
    promise(monkeypatch, resolution=hours(200, "working_days"))
    lines = office.deadline("resolution", submit(office))["explanation"]
    assert (len(lines), lines[-1]["kind"]) == (100, "more")
