"""What the clock tells of a case: that a deadline approaches, or was missed. Rules only, no I/O."""

from datetime import datetime

from functions.cases.model import Case, Change, change_of
from functions.errors import Conflict
from functions.events import Actor, DeadlineApproaching, DeadlineBreached

_EVENTS: dict[str, type[DeadlineApproaching | DeadlineBreached]] = {
    "approaching": DeadlineApproaching,
    "breached": DeadlineBreached,
}


class NothingDue(Conflict):
    """No deadline of the case has anything to tell now."""


def reminded(case: Case, actor: Actor, now: datetime) -> Change:
    """Each deadline tells that it approaches, and that it was missed, once in a resolution cycle."""
    change = change_of(case, actor, now)
    for deadline in case.deadlines.all:
        for what in deadline.reports(now):
            assert deadline.due_at is not None  # noqa: S101 (what reports has a due time)
            told = change.case.deadlines.told(deadline.kind, what)
            change = change.then(_EVENTS[what](kind=deadline.kind, due_at=deadline.due_at), deadlines=told)
    if not change.whats:
        raise NothingDue("No deadline of this case has anything to tell now.")
    return change
