"""When a resolved case is closed by itself: counted by the calendar, and ahead of it a reminder. Rules only, no I/O."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from functions.calendars.model import BASE, Calendar
from functions.calendars.working_time import NeverReached, after, end_of_day
from functions.cases.terms import AutoClose, Term
from functions.events import Frozen
from functions.moment import Moment


class Closing(Frozen):
    """What awaits a case as long as it stays resolved."""

    closes_at: Moment
    time_zone: str
    """Of the calendar that counts; UTC where time counts day and night."""
    remind_at: Moment | None = None
    """None, too, once its owner was reminded."""

    @classmethod
    def of(cls, terms: AutoClose, calendars: Mapping[str, Calendar], now: datetime) -> "Closing | None":
        """Of a case that is resolved now. None where its time can't be told or never comes."""
        calendar = _calendar(terms.after, calendars)
        closes_at = _due(terms.after, calendar, now)
        if closes_at is None:
            return None
        return cls(
            closes_at=closes_at,
            time_zone=calendar.time_zone if calendar else "UTC",
            remind_at=_due(terms.reminder, calendar, now) if terms.reminder else None,
        )

    @property
    def day(self) -> str:
        """On which day it closes, for people to read: `Tuesday 5 January 2027`."""
        local = self.closes_at.astimezone(ZoneInfo(self.time_zone))
        return f"{local:%A} {local.day} {local:%B %Y}"

    @property
    def alarm_at(self) -> datetime:
        """When the sweeper has something to do about it."""
        return self.remind_at or self.closes_at

    @property
    def reminded(self) -> "Closing":
        return self.model_copy(update={"remind_at": None})

    def is_due(self, now: datetime) -> bool:
        return now >= self.closes_at

    def reminds(self, now: datetime) -> bool:
        """Whether its owner is to be told now; no more when it closes."""
        return self.remind_at is not None and self.remind_at <= now < self.closes_at


def _calendar(term: Term, calendars: Mapping[str, Calendar]) -> Calendar | None:
    """The term's own, else the base calendar (C45); calendar time asks none."""
    if not term.is_working:
        return None
    return calendars.get(term.calendar or BASE) or calendars.get(BASE)


def _due(term: Term, calendar: Calendar | None, now: datetime) -> datetime | None:
    if not term.is_working:
        return now + term.length(timedelta(days=1))
    if calendar is None:
        return None
    try:
        due_at = after(calendar, now, term.length(calendar.working_day))
    except NeverReached:
        return None
    return end_of_day(calendar, due_at) if term.rounding == "end_of_day" else due_at
