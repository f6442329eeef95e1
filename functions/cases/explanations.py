"""How a deadline was computed, line by line, for customers and staff to read (C46). Rules only, no I/O."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import groupby, islice, zip_longest
from typing import Literal
from zoneinfo import ZoneInfo

from functions.calendars.model import Calendar
from functions.calendars.working_time import between, local_day, worked
from functions.cases.deadlines import NOTHING, Deadline, Deadlines, Run
from functions.events import Frozen
from functions.moment import Moment

LINES = 100
"""So many are shown at most."""
Kind = Literal["promise", "earlier", "counted", "holiday", "day_off", "end_of_day", "pause", "stop", "terms", "more"]
_PROMISED = {"response": "Work on it starts", "resolution": "It is resolved"}
_STOPPED = {"response": "work on it started, or it was ended", "resolution": "it was resolved or ended"}
_BY = {"service": "for this service", "agreement": "by your service agreement", "stage": "for this stage of the case"}
_GAPS = {
    "pause": "the clock stood still, waiting for an answer from you",
    "stop": "the clock stood still, the case was resolved",
    "terms": "from here on the terms of the next stage counted",
}


class Line(Frozen):
    kind: Kind
    text: str
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    counted: str | None = None
    """How much of the promised time that is: an ISO 8601 duration."""


def duration(length: timedelta, *, negative: bool = False) -> str:
    """ISO 8601 in hours, minutes and seconds, since a day of working time has not 24 hours."""
    sign = "-" if negative or length < NOTHING else ""
    seconds = int(abs(length).total_seconds())
    hours, minutes, seconds = seconds // 3600, seconds // 60 % 60, seconds % 60
    parts = "".join(f"{number}{unit}" for number, unit in ((hours, "H"), (minutes, "M"), (seconds, "S")) if number)
    return f"{sign}PT{parts or '0S'}"


def explanation(deadlines: Deadlines, deadline: Deadline) -> list[Line]:
    lines = list(islice(_lines(deadlines, deadline), LINES))
    if len(lines) == LINES:
        lines[-1] = Line(kind="more", text="And so on.")
    return lines


def _lines(deadlines: Deadlines, deadline: Deadline) -> Iterator[Line]:
    calendar = deadlines.calendar(deadline)
    yield Line(kind="promise", text=_promise(deadline, calendar))
    runs = list(deadline.runs)
    earlier = deadline.length - deadline.left - sum((_length(calendar, run) for run in runs), NOTHING)
    if earlier > NOTHING:
        yield Line(kind="earlier", text=f"{_words(earlier)} were used before.", counted=duration(earlier))
    for run, following in zip_longest(runs, runs[1:]):
        went_on = following.starts_at if following else deadline.running_since
        ended = went_on is None and run.ended_by == "stop"
        yield from _counted(calendar, run.starts_at, deadline.due_at if ended and deadline.due_at else run.ends_at)
        if not ended:
            yield _gap(calendar, run, went_on)
    if deadline.running_since and deadline.due_at:
        yield from _counted(calendar, deadline.running_since, deadline.due_at)
    if deadline.due_at and deadline.promise.term.rounding == "end_of_day":
        yield Line(kind="end_of_day", text="It is due when the work of that day ends.")
    if deadline.stopped_at:
        text = f"{_at(deadline.stopped_at, _zone(calendar))}: {_STOPPED[deadline.kind]}; the clock stopped."
        yield Line(kind="stop", text=text, starts_at=deadline.stopped_at)


def _promise(deadline: Deadline, calendar: Calendar | None) -> str:
    term = deadline.promise.term
    kind, unit = term.unit.split("_")
    amount = f"{term.amount} {kind if calendar else ''} {unit if term.amount > 1 else unit[:-1]}".replace("  ", " ")
    text = f"{_PROMISED[deadline.kind]} within {amount}, as promised {_BY[deadline.promise.strategy]}."
    if calendar:
        text += f" Time counts while we work: {calendar.title}, {calendar.time_zone}."
        if unit == "days":
            text += f" A working day has {_words(calendar.working_day)}."
    return text


def _counted(calendar: Calendar | None, start: datetime, end: datetime) -> Iterator[Line]:
    """Each stretch that counts, and each day that does not."""
    if end <= start:
        return
    if calendar is None:
        length = end - start
        text = f"{_at(start, _zone(None))} to {_at(end, _zone(None))}: {_words(length)} count."
        yield Line(kind="counted", text=text, starts_at=start, ends_at=end, counted=duration(length))
        return
    holidays = {holiday.date: holiday.name for holiday in calendar.holidays}
    day, last = local_day(calendar, start), local_day(calendar, end - timedelta(milliseconds=1))
    stretches = {on: list(each) for on, each in groupby(worked(calendar, start, end), key=lambda each: each.day)}
    while day <= last:
        if day in holidays:
            yield Line(kind="holiday", text=f"{_day(day)} is a holiday ({holidays[day]}): nothing counts.")
        elif not calendar.intervals(day):
            yield Line(kind="day_off", text=f"{_day(day)} is no working day: nothing counts.")
        for stretch in stretches.get(day, ()):
            since, until = (_clock(at, calendar.time_zone) for at in (stretch.starts_at, stretch.ends_at))
            yield Line(
                kind="counted",
                text=f"{_day(day)}, {since} to {until}: {_words(stretch.length)} count.",
                starts_at=stretch.starts_at,
                ends_at=stretch.ends_at,
                counted=duration(stretch.length),
            )
        day += timedelta(days=1)


def _gap(calendar: Calendar | None, run: Run, went_on: datetime | None) -> Line:
    zone = _zone(calendar)
    until = f" to {_at(went_on, zone)}" if went_on and went_on > run.ends_at else ""
    text = f"{_at(run.ends_at, zone)}{until}: {_GAPS[run.ended_by]}."
    return Line(kind=run.ended_by, text=text, starts_at=run.ends_at, ends_at=went_on)


def _zone(calendar: Calendar | None) -> str:
    return calendar.time_zone if calendar else "UTC"


def _length(calendar: Calendar | None, run: Run) -> timedelta:
    return between(calendar, run.starts_at, run.ends_at) if calendar else run.ends_at - run.starts_at


def _day(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b %Y}"


def _clock(moment: datetime, zone: str) -> str:
    local = moment.astimezone(ZoneInfo(zone))
    return f"{local:%H:%M:%S}".removesuffix(":00")


def _at(moment: datetime, zone: str) -> str:
    return f"{_day(moment.astimezone(ZoneInfo(zone)).date())}, {_clock(moment, zone)}"


def _words(length: timedelta) -> str:
    seconds = int(length.total_seconds())
    parts = ((seconds // 3600, "h"), (seconds // 60 % 60, "min"), (seconds % 60, "s"))
    return " ".join(f"{number} {unit}" for number, unit in parts if number) or "0 min"
