"""The arithmetic of working time, against a counter that looks at every minute."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from functions.calendars.model import WEEKDAYS, Calendar, Holiday, Interval
from functions.calendars.working_time import NeverReached, after, between, end_of_day, worked
from tests.office import UK_OFFICE, moment

ZONES = (
    "Europe/London",
    "America/New_York",
    "Asia/Tokyo",
    "Australia/Lord_Howe",  # by half an hour
    "America/Santiago",  # at midnight
    "Africa/Cairo",  # at midnight, of a Friday
    "Asia/Kathmandu",
    "Pacific/Kiritimati",
    "Africa/Casablanca",
    "UTC",
)
CHANGES = (
    "2026-03-28",
    "2026-10-24",
    "2026-03-07",
    "2026-10-31",
    "2026-04-04",
    "2026-09-05",
    "2026-04-23",
    "2026-12-30",
)
"""A day before clocks change somewhere, or a year ends."""
MINUTE = timedelta(minutes=1)


@st.composite
def weeks(draw: st.DrawFn) -> dict[str, tuple[Interval, ...]]:
    """At least one day with work; breaks, and work until midnight, come about."""
    week: dict[str, tuple[Interval, ...]] = {}
    for day in draw(st.lists(st.sampled_from(WEEKDAYS), min_size=1, max_size=7, unique=True)):
        times = draw(st.lists(st.integers(0, 96), min_size=2, max_size=6, unique=True).map(sorted))
        pairs = zip(times[::2], times[1::2], strict=False)
        week[day] = tuple(Interval(opens=_clock(opens), closes=_clock(closes)) for opens, closes in pairs)
    return week


def _clock(quarter: int) -> str:
    return f"{quarter // 4:02}:{quarter % 4 * 15:02}"


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    days = draw(st.lists(st.dates(date(2026, 1, 1), date(2027, 1, 31)), max_size=5))
    return Calendar(
        title="Office",
        time_zone=draw(st.sampled_from(ZONES)),
        week=draw(weeks()),
        holidays=tuple(Holiday(date=day, name="Holiday") for day in days),
    )


moments = st.builds(
    lambda day, minutes: datetime.fromisoformat(day).replace(tzinfo=UTC) + timedelta(minutes=minutes),
    st.sampled_from(CHANGES),
    st.integers(0, 5 * 24 * 60),
)
amounts = st.integers(0, 30 * 60).map(lambda minutes: minutes * MINUTE)


def counted(calendar: Calendar, start: datetime, end: datetime) -> timedelta:
    """Minute by minute: does a clock on the wall show working time?"""
    zone, holidays, total = ZoneInfo(calendar.time_zone), {each.date for each in calendar.holidays}, timedelta(0)
    while start < end:
        wall = start.astimezone(zone)
        since = timedelta(hours=wall.hour, minutes=wall.minute)
        if wall.date() not in holidays:
            total += MINUTE * any(each.since <= since < each.until for each in calendar.intervals(wall.date()))
        start += MINUTE
    return total


@settings(max_examples=60, deadline=None)
@given(calendars(), moments, st.integers(0, 4 * 24 * 60))
def test_working_time_is_what_a_counter_of_minutes_finds(calendar: Calendar, start: datetime, minutes: int) -> None:
    """In every zone, with breaks and holidays, across changes of clocks and ends of years (C45)."""
    end = start + minutes * MINUTE
    assert between(calendar, start, end) == counted(calendar, start, end)


@settings(max_examples=100, deadline=None)
@given(calendars(), moments, amounts)
def test_so_much_time_after_is_so_much_time_between(calendar: Calendar, start: datetime, amount: timedelta) -> None:
    """The one is the inverse of the other, and it is the first such moment: a millisecond before, less has passed."""
    end = after(calendar, start, amount)
    assert between(calendar, start, end) == amount
    if amount:
        assert between(calendar, start, end - timedelta(milliseconds=1)) < amount


@settings(max_examples=100, deadline=None)
@given(calendars(), moments, amounts, amounts)
def test_times_add_up(calendar: Calendar, start: datetime, first: timedelta, second: timedelta) -> None:
    """First so much and then so much is as both at once, wherever the one ends (additive)."""
    assert after(calendar, after(calendar, start, first), second) == after(calendar, start, first + second)


@settings(max_examples=100, deadline=None)
@given(calendars(), st.lists(moments, min_size=3, max_size=3).map(sorted))
def test_what_lies_between_adds_up(calendar: Calendar, three: list[datetime]) -> None:
    """Of three moments, the parts make the whole; backwards it is the same, less than nothing (additive)."""
    first, second, third = three
    whole = between(calendar, first, third)
    assert between(calendar, first, second) + between(calendar, second, third) == whole
    assert between(calendar, third, first) == -whole


@settings(max_examples=100, deadline=None)
@given(calendars(), moments, moments, amounts, amounts)
def test_later_never_comes_earlier(
    calendar: Calendar, one: datetime, other: datetime, less: timedelta, more: timedelta
) -> None:
    """Who begins later, or is given more time, is never due earlier (monotone)."""
    early, late = sorted((one, other))
    assert after(calendar, early, less) <= after(calendar, late, less)
    less, more = sorted((less, more))
    assert after(calendar, early, less) <= after(calendar, early, more)


@settings(max_examples=100, deadline=None)
@given(calendars(), moments, amounts)
@example(Calendar.model_validate(UK_OFFICE), moment("2026-12-24 16:30"), timedelta(hours=8))
def test_the_stretches_make_the_whole_in_order(calendar: Calendar, start: datetime, amount: timedelta) -> None:
    """What an explanation lists is what counted: in order, without overlap, each on one day."""
    found = list(worked(calendar, start, after(calendar, start, amount)))
    assert sum((stretch.length for stretch in found), timedelta(0)) == amount
    assert all(early.ends_at <= late.starts_at for early, late in pairwise(found))


UK = Calendar.model_validate(UK_OFFICE)
NIGHT = UK.model_copy(update={"week": {"sunday": (Interval(opens="00:30", closes="03:00"),)}})


@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        ("2026-12-24 16:30", 2, "2026-12-29 09:30"),  # RI-8: 1 h 30 min, then holidays and a weekend
        ("2026-12-24 16:30", 8, "2026-12-29 15:30"),  # RI-8
        ("2026-12-27 03:00", 1, "2026-12-29 10:00"),  # RI-9: a Sunday night; the Monday is a holiday
        ("2026-12-24 16:00", 2, "2026-12-24 18:00"),  # at the end of an interval, not at the next beginning
        ("2026-12-24 18:00", 1, "2026-12-29 10:00"),  # the end is no work any more
        ("2026-12-31 17:00", 2, "2027-01-04 10:00"),  # the year ends, and with a holiday
        ("2026-03-27 17:00", 2, "2026-03-30 09:00"),  # summer time: ten o'clock in London
        ("2026-10-23 16:00", 2, "2026-10-26 10:00"),  # winter time: five o'clock in London when it began
    ],
)
def test_working_hours_in_london(start: str, hours: int, due: str) -> None:
    """Holidays, weekends, ends of days and of years, and both changes of clocks (RI-8, RI-9, D16)."""
    assert after(UK, moment(start), timedelta(hours=hours)) == moment(due)


@pytest.mark.parametrize(
    ("night", "minutes"),
    [("2026-03-28 20:00", 90), ("2026-10-24 20:00", 210), ("2026-11-14 20:00", 150)],
)
def test_a_night_shift_is_as_long_as_the_clocks_make_it(night: str, minutes: int) -> None:
    """Half past midnight until three: an hour less in the night of March, an hour more in that of October."""
    assert between(NIGHT, moment(night), moment(night) + timedelta(hours=12)) == minutes * MINUTE


def test_a_day_ends_when_its_last_interval_does() -> None:
    """The option `end_of_day` leads to the last end of work of that day, and nowhere where it is past (D15)."""
    split = UK.model_copy(update={"week": {"monday": (Interval(opens="09:00", closes="12:00"), *UK.week["monday"])}})
    assert end_of_day(split, moment("2026-11-30 10:00")) == moment("2026-11-30 18:00")
    assert end_of_day(UK, moment("2026-11-30 18:00")) == moment("2026-11-30 18:00")
    assert end_of_day(UK, moment("2026-12-25 10:00")) == moment("2026-12-25 10:00")


def test_working_time_that_never_comes_is_refused() -> None:
    """A week of one minute does not hold a century of work; a strategy with it cannot compute (C44)."""
    minute = UK.model_copy(update={"week": {"monday": (Interval(opens="09:00", closes="09:01"),)}})
    with pytest.raises(NeverReached):
        after(minute, moment("2026-11-30 10:00"), timedelta(hours=1000))
