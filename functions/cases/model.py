"""A case and the rules about it. Each rule takes a case and answers the change that follows; no I/O.

A rule that says no raises the refusal that stands here, and nothing has changed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self

from pydantic import Field

from functions.calendars.model import Calendar
from functions.cases.deadlines import Deadlines
from functions.cases.services import Category, Service
from functions.cases.status import ALLOWED, FINAL, FINISHED, FROM_INSIDE, Action, Status
from functions.errors import Conflict, Forbidden, NotFound
from functions.events import (
    Actor,
    Audience,
    CaseCreated,
    CaseStatusChanged,
    Event,
    Frozen,
    MessagePosted,
    What,
)
from functions.moment import Moment
from functions.people.model import Person

CANCELED_BY_USER = "canceled_by_user"
CLOSED_BY_USER = "closed_by_user"
REASONS = {
    CANCELED_BY_USER: "Canceled by user",
    CLOSED_BY_USER: "Closed by user",
    "canceled_by_staff": "Canceled by staff",
    "closed_by_staff": "Closed by staff",
}
"""Reason codes for closing, and what people read (C29, C30)."""


class CaseNotFound(NotFound):
    """Unknown, or somebody else's."""

    def __init__(self) -> None:
        super().__init__("There is no such case.")


class ActionNotAllowed(Conflict):
    """Not in this status (C33)."""


class StatusConflict(Conflict):
    """The case has moved on since what the request is based on (D3)."""


class TransitionNotAllowed(Conflict):
    """Nobody inside may move a case from this status to that one."""


class ReferenceConflict(Conflict):
    """The twin has another id already; it is never overwritten silently (F17)."""


class OwnerOnly(Forbidden):
    """Only who owns the case may do this (D14)."""


class OpenTask(Frozen):
    """A task that the case waits for."""

    task_id: str
    stage: str
    title: str
    team: str
    outcomes: tuple[str, ...]
    opened_at: Moment
    due_at: Moment


class Workflow(Frozen):
    """The Step Functions execution that runs the process; `starts` numbers them, since one can follow another."""

    starts: int = 1
    running: bool = True
    resume_at: str | None = None
    """The stage with which the present one began, where it was not the first."""
    decided: bool = False
    """Whether the task of that stage had ended already."""
    outcomes: dict[str, str] = Field(default_factory=dict)
    """How the tasks so far have ended, by stage: what branches read."""

    def successor(self, resume_at: str | None, *, decided: bool, outcomes: dict[str, str]) -> "Workflow":
        return Workflow(starts=self.starts + 1, resume_at=resume_at, decided=decided, outcomes=outcomes)


class Case(Frozen):
    case_id: str
    number: str
    subject: str
    service: str
    category: Category
    status: Status
    stage: str | None
    stage_title: str | None
    owner_id: str
    owner_name: str
    system: str
    internal_ref: str | None = None
    """The id of the twin in the internal system."""
    answers: dict[str, Any]
    open_tasks: tuple[OpenTask, ...] = ()
    teams: tuple[str, ...] = ()
    """The teams that have had a task of this case; they may read it."""
    created_at: Moment
    changed_at: Moment
    first_resolution_at: Moment | None = None
    actual_resolution_at: Moment | None = None
    closed_at: Moment | None = None
    closing_reason: str | None = None
    sequence: int = 0
    """The number of its newest event."""
    status_sequence: int = 0
    """The number of the event that set its status."""
    version: int = 0
    workflow: Workflow
    deadlines: Deadlines = Deadlines()

    @property
    def allowed_actions(self) -> tuple[Action, ...]:
        return ALLOWED[self.status]

    @property
    def is_final(self) -> bool:
        return self.status in FINAL

    @property
    def execution(self) -> str:
        return f"{self.case_id}-{self.workflow.starts}"

    def require(self, action: Action) -> None:
        """Raise `ActionNotAllowed`, naming the status and what is allowed in it (C33)."""
        if action not in self.allowed_actions:
            raise ActionNotAllowed(
                f"`{action}` is not possible while the case is `{self.status}`.",
                case_status=self.status,
                allowed_actions=list(self.allowed_actions),
            )

    def resolution_times(self, now: datetime) -> dict[str, Moment]:
        """The first resolution stays what it was (D7)."""
        return {"first_resolution_at": self.first_resolution_at or now, "actual_resolution_at": now}

    @property
    def standing(self) -> tuple[str | None, bool]:
        """The stage at which a workflow that takes over begins, and whether its task has ended already."""
        decided = not self.open_tasks and self.stage in self.workflow.outcomes
        if self.open_tasks or decided:
            return self.stage, decided
        return self.workflow.resume_at, self.workflow.decided

    @property
    def is_moving(self) -> bool:
        """Whether the present workflow has brought the case on from where it began."""
        return self.standing != (self.workflow.resume_at, self.workflow.decided)

    def task(self, task_id: str) -> OpenTask | None:
        return next((task for task in self.open_tasks if task.task_id == task_id), None)


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
    cause: str | None = None
    """The id of the command that is obeyed."""

    def then(self, *whats: What, **values: Any) -> Self:
        """With more that has happened, and these values of the case set."""
        return replace(self, case=self.case.model_copy(update=values), whats=self.whats + whats)

    def moved(self, status: Status, reason: str | None = None) -> Self:
        """In another status, by which clocks run or stand; one that finishes the case ends its tasks and workflow."""
        before = self.case.status
        if status == before:
            return self
        sequence = self.case.sequence + len(self.whats) + 1
        change = self.then(
            CaseStatusChanged(before=before, after=status, reason=reason),
            status=status,
            status_sequence=sequence,
            deadlines=self.case.deadlines.moved(status, self.at),
        )
        return change.finished() if status in FINISHED else change

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
    def is_visible(self) -> bool:
        """Whether customers see anything of it."""
        return any(what.audience == "customer" for what in self.whats)


