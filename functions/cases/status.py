"""The seven statuses of a case, and what may be done in each, as one table (C33, D4, D8)."""

from enum import StrEnum


class Status(StrEnum):
    new = "new"
    in_progress = "in_progress"
    waiting_for_response = "waiting_for_response"
    resolved = "resolved"
    reopened = "reopened"
    closed = "closed"
    canceled = "canceled"


class Action(StrEnum):
    """What a customer can do with a case."""

    comment = "comment"
    attach = "attach"
    complain = "complain"
    cancel = "cancel"
    close = "close"
    reopen = "reopen"
    rate = "rate"


_OPEN = (Action.comment, Action.attach, Action.complain, Action.cancel)
_FINAL = (Action.comment, Action.complain, Action.rate)

ALLOWED: dict[Status, tuple[Action, ...]] = {
    Status.new: _OPEN,
    Status.in_progress: _OPEN,
    Status.waiting_for_response: (*_OPEN, Action.close, Action.reopen),
    Status.resolved: (Action.comment, Action.attach, Action.complain, Action.close, Action.reopen, Action.rate),
    Status.reopened: _OPEN,
    Status.closed: _FINAL,
    Status.canceled: _FINAL,
}
"""Without the setting that takes comments, and files with them, away from some statuses (D4)."""

CONVERSING = (Action.comment, Action.attach)
"""What that setting takes away; a complaint may bring files in every status."""

COMMENT_BLOCKED = (Status.closed, Status.canceled)
"""What that setting is where a service says nothing."""

FINISHED = frozenset({Status.resolved, Status.closed, Status.canceled})
"""No workflow runs and no task is open."""

FINAL = frozenset({Status.closed, Status.canceled})
"""Never left again (C43)."""

FROM_INSIDE: dict[Status, frozenset[Status]] = {
    Status.new: frozenset({Status.in_progress, Status.canceled}),
    Status.in_progress: frozenset({Status.waiting_for_response, Status.resolved, Status.canceled}),
    Status.waiting_for_response: frozenset({Status.in_progress, Status.canceled}),
    Status.reopened: frozenset({Status.in_progress, Status.waiting_for_response, Status.resolved, Status.canceled}),
    Status.resolved: frozenset({Status.closed}),
    Status.closed: frozenset(),
    Status.canceled: frozenset(),
}
"""Where staff and internal systems may move a case."""
