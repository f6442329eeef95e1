"""A case, its parts, and the change that an action makes of it. Rules only, no I/O.

A rule that says no raises a refusal, and nothing has changed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Self

from pydantic import Field

from functions.cases.closing import Closing
from functions.cases.deadlines import Deadlines
from functions.cases.services import CUSTOMER, Category, Service
from functions.cases.status import ALLOWED, COMMENT_BLOCKED, CONVERSING, FINAL, FINISHED, Action, Status
from functions.cases.terms import AutoClose, Terms
from functions.errors import Conflict, FieldError, NotFound
from functions.events import (
    Actor,
    CaseStatusChanged,
    Channel,
    DeadlineApproaching,
    DeadlineBreached,
    Event,
    Frozen,
    ParticipantRole,
    TaskCompleted,
    What,
    is_empty,
    is_none,
)
from functions.moment import Moment
from functions.people.model import Person
from functions.uploads.model import Upload

CANCELED_BY_USER = "canceled_by_user"

CLOSED_BY_USER = "closed_by_user"

CLOSED_BY_STAFF = "closed_by_staff"

CLOSED_AUTOMATICALLY = "closed_automatically"

ABANDONED = "abandoned:"
"""Before the code of the reason for which staff gave up a case (D10)."""

REASONS = {
    CANCELED_BY_USER: "Canceled by user",
    CLOSED_BY_USER: "Closed by user",
    CLOSED_BY_STAFF: "Closed by staff",
    CLOSED_AUTOMATICALLY: "Closed automatically",
}
"""Reason codes for closing, and what people read (C29, C30)."""

ASKS_AGAIN_AFTER = timedelta(hours=24)
"""Nobody is asked for feedback more often (D6)."""

FIRST_MESSAGE = 2
"""The number of the event that holds what the case was created with."""


class CaseNotFound(NotFound):
    """Unknown, or somebody else's."""

    def __init__(self) -> None:
        super().__init__("There is no such case.")


class ActionNotAllowed(Conflict):
    """Not in this status (C33)."""


class FieldsLocked(Conflict):
    """What a case was saved with stays as it is (C9, C10, C23)."""


class AgreedBy(Frozen):
    """The agreement that sets the conditions of a case."""

    agreement_id: str
    title: str


class About(Frozen):
    """The configuration item that a case is about."""

    configuration_item_id: str
    name: str


class Applied(Frozen):
    """What applies to a case beside its service; locked when it is saved (C10)."""

    agreement: AgreedBy | None = None
    item: About | None = None
    terms: Terms = Terms()
    """What the agreement promises for the service."""


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
    in_vain: int = 0
    """How many in a row, up to this one, were started because the one before had ended without bringing the case on."""

    def successor(
        self, resume_at: str | None, *, decided: bool, outcomes: dict[str, str], in_vain: int = 0
    ) -> "Workflow":
        return Workflow(
            starts=self.starts + 1, resume_at=resume_at, decided=decided, outcomes=outcomes, in_vain=in_vain
        )


class Feedback(Frozen):
    """How the owner rates one resolution (C13)."""

    cycle: int
    grade: int
    notes: str | None
    given_at: Moment


class Participant(Frozen):
    """A person whom the owner lets take part in one case, and how far (A1, D14)."""

    participant_id: str
    """Of this case alone: the id of a person would tell since when they are known here."""
    person_id: str
    email: str
    """As it was given."""
    role: ParticipantRole
    until: Moment | None = None
    added_at: Moment

    def takes_part(self, now: datetime) -> bool:
        return self.until is None or now < self.until

    @property
    def is_contact(self) -> bool:
        """Staff members, whose addresses may be given as well, have no part in it but by their teams."""
        return self.person_id.startswith("contact_")


PATH_KEPT = 50


