"""The change that an action makes of a case, and what follows from it. Rules only, no I/O."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self

from functions.cases.model import Case, OpenTask
from functions.cases.services import CUSTOMER
from functions.cases.status import FINISHED, Status
from functions.events import Actor, CaseStatusChanged, DeadlineApproaching, DeadlineBreached, Event, TaskCompleted, What
from functions.people.budgets import Used
from functions.people.model import Person
from functions.uploads.model import Upload


@dataclass(frozen=True)
class Change:
    """What one action makes of a case: the case as it is then, and what has happened, in order."""

    before: Case | None
    case: Case
    actor: Actor
    at: datetime
    whats: tuple[What, ...] = ()
    opened: OpenTask | None = None
    task_token: str | None = None
    """The token of the opened task, or the new one of a task that was open."""
    ended: tuple[OpenTask, ...] = ()
    """Tasks that the case waits for no longer."""
    assigned: OpenTask | None = None
    """A task that has another team now."""
    contact: Person | None = None
    """Who becomes a contact by it."""
    additions: Used | None = None
    """What the actor has used of the budget for adding people."""
    cause: str | None = None
    """The id of the command that is obeyed."""
    attached: tuple[Upload, ...] = ()
    """Uploads that are the case's from now on."""
    unread: bool | None = None
    """Whether the process says that the case shows as unread now, to all who read it; else messages decide (D1)."""

    def then(self, *whats: What, **values: Any) -> Self:
        """With more that has happened, and these values of the case set."""
        return replace(self, case=self.case.model_copy(update=values), whats=self.whats + whats)

    def moved(self, status: Status, reason: str | None = None) -> Self:
        """In another status, by which clocks run or stand; one that finishes the case ends its tasks and workflow.

        A deadline that was missed by then is told of first: no sweep need have come by.
        """
        before = self.case.status
        if status == before:
            return self
        asks = status in FINISHED and self.case.asks_feedback(self.at)
        change = self.overtaken()
        change = change.then(
            CaseStatusChanged(before=before, after=status, reason=reason, asks_feedback=asks),
            status=status,
            status_sequence=change.case.sequence + len(change.whats) + 1,
            deadlines=change.case.deadlines.moved(status, self.at),
            closing=change.case.closing_of(status, self.at),
        )
        if before is Status.waiting_for_response and status not in FINISHED:
            change = change.answered()
        if asks:
            change = change.then(feedback_asked_at=self.at, feedback_asked_cycle=self.case.cycle)
        return change.finished() if status in FINISHED else change

    def overtaken(self) -> Self:
        """With what there is to tell of its deadlines: each once that it approaches, and once that it was missed."""
        change = self
        for deadline in self.case.deadlines.all:
            for what in deadline.reports(self.at):
                assert deadline.due_at is not None  # noqa: S101 (what reports has a due time)
                told = change.case.deadlines.told(deadline.kind, what)
                event = DeadlineApproaching if what == "approaching" else DeadlineBreached
                change = change.then(event(kind=deadline.kind, due_at=deadline.due_at), deadlines=told)
        return change

    def answered(self) -> Self:
        """The customer is waited for no longer: the workflow goes on (D9)."""
        asked = next((task for task in self.case.open_tasks if task.team == CUSTOMER), None)
        return self.completed(asked, asked.outcomes[0]) if asked else self

    def completed(self, task: OpenTask, outcome: str) -> Self:
        """With a task of the workflow ended, and its outcome where branches read it.

        Where none runs, because the case was stuck, another begins behind that decision.
        """
        before = self.case.workflow
        outcomes = before.outcomes | {task.stage: outcome}
        workflow = before.model_copy(update={"outcomes": outcomes, "decisions": before.decisions + 1})
        if not workflow.running:
            workflow = workflow.successor(task.stage, decided=True, outcomes=outcomes)
        change = self.then(
            TaskCompleted(task_id=task.task_id, stage=task.stage, outcome=outcome),
            open_tasks=tuple(other for other in self.case.open_tasks if other != task),
            workflow=workflow,
        )
        return replace(change, ended=(*self.ended, task))

    def finished(self) -> Self:
        tasks = self.case.open_tasks
        workflow = self.case.workflow.model_copy(update={"running": False})
        return replace(self.then(open_tasks=(), workflow=workflow), ended=self.ended + tasks)

    def events(self) -> list[Event]:
        """Numbered on from the case as it was."""
        first = (self.before.sequence if self.before else 0) + 1
        return [
            Event(
                case_id=self.case.case_id,
                sequence=number,
                time=self.at,
                actor=self.actor,
                cause=self.cause,
                what=what,
            )
            for number, what in enumerate(self.whats, first)
        ]

    def saved(self, acknowledged: Sequence[What] = (), cause: str | None = None) -> Self:
        """As it is written: with what its request acknowledges, and the case's numbers moved on."""
        change = replace(self.then(*acknowledged), cause=cause)
        before = self.before
        values = {
            "sequence": (before.sequence if before else 0) + len(change.whats),
            "version": (before.version if before else 0) + 1,
        }
        if change.is_visible:
            values["changed_at"] = self.at  # type: ignore[assignment]
        return change.then(**values)

    @property
    def is_nothing(self) -> bool:
        """Whether the case is as it was, and nothing has happened."""
        return self == Change(self.before, self.before or self.case, self.actor, self.at) and self.before is not None

    @property
    def is_visible(self) -> bool:
        """Whether customers see anything of it."""
        return any(what.audience == "customer" for what in self.whats)


def change_of(case: Case, actor: Actor, now: datetime) -> Change:
    """Nothing yet."""
    return Change(before=case, case=case, actor=acting(actor, case.owner_id), at=now)


def acting(actor: Actor, owner_id: str) -> Actor:
    """Whoever owns a case acts on it as its customer, staff members too (F18, D9)."""
    return actor.model_copy(update={"kind": "customer"}) if actor.id == owner_id else actor
