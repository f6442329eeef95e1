"""A resolved case that is closed by itself: counted by the calendar, after a reminder, and only if nobody moves it."""

from typing import Any

import pytest
from pydantic import ValidationError

from functions.calendars.model import Calendar
from functions.cases import services
from functions.cases.closing import Closing
from functions.cases.terms import AutoClose, Terms
from functions.settings import settings
from tests.office import UK_OFFICE, Office, moment
from tests.rewind import messages
from tests.world import World

SERVICE = "contact-us"
RESOLVED, REMINDED, CLOSED = "2026-12-17 10:00", "2026-12-24 10:00", "2027-01-05 10:00"
"""Ten working days, of which three were holidays and four fell on weekends; the reminder after five."""


def days(amount: int, **more: Any) -> dict[str, Any]:
    return {"amount": amount, "unit": "working_days", "calendar": "uk-office"} | more


TEN_DAYS = AutoClose.model_validate({"after": days(10), "reminder": days(5)})


@pytest.fixture
def case_id(office: Office, monkeypatch: pytest.MonkeyPatch) -> str:
    """Ana's case, resolved a week before Christmas by staff who close what nobody reopens for ten working days."""
    return resolved(office, monkeypatch, TEN_DAYS)


def resolved(office: Office, monkeypatch: pytest.MonkeyPatch, auto_close: AutoClose | None) -> str:
    """By a service that promises nothing else, so that its closing alone names the calendar."""
    service = services.get(SERVICE).model_copy(update={"auto_close": auto_close, "terms": Terms()})
    monkeypatch.setitem(services._catalogue(), SERVICE, service)
    office.set(RESOLVED)
    case_id = office.world.open_case(office.ana(), SERVICE)
    office.inside(case_id, "resolved")
    return case_id


def act(office: Office, case_id: str, verb: str, body: Any = None) -> None:
    done = office.world.gateway("POST", f"/v1/cases/{case_id}/{verb}", body, token=office.ana())
    assert done.status < 300, done.body


def swept(office: Office, at: str) -> int:
    """How much the clock had to do at that moment."""
    office.set(at)
    done = office.world.sweep()["deadlines"]
    office.world.settle()
    return done


def mails(world: World, about: str) -> list[str]:
    return [mail.subject for mail in world.mailbox() if about in mail.subject]


def test_it_is_reminded_of_once_and_then_closed(office: Office, case_id: str) -> None:
    """After five working days a mail, after ten the end: by the clock, with its reason (C30, C45, D6)."""
    world = office.world
    before = world.view(office.ana(), case_id)
    assert before["closes_at"] == "2027-01-05T10:00:00.000Z"
    assert [swept(office, at) for at in ("2026-12-24 09:59:59", REMINDED, "2026-12-24 10:05")] == [0, 1, 0]
    [reminder] = mails(world, "will be closed")
    assert reminder == f"[{before['number']}] Your case will be closed on Tuesday 5 January 2027"
    assert [swept(office, at) for at in ("2027-01-05 09:59:59", CLOSED, "2027-01-05 10:05")] == [0, 1, 0]
    after = world.view(office.ana(), case_id)
    assert (after["status"], after["closed_at"]) == ("closed", "2027-01-05T10:00:00.000Z")
    assert (after["closing_reason"], after["closing_reason_title"]) == ("closed_automatically", "Closed automatically")
    for time in ("first_resolution_at", "actual_resolution_at"):
        assert after[time] == before[time] == "2026-12-17T10:00:00.000Z"
    assert "closes_at" not in after
    assert len(mails(world, "How did we do?")) == len(mails(world, "will be closed")) == 1
    told = [(event["type"], event["data"]) for event in world.events_told(case_id)][-2:]
    assert [(kind, data["actor"]["kind"]) for kind, data in told] == [
        ("portico.deadline.approaching.v1", "clock"),
        ("portico.case.status_changed.v1", "clock"),
    ]
    assert (told[0][1]["kind"], told[0][1]["case"]["closes_at"]) == ("closing", "2027-01-05T10:00:00.000Z")
    assert told[1][1]["reason"] == "closed_automatically"
    entries = world.gateway("GET", f"/v1/cases/{case_id}/timeline?limit=100", token=office.ana()).json["data"]
    history = [(each["type"], each["deadline"], [mail["template"] for mail in each["mails"]]) for each in entries[-2:]]
    assert history == [("deadline.approaching", "closing", ["closing_reminder"]), ("case.status_changed", None, [])]


