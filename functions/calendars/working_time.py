"""The arithmetic of working time: when so much has passed, and how much has passed. Rules only, no I/O.

An instant is working time if clocks in the calendar's zone show, at that instant, a time of a working interval. So an
hour that daylight saving skips is no work, one that it repeats counts twice, and every interval is half-open: at its
end, work has ended. Days are looked at one by one; a day of which clocks change twice does not exist.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from functions.calendars.model import Calendar

MIDNIGHT, ONE_DAY, NOTHING = time(0), timedelta(days=1), timedelta(0)
HORIZON = 366 * 20
"""Days after which working time that has not come is taken to come never."""
_MARGIN = timedelta(hours=3)


class NeverReached(Exception):
    """So much working time does not come."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Time without a gap, in UTC, on one day of the calendar."""

    day: date
    starts_at: datetime
    ends_at: datetime

    @property
    def length(self) -> timedelta:
        return self.ends_at - self.starts_at


def after(calendar: Calendar, start: datetime, amount: timedelta) -> datetime:
    """The first moment at which so much working time has passed since `start`. Raise `NeverReached`."""
    if amount <= NOTHING:
        return start
    for stretch in _from(calendar, start):
        if amount <= stretch.length:
            return stretch.starts_at + amount
        amount -= stretch.length
    raise NeverReached


def between(calendar: Calendar, start: datetime, end: datetime) -> timedelta:
    """How much working time passes from `start` until `end`; negative where the end comes first."""
    if end < start:
        return -between(calendar, end, start)
    return sum((stretch.length for stretch in worked(calendar, start, end)), NOTHING)


def worked(calendar: Calendar, start: datetime, end: datetime) -> Iterator[Stretch]:
    """The stretches of working time from `start` until `end`."""
    for stretch in _from(calendar, start):
        if stretch.starts_at >= end:
            return
        yield Stretch(stretch.day, stretch.starts_at, min(stretch.ends_at, end))


def end_of_day(calendar: Calendar, moment: datetime) -> datetime:
    """When the work of that day ends; `moment` itself where none is left of it, or there was none."""
    today = _work(calendar, local_day(calendar, moment))
    return max((stretch.ends_at for stretch in today if stretch.ends_at > moment), default=moment)


def local_day(calendar: Calendar, moment: datetime) -> date:
    """The day that clocks in the calendar's zone show."""
    return moment.astimezone(ZoneInfo(calendar.time_zone)).date()


def _from(calendar: Calendar, start: datetime) -> Iterator[Stretch]:
    day = local_day(calendar, start) - ONE_DAY
    holidays = {holiday.date for holiday in calendar.holidays}
    for _ in range(HORIZON):
        day += ONE_DAY
        if day in holidays:
            continue
        for stretch in _work_of(calendar, day):
            if stretch.ends_at > start:
                yield Stretch(day, max(stretch.starts_at, start), stretch.ends_at)


def _work(calendar: Calendar, day: date) -> list[Stretch]:
    return [] if any(holiday.date == day for holiday in calendar.holidays) else list(_work_of(calendar, day))


def _work_of(calendar: Calendar, day: date) -> Iterator[Stretch]:
    """The stretches of a day that is no holiday, in order."""
    intervals = calendar.intervals(day)
    if not intervals:
        return
    midnight = datetime.combine(day, MIDNIGHT, UTC)
    for since, until, offset in _offsets(calendar.time_zone, day):
        for interval in intervals:
            starts_at = max(midnight + interval.since - offset, since)
            ends_at = min(midnight + interval.until - offset, until)
            if starts_at < ends_at:
                yield Stretch(day, starts_at, ends_at)


@lru_cache(maxsize=4096)
def _offsets(name: str, day: date) -> tuple[tuple[datetime, datetime, timedelta], ...]:
    """The offsets from UTC that clocks of a zone have on a day, and from when until when each."""
    zone = ZoneInfo(name)
    since = datetime.combine(day, MIDNIGHT, zone).astimezone(UTC) - _MARGIN
    until = datetime.combine(day + ONE_DAY, MIDNIGHT, zone).astimezone(UTC) + _MARGIN
    before, afterwards = _offset(zone, since), _offset(zone, until)
    if before == afterwards:
        return ((since, until, before),)
    changed = _change(zone, since, until)
    return (since, changed, before), (changed, until, afterwards)


def _change(zone: ZoneInfo, since: datetime, until: datetime) -> datetime:
    """When the clocks are changed, to the second: halve the time in which it must be until nothing is left."""
    before = _offset(zone, since)
    while until - since > timedelta(seconds=1):
        middle = since + timedelta(seconds=(until - since) // timedelta(seconds=2))
        if _offset(zone, middle) == before:
            since = middle
        else:
            until = middle
    return until


def _offset(zone: ZoneInfo, moment: datetime) -> timedelta:
    return moment.astimezone(zone).utcoffset() or NOTHING