def change_of(case: Case, actor: Actor, now: datetime) -> Change:
    """Nothing yet."""
    return Change(before=case, case=case, actor=actor, at=now)


def created(
    case_id: str,
    number: str,
    service: Service,
    answers: dict[str, Any],
    owner: Person,
    now: datetime,
    calendars: Mapping[str, Calendar],
) -> Change:
    """A new case, whose first message is what the customer wrote in the form (F19, F20, C4, C9, C25, C28)."""
    text = str(answers[service.initial_message])
    case = Case(
        case_id=case_id,
        number=number,
        subject=service.subject,
        service=service.service,
        category=service.category,
        status=Status.new,
        stage=None,
        stage_title=None,
        owner_id=owner.person_id,
        owner_name=owner.name or owner.email,
        system=service.system,
        answers={name: value for name, value in answers.items() if name != service.initial_message},
        created_at=now,
        changed_at=now,
        status_sequence=1,
        workflow=Workflow(),
        deadlines=Deadlines.of(service.deadline_strategies, {"service": service.terms}, calendars, now),
    )
    message = MessagePosted(message_id=message_id(case_id, 2), text=text)
    return Change(None, case, owner.actor, now).then(CaseCreated(), message)


def message_id(case_id: str, sequence: int) -> str:
    """A message's id tells its place, so that a repeated post of it is the same message."""
    return f"msg_{case_id.removeprefix('case_')}_{sequence}"


def canceled(case: Case, actor: Actor, now: datetime) -> Change:
    """C29: all three times are the time of canceling; a first resolution there was stays (D7)."""
    case.require(Action.cancel)
    return (
        change_of(case, actor, now).moved(Status.canceled, CANCELED_BY_USER).then(**_ended(case, CANCELED_BY_USER, now))
    )


def closed(case: Case, actor: Actor, now: datetime) -> Change:
    """C30: resolution times stay as they are."""
    case.require(Action.close)
    change = change_of(case, actor, now).moved(Status.closed, CLOSED_BY_USER)
    return change.then(closed_at=now, closing_reason=CLOSED_BY_USER)


def reopened(case: Case, actor: Actor, now: datetime, resume_at: str) -> Change:
    """C31; a workflow that has ended is followed by another, which begins at that stage."""
    case.require(Action.reopen)
    change = change_of(case, actor, now).moved(Status.reopened)
    if case.workflow.running:
        return change
    return change.then(workflow=case.workflow.successor(resume_at, decided=False, outcomes={}))


def posted(
    case: Case, actor: Actor, now: datetime, text: str, audience: Audience = "customer", author_name: str | None = None
) -> Change:
    """A message. What a customer writes while we wait for it brings the case back to work (D9)."""
    if audience == "customer":
        case.require(Action.comment)
    change = change_of(case, actor, now).then(
        MessagePosted(
            message_id=message_id(case.case_id, case.sequence + 1),
            audience=audience,
            text=text,
            author_name=author_name,
        )
    )
    if actor.kind == "customer" and case.status is Status.waiting_for_response:
        return change.moved(Status.in_progress)
    return change


def set_from_inside(case: Case, actor: Actor, now: datetime, status: Status, based_on_sequence: int) -> Change:
    """A staff member or the internal system moves the case; never over what happened since (D3)."""
    if case.status_sequence > based_on_sequence:
        raise StatusConflict(
            f"The case is `{case.status}` since event {case.status_sequence}, after what this is based on.",
            case_status=case.status,
            sequence=case.status_sequence,
        )
    if status not in FROM_INSIDE[case.status]:
        raise TransitionNotAllowed(
            f"A case that is `{case.status}` cannot become `{status}`.",
            case_status=case.status,
            allowed_statuses=sorted(FROM_INSIDE[case.status]),
        )
    reason = {Status.closed: "closed_by_staff", Status.canceled: "canceled_by_staff"}.get(status)
    change = change_of(case, actor, now).moved(status, reason)
    if status is Status.resolved:
        return change.then(**case.resolution_times(now))
    if status is Status.canceled:
        return change.then(**_ended(case, "canceled_by_staff", now))
    if status is Status.closed:
        return change.then(closed_at=now, closing_reason=reason)
    return change


def linked(case: Case, actor: Actor, now: datetime, internal_ref: str) -> Change:
    """The internal system says under which id it knows the case (F17)."""
    if case.internal_ref not in (None, internal_ref):
        raise ReferenceConflict("The case is linked to another reference already.", internal_ref=case.internal_ref)
    return change_of(case, actor, now).then(internal_ref=internal_ref)


def check_reader(case: Case, person: Person) -> None:
    """Raise `CaseNotFound` unless the person owns the case or works on it (D14, G1)."""
    if case.owner_id != person.person_id and not set(case.teams) & set(person.teams):
        raise CaseNotFound


def check_owner(case: Case, person: Person) -> None:
    """Raise `CaseNotFound` for strangers and `OwnerOnly` for those who may only read (D14)."""
    check_reader(case, person)
    if case.owner_id != person.person_id:
        raise OwnerOnly("Only the owner of the case may do this.")


def allowed_actions(case: Case, person: Person) -> tuple[Action, ...]:
    """What this person may do now: owners what the status allows, others of it only what is no decision (D14)."""
    if case.owner_id == person.person_id:
        return case.allowed_actions
    return tuple(action for action in case.allowed_actions if action is Action.comment)


def _ended(case: Case, reason: str, now: datetime) -> dict[str, Any]:
    return case.resolution_times(now) | {"closed_at": now, "closing_reason": reason}
