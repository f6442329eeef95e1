"""What the clock does with a case: tell of its deadlines, remind of its closing, close it. Rules only, no I/O."""

from datetime import datetime

from functions.cases.change import Change, change_of
from functions.cases.model import CLOSED_AUTOMATICALLY, Case
from functions.cases.status import Status
from functions.errors import Conflict
from functions.events import Actor, DeadlineApproaching


class NothingDue(Conflict):
    """The clock has nothing to do with the case now."""


def overtaken(case: Case, actor: Actor, now: datetime) -> Change:
    """All that is due; whatever is told, is told once of a promise in a resolution cycle."""
    change = _closed(_reminded(change_of(case, actor, now).overtaken(), now), now)
    if not change.whats:
        raise NothingDue("Nothing of this case is due now.")
    return change


def _reminded(change: Change, now: datetime) -> Change:
    """The closing tells, once, that it will come."""
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
