"""What erasing a person means for their cases, and the receipt of it. Rules only, no I/O."""

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal, Self

from functions.cases.change import Change, change_of
from functions.cases.model import Case
from functions.cases.status import FINISHED
from functions.errors import Conflict, NotFound
from functions.events import Actor, ContactErased, Frozen
from functions.moment import Moment

BEGINS_AFTER = timedelta(minutes=1)
"""When every request is over that has read the person before: none takes so long."""
NAMED = 25
"""Open cases that a refusal names."""


class CasesOpen(Conflict):
    """Somebody still works on a case of this person: first it must come to its end."""

    def __init__(self, numbers: Sequence[str]) -> None:
        super().__init__("Cases of this person are open; resolve or cancel them first.", cases=numbers[:NAMED])


class ErasureNotFound(NotFound):
    def __init__(self) -> None:
        super().__init__("There is no such receipt.")


class Erasure(Frozen):
    """How far the erasure of a person has come. At the end nothing personal is in it: it is the receipt."""

    receipt_id: str
    contact_id: str
    address_ref: str | None
    """Where the person's e-mail address is kept, until it is not any more."""
    requested_at: Moment
    requested_by: Actor
    state: Literal["running", "done"] = "running"
    finished_at: Moment | None = None
    cases: int = 0
    events: int = 0
    digest: str = ""
    """SHA-256 of the one before it and the link of `contact.erased`, case by case as they were erased."""
    case_id: str | None = None
    """The case at hand."""
    position: int = 0
    """The number of the last event that was dealt with in it."""
    waits_for: str | None = None
    """The number of a case that is open still, and has to come to its end."""
    version: int = 1

    def position_in(self, case_id: str) -> int:
        """None of another case than the one at hand, which may have left the person's list meanwhile."""
        return self.position if case_id == self.case_id else 0

    def advanced(self, events: int, case_id: str, position: int) -> Self:
        """Some events of a case are erased, others are not yet."""
        return self._next(events=self.events + events, case_id=case_id, position=position)

    def with_case(self, events: int, link: str) -> Self:
        """All of a case is."""
        digest = hashlib.sha256(f"{self.digest}{link}".encode()).hexdigest()
        return self._next(cases=self.cases + 1, events=self.events + events, case_id=None, position=0, digest=digest)

    def waiting(self, number: str | None) -> Self:
        return self._next(waits_for=number)

    def going_on(self) -> Self:
        return self._next()

    def done(self, now: datetime) -> Self:
        return self._next(state="done", finished_at=now, address_ref=None, waits_for=None)

    def _next(self, **values: object) -> Self:
        return self.model_copy(update={**values, "version": self.version + 1})


def is_worked_on(case: Case, contact_id: str) -> bool:
    """Whether it is the person's own and open, as after a delegate has reopened it: it is passed over."""
    return case.owner_id == contact_id and case.status not in FINISHED


def erased_from(case: Case, erasure: Erasure, now: datetime, needed: Collection[str]) -> Change:
    """The case without what is personal of its owner; the timeline says that it is so, and the internal system hears.

    A complaint that is open in it ends without an outcome: nobody can read it any more.

    In another's case the person takes part no longer, and their notes of feedback go; the rest there are events. Where
    they have submitted it, when it was theirs, their answers go but those that are `needed`: its workflow reads them.
    """
    what = ContactErased(contact_id=erasure.contact_id, receipt_id=erasure.receipt_id)
    change = change_of(case, erasure.requested_by, now).then(what)
    is_theirs = case.owner_id == erasure.contact_id
    if case.feedback and (is_theirs or case.feedback_by == erasure.contact_id):
        change = change.then(feedback=case.feedback.model_copy(update={"notes": None}))
    item = case.configuration_item.model_copy(update={"name": ""}) if case.configuration_item else None
    if is_theirs:
        closing = case.closing.reminded if case.closing else None  # it closes as ever, but nobody could reopen it
        change = change.then(owner_name="", answers={}, configuration_item=item, closing=closing, erased_at=now)
        return replace(change.then(alerts=()), ended=case.alerts)
    if case.submitted_by == erasure.contact_id:
        left = {name: answer for name, answer in case.answers.items() if name in needed}
        change = change.then(answers=left, configuration_item=item)
    others = tuple(each for each in case.participants if each.person_id != erasure.contact_id)
    return change.then(participants=others)


def concerns(event: str, case: Case, contact_id: str) -> bool:
    """Whether an event, given as JSON, goes with the person: all of their own cases do."""
    if case.owner_id == contact_id:
        return True
    found = json.loads(event)
    return contact_id in (found["actor"]["id"], found["what"].get("person_id"))