class StageVisit(Frozen):
    """A stage on the path that the case took (C5)."""

    name: str
    title: str
    entered_at: Moment


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
    channel: Channel = "portal"
    on_behalf_of: str | None = None
    """The owner's id, where somebody else created the case (F18)."""
    account_id: str | None = Field(default=None, exclude_if=is_none)
    """The organisation to which the owner belonged when it was created."""
    participants: tuple[Participant, ...] = Field(default=(), exclude_if=is_empty)
    """With those whose time is over, until the next one is added."""
    agreement: AgreedBy | None = Field(default=None, exclude_if=is_none)
    configuration_item: About | None = Field(default=None, exclude_if=is_none)
    system: str
    internal_ref: str | None = None
    """The id of the twin in the internal system."""
    answers: dict[str, Any]
    open_tasks: tuple[OpenTask, ...] = ()
    alerts: tuple[OpenTask, ...] = ()
    """Tasks that no workflow waits for: a complaint that somebody must look after."""
    path: tuple[StageVisit, ...] = ()
    """The stages that were entered, the present one last; the newest only, where there are many."""
    follows: str | None = None
    """The case that was over, and that this one goes on with."""
    messaging: bool = True
    comment_blocked: tuple[Status, ...] = COMMENT_BLOCKED
    cycle: int = 1
    """The how manieth resolution is on its way, or was reached."""
    feedback: Feedback | None = None
    """The latest."""
    feedback_by: str | None = Field(default=None, exclude_if=is_none)
    """The id of who gave it: the owner, or a delegate."""
    feedback_asked_at: Moment | None = None
    feedback_asked_cycle: int = 0
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
    erased_at: Moment | None = Field(default=None, exclude_if=is_none)
    """When its owner was erased: nobody writes to nobody any more."""
    head: str = ""
    """The link of that event in the chain of them all."""
    status_sequence: int = 0
    """The number of the event that set its status."""
    version: int = 0
    workflow: Workflow
    deadlines: Deadlines = Deadlines()
    auto_close: AutoClose | None = Field(default=None, exclude_if=is_none)
    """When it is closed by itself once it is resolved, as its service said when it was submitted."""
    closing: Closing | None = Field(default=None, exclude_if=is_none)

    @property
    def allowed_actions(self) -> tuple[Action, ...]:
        if self.erased_at:
            return ()
        mute = not self.messaging or self.status in self.comment_blocked
        return tuple(action for action in ALLOWED[self.status] if not (mute and action in CONVERSING))

    @property
    def is_final(self) -> bool:
        return self.status in FINAL

    @property
    def alarm_at(self) -> datetime | None:
        """When the sweeper has something to do about it."""
        alarms = (self.deadlines.alarm_at, self.closing.alarm_at if self.closing else None)
        return min((alarm for alarm in alarms if alarm), default=None)

    @property
    def execution(self) -> str:
        return f"{self.case_id}-{self.workflow.starts}"

    def reading(self, now: datetime) -> tuple[Participant, ...]:
        """The contacts who take part now."""
        return tuple(each for each in self.participants if each.is_contact and each.takes_part(now))

    def participant(self, person_id: str, now: datetime) -> Participant | None:
        """That person, while taking part."""
        return next((each for each in self.participants if each.person_id == person_id and each.takes_part(now)), None)

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

    def closing_of(self, status: Status, now: datetime) -> Closing | None:
        """Whether and when it is closed by itself, once it has come to that status now: anew with each resolution."""
        if self.auto_close is None or status is not Status.resolved:
            return None
        return Closing.of(self.auto_close, self.deadlines.calendars, now)

    def task(self, task_id: str) -> OpenTask | None:
        return next((task for task in self.open_tasks + self.alerts if task.task_id == task_id), None)

    def asks_feedback(self, now: datetime) -> bool:
        """One prompt per resolution, and at most one a day (D6)."""
        asked = self.feedback_asked_at
        return self.feedback_asked_cycle < self.cycle and (asked is None or asked <= now - ASKS_AGAIN_AFTER)


class Additions(Frozen):
    """When somebody has let people take part in cases, whichever these were, as far as it counts still."""

    times: tuple[Moment, ...] = ()
    version: int = 0


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
    additions: Additions | None = None
    """What the actor has used of the budget for adding people."""
    cause: str | None = None
    """The id of the command that is obeyed."""
    attached: tuple[Upload, ...] = ()
    """Uploads that are the case's from now on."""

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
        workflow = before.model_copy(update={"outcomes": outcomes})
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


def task_id(case_id: str, sequence: int) -> str:
    """A task's id tells its case, and the number of the event that opened it."""
    return f"task_{case_id.removeprefix('case_')}_{sequence}"


def participant_id(case_id: str, sequence: int) -> str:
    """A participant's id tells the case, and the number of the event that added them."""
    return f"part_{case_id.removeprefix('case_')}_{sequence}"


def message_id(case_id: str, sequence: int) -> str:
    """A message's id tells its place, so that a repeated post of it is the same message."""
    return f"msg_{case_id.removeprefix('case_')}_{sequence}"


def check_unchanged(case: Case, wanted: dict[str, str]) -> None:
    """Raise `FieldsLocked`, naming each of these fields for which another value is wanted."""
    saved = {
        "service": case.service,
        "category": case.category,
        "subject": case.subject,
        "agreement_id": case.agreement.agreement_id if case.agreement else None,
        "configuration_item_id": case.configuration_item.configuration_item_id if case.configuration_item else None,
    }
    changed = [name for name, value in wanted.items() if saved[name] != value]
    if changed:
        errors = [
            FieldError(pointer=f"/{name}", code="locked", message="cannot be changed once the case is saved")
            for name in changed
        ]
        raise FieldsLocked("What a case was saved with stays as it is.", errors=errors)


def closing_reason_title(reason: str | None, service: Service) -> str | None:
    """What people read for a code."""
    if reason and reason.startswith(ABANDONED):
        code = reason.removeprefix(ABANDONED)
        return f"Abandoned: {service.abandon_reasons.get(code, code)}"
    return REASONS.get(reason or "")
