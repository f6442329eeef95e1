"""The deadlines of a case: which promise holds, when it is due, what pauses and stops its clock. Rules only, no I/O.

All that they need stays with the case: the promises, and the calendars as they were when it was submitted. So a
deadline is the same whoever computes it and whenever, and no action needs a further read.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Literal

from pydantic import Field

from functions.calendars.model import BASE, Calendar
from functions.calendars.working_time import NeverReached, after, between, end_of_day, local_day
from functions.cases.status import FINISHED, Status
from functions.cases.terms import Strategy, Term, Terms
from functions.events import DeadlineKind, Frozen
from functions.moment import Moment

NOTHING = timedelta(0)
LEAD = 5
"""A deadline is approaching when a fifth of its time is left."""
RUNS_KEPT = 20
"""How many of its latest runs a deadline can explain one by one."""


class Promise(Frozen):
    """What a source promises, and the calendar that counts it; None where time is calendar time (C45)."""

    strategy: Strategy
    term: Term
    calendar: str | None


class Run(Frozen):
    """Time in which the clock ran, and what ended it."""

    starts_at: Moment
    ends_at: Moment
    ended_by: Literal["pause", "stop", "terms"]


class Deadline(Frozen):
    kind: DeadlineKind
    promise: Promise
    length: timedelta
    """The time that was promised."""
    started_at: Moment
    left: timedelta
    """What was left of it when the clock last began, or ceased, to run; negative when more was used."""
    running_since: Moment | None
    due_at: Moment | None
    """None while it can't be told, since the clock is paused. One that was missed stays where it was."""
    approaching_at: Moment | None = None
    stopped_at: Moment | None = None
    missed: bool = False
    """Whether it was over when the clock last ceased to run."""
    told: Literal["approaching", "breached"] | None = None
    """What was told of this promise in this resolution cycle."""
    runs: tuple[Run, ...] = ()

    @property
    def is_paused(self) -> bool:
        return self.running_since is None and self.stopped_at is None

    @property
    def alarm_at(self) -> datetime | None:
        """When the sweeper has something to tell of it."""
        if self.running_since is None or self.told == "breached":
            return None
        return self.due_at if self.told else self.approaching_at

    def is_breached(self, now: datetime) -> bool:
        """Overdue when now > due (D16)."""
        if self.running_since is None:
            return self.missed
        return self.due_at is not None and now > self.due_at

    def reports(self, now: datetime) -> tuple[Literal["approaching", "breached"], ...]:
        """What there is to tell of it now, in order."""
        if self.running_since is None or self.approaching_at is None:
            return ()
        found: tuple[Literal["approaching", "breached"], ...] = ()
        if self.told is None and now >= self.approaching_at:
            found += ("approaching",)
        if self.told != "breached" and self.is_breached(now):
            found += ("breached",)
        return found


