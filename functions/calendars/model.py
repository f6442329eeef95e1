"""A calendar: time zone, working week, holidays. Rules only, no I/O; the arithmetic stands in `working_time.py`."""

import datetime as dt
import re
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, ConfigDict, Field, field_validator, model_validator

from functions.errors import NotFound
from functions.events import Frozen
from functions.text import Line

BASE = "base"
"""The calendar that counts where nothing names one that is there (C45)."""
NAME = r"^[a-z0-9][a-z0-9-]{0,39}$"
"""What a calendar can be called, since people write it in files."""
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: tuple[Weekday, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
FIRST_YEAR, LAST_YEAR = 2000, 2099
KNOWN_AHEAD = timedelta(days=2 * 366)
"""How far ahead a case knows the holidays of its calendar."""


class CalendarNotFound(NotFound):
    def __init__(self) -> None:
        super().__init__("There is no such calendar.")


class Interval(Frozen):
    """Work from one time of the day until another, at which it has ended: half-open (D16)."""

    opens: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
    closes: Annotated[str, Field(pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$")]

    @property
    def since(self) -> timedelta:
        return _since_midnight(self.opens)

    @property
    def until(self) -> timedelta:
        return _since_midnight(self.closes)


class Holiday(Frozen):
    date: dt.date
    name: str


class Calendar(Frozen):
    """As it is kept, and as a case keeps it."""

    title: str
    """What customers read."""
    time_zone: str
    """A name of the IANA database, such as `Europe/London`."""
    week: Annotated[dict[Weekday, Annotated[tuple[Interval, ...], Field(max_length=10)]], Field(min_length=1)]
    """The working intervals of each day, in order; what lies between two is a break."""
    holidays: tuple[Holiday, ...] = ()
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None = None
    """ISO 3166-1: its public holidays count, too."""
    subdivision: Annotated[str, Field(pattern=r"^[A-Za-z0-9]{1,6}$")] | None = None
    """ISO 3166-2, without the country: the public holidays of that part of it."""

    @property
    def working_day(self) -> timedelta:
        """How long a working day is: as long as the longest of the week (D15)."""
        days = ((each.until - each.since for each in intervals) for intervals in self.week.values())
        return max(sum(lengths, timedelta(0)) for lengths in days)

    def intervals(self, day: date) -> tuple[Interval, ...]:
        """The work of that day of the week, were it no holiday."""
        return self.week.get(WEEKDAYS[day.weekday()], ())

    def written_out(self, since: date) -> "Calendar":
        """As a case keeps it: every holiday ahead by its date, so that nothing and nobody need be asked later."""
        until = since + KNOWN_AHEAD
        days: dict[date, str] = {}
        if self.country:
            for year in range(since.year, until.year + 1):
                days |= _public_holidays(self.country, self.subdivision, year)
        days |= {holiday.date: holiday.name for holiday in self.holidays}
        ahead = tuple(Holiday(date=day, name=days[day]) for day in sorted(days) if since <= day <= until)
        return self.model_copy(update={"holidays": ahead, "country": None, "subdivision": None})


def _day(value: Any) -> date:
    """As text only: pydantic would take numbers and points in time for days, too."""
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
        return date.fromisoformat(value)
    raise ValueError("must be a day, such as 2026-12-25")


class NewHoliday(Holiday):
    date: Annotated[dt.date, BeforeValidator(_day)]
    name: Line

    @field_validator("date")
    @classmethod
    def _in_our_time(cls, day: dt.date) -> dt.date:
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise ValueError(f"must be a day of the years {FIRST_YEAR} to {LAST_YEAR}")
        return day


class NewCalendar(Calendar):
    """As an administrator sends it, checked."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "title": "Office hours",
                    "time_zone": "Europe/London",
                    "week": {"monday": [{"opens": "09:00", "closes": "12:30"}, {"opens": "13:00", "closes": "17:00"}]},
                    "holidays": [{"date": "2026-12-25", "name": "Christmas Day"}],
                }
            ]
        }
    )

    title: Line
    time_zone: Line
    holidays: Annotated[tuple[NewHoliday, ...], Field(max_length=400)] = ()

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        if name not in _zones():
            raise ValueError("must be a time zone of the IANA database")
        return name

    @field_validator("week")
    @classmethod
    def _in_order(cls, week: dict[Weekday, tuple[Interval, ...]]) -> dict[Weekday, tuple[Interval, ...]]:
        for intervals in week.values():
            times = [time for interval in intervals for time in (interval.since, interval.until)]
            forwards = all(interval.since < interval.until for interval in intervals)
            if not forwards or any(early > late for early, late in pairwise(times)):
                raise ValueError("the intervals of a day must be in order, and not overlap or be empty")
        if not any(week.values()):
            raise ValueError("must have working time on some day")
        return week

    @model_validator(mode="after")
    def _known_country(self) -> Self:
        if self.subdivision and not self.country:
            raise ValueError("a subdivision needs its country")
        if self.country:
            _public_holidays(self.country, self.subdivision, FIRST_YEAR)
        return self


def check_name(name: str) -> None:
    """Raise `CalendarNotFound` for what no calendar can be called."""
    if not re.fullmatch(NAME, name):
        raise CalendarNotFound


def _since_midnight(clock: str) -> timedelta:
    return timedelta(hours=int(clock[:2]), minutes=int(clock[3:]))


@cache
def _zones() -> frozenset[str]:
    """All of the database that we ship, whatever the machine has."""
    return frozenset(files("tzdata").joinpath("zones").read_text().split())


@cache
def _public_holidays(country: str, subdivision: str | None, year: int) -> dict[date, str]:
    """Imported here, since only calendars of a country need it. ValueError for a place that the library lacks."""
    import holidays

    try:
        return dict(holidays.country_holidays(country, subdiv=subdivision, years=year, language="en_US"))
    except NotImplementedError:
        raise ValueError("the public holidays of this country or subdivision are not known") from None