def test_without_the_setting_nothing_closes(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Off by default: resolved cases stay so, and say nothing of a closing; the shipped services leave it off."""
    assert all(service.auto_close is None for service in services.all_services())
    case_id = resolved(office, monkeypatch, None)
    assert swept(office, "2028-01-05 10:00") == 0
    seen = office.world.view(office.ana(), case_id)
    assert (seen["status"], "closes_at" in seen) == ("resolved", False)


@pytest.mark.parametrize("verb", ["reopen", "close"])
def test_who_moves_the_case_ends_the_wait(office: Office, case_id: str, verb: str) -> None:
    """Reopened or closed by the customer, it has no closing time, no reminder, and is not closed by itself (C31)."""
    act(office, case_id, verb)
    assert "closes_at" not in office.world.view(office.ana(), case_id)
    status = {"reopen": "reopened", "close": "closed"}[verb]
    for at in (REMINDED, CLOSED):
        swept(office, at)
        assert office.world.view(office.ana(), case_id)["status"] == status
    assert mails(office.world, "will be closed") == []
    assert office.world.view(office.ana(), case_id)["closing_reason"] in (None, "closed_by_user")


def test_the_next_resolution_begins_anew(office: Office, case_id: str) -> None:
    """Reopened after the reminder and resolved again: ten working days from then, with a reminder of their own."""
    swept(office, REMINDED)
    act(office, case_id, "reopen")
    office.inside(case_id, "resolved")
    assert office.world.view(office.ana(), case_id)["closes_at"] == "2027-01-12T10:00:00.000Z"
    swept(office, CLOSED)
    assert [len(mails(office.world, "will be closed")), office.world.view(office.ana(), case_id)["status"]] == [
        2,
        "resolved",
    ]
    swept(office, "2027-01-12 10:00")
    assert office.world.view(office.ana(), case_id)["status"] == "closed"


def test_words_alone_do_not_keep_a_case_open(office: Office, case_id: str) -> None:
    """A comment or a complaint changes no status; a complaint is looked after in a closed case, too (C39, C41)."""
    act(office, case_id, "messages", {"text": "Thank you."})
    act(office, case_id, "complaints", {"text": "But it took long."})
    swept(office, CLOSED)
    seen = office.world.view(office.ana(), case_id)
    assert (seen["status"], seen["has_open_complaint"]) == ("closed", True)
    assert office.told(case_id) == []  # since no sweep came by in time for a reminder to be true


def test_a_mail_that_waited_too_long_does_not_leave(office: Office, case_id: str) -> None:
    """Reopened before the mail was sent: it would not be true any more."""
    office.set(REMINDED)
    office.world.sweep()
    act(office, case_id, "reopen")
    office.world.settle()
    assert mails(office.world, "will be closed") == []
    assert messages(settings.mail_queue_url) == []


@pytest.mark.parametrize(
    ("after", "closes_at"),
    [
        (days(3, unit="calendar_days"), "2026-12-20 10:00"),
        (days(1, rounding="end_of_day"), "2026-12-18 18:00"),
        (days(1, calendar="nobody-keeps-it"), None),
    ],
)
def test_units_and_calendars_are_those_of_terms(after: Any, closes_at: str | None) -> None:
    """Calendar time, the end of a working day, and no closing where no calendar can tell when (C45, D15)."""
    calendars = {"uk-office": Calendar.model_validate(UK_OFFICE)}
    closing = Closing.of(AutoClose.model_validate({"after": after}), calendars, moment(RESOLVED))
    assert (closing and closing.closes_at) == (closes_at and moment(closes_at))


@pytest.mark.parametrize(
    ("auto_close", "why"),
    [
        ({"after": days(5), "reminder": days(5)}, "earlier"),
        ({"after": days(5), "reminder": days(1, unit="calendar_days")}, "the unit"),
        ({"after": days(5), "reminder": days(1, calendar="base")}, "the calendar"),
        ({"after": days(5, lead_minutes=5)}, "lead_minutes"),
        ({"reminder": days(5)}, "Field required"),
        ({"after": days(0)}, "greater than or equal to 1"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(auto_close: Any, why: str) -> None:
    """The reminder comes before the closing, and both are counted alike, so that this can be known beforehand."""
    with pytest.raises(ValidationError, match=why):
        AutoClose.model_validate(auto_close)
