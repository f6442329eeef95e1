"""What the clock does with a case: tell of its deadlines, remind of its closing, close it. Rules only, no I/O."""

from datetime import datetime

from functions.cases.model import CLOSED_AUTOMATICALLY, Case, Change, change_of
from functions.cases.status import Status
from functions.errors import Conflict
from functions.events import Actor, DeadlineApproaching, DeadlineBreached

_EVENTS: dict[str, type[DeadlineApproaching | DeadlineBreached]] = {
    "approaching": DeadlineApproaching,
    "breached": DeadlineBreached,
}


class NothingDue(Conflict):
    """The clock has nothing to do with the case now."""


def overtaken(case: Case, actor: Actor, now: datetime) -> Change:
    """All that is due; whatever is told, is told once in a resolution cycle."""
    change = _closed(_reminded(change_of(case, actor, now), now), now)
    if not change.whats:
        raise NothingDue("Nothing of this case is due now.")
    return change


def _reminded(change: Change, now: datetime) -> Change:
    """Each deadline tells that it approaches, and that it was missed; the closing, that it will come."""
    for deadline in change.case.deadlines.all:
        for what in deadline.reports(now):
            assert deadline.due_at is not None  # noqa: S101 (what reports has a due time)
            told = change.case.deadlines.told(deadline.kind, what)
            change = change.then(_EVENTS[what](kind=deadline.kind, due_at=deadline.due_at), deadlines=told)
    closing = change.case.closing
    if closing and closing.reminds(now):
        told_of = DeadlineApproaching(audience="customer", kind="closing", due_at=closing.closes_at)
        change = change.then(told_of, closing=closing.reminded)
    return change


def _closed(change: Change, now: datetime) -> Change:
    """A case that has stayed resolved for so long; its resolution times stay as they are."""
    closing = change.case.closing
    if closing is None or not closing.is_due(now):
        return change
    return change.moved(Status.closed, CLOSED_AUTOMATICALLY).then(closed_at=now, closing_reason=CLOSED_AUTOMATICALLY)