class Deadlines(Frozen):
    """Those of one case, and what they are computed from."""

    strategies: tuple[Strategy, ...] = ()
    """The order in which sources are asked (C44)."""
    offers: dict[Strategy, Terms] = Field(default_factory=dict)
    calendars: dict[str, Calendar] = Field(default_factory=dict)
    response: Deadline | None = None
    resolution: Deadline | None = None

    @classmethod
    def of(
        cls,
        strategies: tuple[Strategy, ...],
        offers: Mapping[Strategy, Terms],
        calendars: Mapping[str, Calendar],
        now: datetime,
    ) -> "Deadlines":
        """Of a case that is submitted now."""
        kept = {name: calendar.written_out(local_day(calendar, now)) for name, calendar in calendars.items()}
        found = cls(strategies=strategies, offers=dict(offers), calendars=kept)
        return found.model_copy(
            update={"response": found._begun("response", now), "resolution": found._begun("resolution", now)}
        )

    @property
    def all(self) -> tuple[Deadline, ...]:
        return tuple(deadline for deadline in (self.response, self.resolution) if deadline)

    @property
    def alarm_at(self) -> datetime | None:
        return min((deadline.alarm_at for deadline in self.all if deadline.alarm_at), default=None)

    @property
    def next_due_at(self) -> datetime | None:
        """Of those that are running, the first to be due."""
        running = [deadline.due_at for deadline in self.all if deadline.running_since and deadline.due_at]
        return min(running, default=None)

    def calendar(self, deadline: Deadline) -> Calendar | None:
        return self.calendars[deadline.promise.calendar] if deadline.promise.calendar else None

    def remaining(self, deadline: Deadline, now: datetime) -> timedelta:
        """How much of its kind of time is left; negative when it is over."""
        if deadline.running_since and deadline.due_at:
            return _between(self.calendar(deadline), now, deadline.due_at)
        return deadline.left if deadline.missed else max(deadline.left, NOTHING)

    def moved(self, status: Status, now: datetime) -> "Deadlines":
        """The case has come to a status. Work that starts ends the response for good (C7, C47); see requirements 8."""
        response, resolution = self.response, self.resolution
        if response and status is not Status.new:
            response = self._stopped(response, now)
        if resolution:
            if status in FINISHED:
                resolution = self._stopped(resolution, now)
            elif status is Status.waiting_for_response:
                resolution = self._ceased(resolution, now, "pause")
            else:
                resolution = self._resumed(resolution, now)
        return self.model_copy(update={"response": response, "resolution": resolution})

    def at_stage(self, resolution: Term | None, now: datetime) -> "Deadlines":
        """A stage with terms of its own is a source, too, until the next such stage (C47)."""
        if resolution is None:
            return self
        offers = self.offers | {"stage": Terms(resolution=resolution)}
        return self.model_copy(update={"offers": offers}).promised_anew(now)

    def promised_anew(self, now: datetime) -> "Deadlines":
        """With the resolution that the sources promise now; what has been used of the time stays used (C47).

        Nothing has been told of that promise yet.
        """
        before, fresh = self.resolution, self._begun("resolution", now)
        if fresh is None or (before and before.promise == fresh.promise):
            return self
        if before:
            ceased = self._ceased(before, now, "terms")
            left = fresh.length - (before.length - ceased.left)
            values = {"promise": fresh.promise, "length": fresh.length, "left": left, "missed": False, "told": None}
            anew = ceased.model_copy(update=values)
            fresh = self._running(anew, now) if before.running_since else anew
        return self.model_copy(update={"resolution": fresh})

    def told(self, kind: DeadlineKind, what: Literal["approaching", "breached"]) -> "Deadlines":
        deadline: Deadline = getattr(self, kind)
        return self.model_copy(update={kind: deadline.model_copy(update={"told": what})})

    def _begun(self, kind: DeadlineKind, now: datetime) -> Deadline | None:
        """By the first source that can be computed; None where none can (C44)."""
        for promise in self._promises(kind):
            length = self._length(promise)
            deadline = Deadline(
                kind=kind,
                promise=promise,
                length=length,
                started_at=now,
                left=length,
                running_since=None,
                due_at=None,
            )
            begun = self._running(deadline, now)
            if begun.due_at:
                return begun
        return None

    def _promises(self, kind: DeadlineKind) -> Iterator[Promise]:
        """What the sources promise, in order.

        Each with the first calendar that is there: the own, then those of more general sources, then the base (C45).
        """
        terms = [(strategy, getattr(self.offers.get(strategy), kind, None)) for strategy in self.strategies]
        for place, (strategy, term) in enumerate(terms):
            if term is None:
                continue
            names = [*(each.calendar for _, each in terms[place:] if each and each.calendar), BASE]
            calendar = next((name for name in names if name in self.calendars), None)
            if not term.is_working:
                yield Promise(strategy=strategy, term=term, calendar=None)
            elif calendar:
                yield Promise(strategy=strategy, term=term, calendar=calendar)

    def _length(self, promise: Promise) -> timedelta:
        calendar = self.calendars[promise.calendar] if promise.calendar else None
        return promise.term.length(calendar.working_day if calendar else timedelta(days=1))

    def _running(self, deadline: Deadline, now: datetime) -> Deadline:
        """The clock runs from now on, with what is left. Not due ever where so much working time does not come."""
        calendar, term = self.calendar(deadline), deadline.promise.term
        lead = timedelta(minutes=term.lead_minutes) if term.lead_minutes else deadline.length / LEAD
        try:
            due_at = _after(calendar, now, deadline.left)
            approaching_at = _after(calendar, now, deadline.left - lead)
        except NeverReached:
            return deadline.model_copy(update={"running_since": now, "due_at": None, "approaching_at": None})
        if calendar and term.rounding == "end_of_day":
            due_at = end_of_day(calendar, due_at)
        values = {"running_since": now, "due_at": due_at, "approaching_at": approaching_at, "missed": False}
        return deadline.model_copy(update=values)

    def _ceased(self, deadline: Deadline, now: datetime, by: Literal["pause", "stop", "terms"]) -> Deadline:
        """The clock runs no longer; when it is due can be told only if that is past."""
        if deadline.running_since is None:
            return deadline
        missed = deadline.is_breached(now)
        run = Run(starts_at=deadline.running_since, ends_at=now, ended_by=by)
        values = {
            "left": deadline.left - _between(self.calendar(deadline), deadline.running_since, now),
            "running_since": None,
            "due_at": deadline.due_at if missed or by == "stop" else None,
            "missed": missed,
            "runs": (*deadline.runs, run)[-RUNS_KEPT:],
        }
        return deadline.model_copy(update=values)

    def _stopped(self, deadline: Deadline, now: datetime) -> Deadline:
        ceased = self._ceased(deadline, now, "stop")
        return ceased.model_copy(update={"stopped_at": ceased.stopped_at or now})

    def _resumed(self, deadline: Deadline, now: datetime) -> Deadline:
        """With what remained (D9). After a stop a new cycle begins, of which nothing is told yet."""
        if deadline.running_since:
            return deadline
        told = deadline.told
        if deadline.stopped_at:
            told = "approaching" if deadline.missed else None
        resumed = deadline.model_copy(update={"stopped_at": None, "told": told})
        return resumed.model_copy(update={"running_since": now}) if deadline.missed else self._running(resumed, now)


def _after(calendar: Calendar | None, start: datetime, amount: timedelta) -> datetime:
    return after(calendar, start, amount) if calendar else start + max(amount, NOTHING)


def _between(calendar: Calendar | None, start: datetime, end: datetime) -> timedelta:
    return between(calendar, start, end) if calendar else end - start
