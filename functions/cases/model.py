"""A case and the rules about it. Each rule takes a case and answers the change that follows; no I/O.

A rule that says no raises the refusal that stands here, and nothing has changed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Self

from pydantic import Field

from functions.calendars.model import Calendar
from functions.cases.deadlines import Deadlines
from functions.cases.services import Category, Service
from functions.cases.status import ALLOWED, COMMENT_BLOCKED, FINAL, FINISHED, FROM_INSIDE, Action, Status
from functions.cases.terms import Strategy, Terms
from functions.errors import Conflict, FieldError, Forbidden, Invalid, NotFound
from functions.events import (
    Actor,
    ActorKind,
    Audience,
    CaseCreated,
    CaseStatusChanged,
    Channel,
    ComplaintFiled,
    Event,
    FeedbackGiven,
    Frozen,
    MessagePosted,
    TaskOpened,
    What,
    is_none,
)
from functions.moment import Moment
from functions.people.model import Person

CANCELED_BY_USER = "canceled_by_user"
CLOSED_BY_USER = "closed_by_user"
CLOSED_BY_STAFF = "closed_by_staff"
ABANDONED = "abandoned:"
"""Before the code of the reason for which staff gave up a case (D10)."""
REASONS = {
    CANCELED_BY_USER: "Canceled by user",
    CLOSED_BY_USER: "Closed by user",
    CLOSED_BY_STAFF: "Closed by staff",
}
"""Reason codes for closing, and what people read (C29, C30)."""

ASKS_AGAIN_AFTER = timedelta(hours=24)
"""Nobody is asked for feedback more often (D6)."""
COMPLAINT_DUE_IN = timedelta(days=2)
COMPLAINT = "complaint"
"""The stage that the task of a complaint names, though no workflow waits for it."""
CHANNELS: dict[ActorKind, Channel] = {
    "customer": "portal",
    "staff": "staff",
    "system": "system",
    "workflow": "system",
    "clock": "system",
}
"""Through which door a case comes, by who creates it."""

FIRST_MESSAGE = 2
"""The number of the event that holds what the case was created with."""


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


class MessagingNotEnabled(Conflict):
    """The process of this service takes no messages (F10)."""


class ReasonUnknown(Invalid):
    pass


class NotFinal(Conflict):
    """Only a case that is over can be followed by another (C43)."""


class FieldsLocked(Conflict):
    """What a case was saved with stays as it is (C9, C10, C23)."""


class OwnerUnknown(Invalid):
    """A case is created on behalf of a contact who is known here (F18)."""

    def __init__(self) -> None:
        error = FieldError(pointer="/owner", code="unknown", message="is no contact of this portal")
        super().__init__("There is no such contact.", errors=[error])


class OwnerOnly(Forbidden):
    """Only who owns the case may do this (D14)."""


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

    def successor(self, resume_at: str | None, *, decided: bool, outcomes: dict[str, str]) -> "Workflow":
        return Workflow(starts=self.starts + 1, resume_at=resume_at, decided=decided, outcomes=outcomes)


class Feedback(Frozen):
    """How the owner rates one resolution (C13)."""

    cycle: int
    grade: int
    notes: str | None
    given_at: Moment


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
    status_sequence: int = 0
    """The number of the event that set its status."""
    version: int = 0
    workflow: Workflow
    deadlines: Deadlines = Deadlines()

    @property
    def allowed_actions(self) -> tuple[Action, ...]:
        mute = not self.messaging or self.status in self.comment_blocked
        return tuple(action for action in ALLOWED[self.status] if not (mute and action is Action.comment))

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
        return next((task for task in self.open_tasks + self.alerts if task.task_id == task_id), None)

    def asks_feedback(self, now: datetime) -> bool:
        """One prompt per resolution, and at most one a day (D6)."""
        asked = self.feedback_asked_at
        return self.feedback_asked_cycle < self.cycle and (asked is None or asked <= now - ASKS_AGAIN_AFTER)


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
        asks = status in FINISHED and self.case.asks_feedback(self.at)
        change = self.then(
            CaseStatusChanged(before=before, after=status, reason=reason, asks_feedback=asks),
            status=status,
            status_sequence=self.case.sequence + len(self.whats) + 1,
            deadlines=self.case.deadlines.moved(status, self.at),
        )
        if asks:
            change = change.then(feedback_asked_at=self.at, feedback_asked_cycle=self.case.cycle)
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
    by: Actor,
    applied: Applied,
    now: datetime,
    calendars: Mapping[str, Calendar],
    follows: str | None = None,
) -> Change:
    """A new case, whose first message is what was written in the form (F19, F20, C4, C9, C25, C28).

    Its owner is who should see it, whoever created it (F18).
    """
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
        channel=CHANNELS[by.kind],
        on_behalf_of=None if by.id == owner.person_id else owner.person_id,
        agreement=applied.agreement,
        configuration_item=applied.item,
        system=service.system,
        follows=follows,
        messaging=service.messaging,
        comment_blocked=service.comment_blocked,
        answers={name: value for name, value in answers.items() if name != service.initial_message},
        created_at=now,
        changed_at=now,
        status_sequence=1,
        workflow=Workflow(),
        deadlines=promised(service, applied, calendars, now),
    )
    message = MessagePosted(message_id=message_id(case_id, FIRST_MESSAGE), text=text)
    creation = CaseCreated(channel=case.channel, on_behalf_of=case.on_behalf_of)
    return Change(None, case, by, now).then(creation, message)


def promised(service: Service, applied: Applied, calendars: Mapping[str, Calendar], now: datetime) -> Deadlines:
    """The deadlines of a case that is submitted now: by its agreement, or else by its service (C25, C44)."""
    offers: dict[Strategy, Terms] = {"agreement": applied.terms, "service": service.terms}
    return Deadlines.of(service.deadline_strategies, offers, calendars, now)


def task_id(case_id: str, sequence: int) -> str:
    """A task's id tells its case, and the number of the event that opened it."""
    return f"task_{case_id.removeprefix('case_')}_{sequence}"


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
    change = change_of(case, actor, now).moved(Status.reopened).then(cycle=case.cycle + (case.status in FINISHED))
    if case.workflow.running:
        return change
    return change.then(workflow=case.workflow.successor(resume_at, decided=False, outcomes={}))


def posted(
    case: Case, actor: Actor, now: datetime, text: str, audience: Audience = "customer", author_name: str | None = None
) -> Change:
    """A message. What a customer writes while we wait for it brings the case back to work (D9)."""
    if audience == "customer":
        if not case.messaging:
            raise MessagingNotEnabled("Messaging is not enabled for this process.")
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


def set_from_inside(
    case: Case,
    actor: Actor,
    now: datetime,
    status: Status,
    based_on_sequence: int,
    reason: str | None,
    service: Service,
) -> Change:
    """A staff member or the internal system moves the case; never over what happened since (D3).

    Giving it up takes one of the service's reasons (D10).
    """
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
    _check_reason(status, reason, service)
    nothing = change_of(case, actor, now)
    if status is Status.canceled:
        abandoned = f"{ABANDONED}{reason}"
        return nothing.moved(status, abandoned).then(**_ended(case, abandoned, now))
    if status is Status.closed:
        return nothing.moved(status, CLOSED_BY_STAFF).then(closed_at=now, closing_reason=CLOSED_BY_STAFF)
    change = nothing.moved(status)
    return change.then(**case.resolution_times(now)) if status is Status.resolved else change


def linked(case: Case, actor: Actor, now: datetime, internal_ref: str) -> Change:
    """The internal system says under which id it knows the case (F17)."""
    if case.internal_ref not in (None, internal_ref):
        raise ReferenceConflict("The case is linked to another reference already.", internal_ref=case.internal_ref)
    return change_of(case, actor, now).then(internal_ref=internal_ref)


def complained(case: Case, actor: Actor, now: datetime, text: str, service: Service) -> Change:
    """Taken in every status, which it does not change; somebody is made to look after it (C39, C40, C41)."""
    case.require(Action.complain)
    complaint = ComplaintFiled(message_id=message_id(case.case_id, case.sequence + 1), text=text)
    change = change_of(case, actor, now).then(complaint)
    if case.alerts:
        return change
    alert = OpenTask(
        task_id=task_id(case.case_id, case.sequence + 2),
        stage=COMPLAINT,
        title=f"A complaint about {case.number}",
        team=service.complaints_to,
        outcomes=("HANDLED",),
        opened_at=now,
        due_at=now + COMPLAINT_DUE_IN,
    )
    event = TaskOpened(**alert.model_dump(exclude={"opened_at"}))
    teams = tuple(dict.fromkeys((*case.teams, alert.team)))
    return replace(change.then(event, alerts=(alert,), teams=teams), opened=alert)


def rated(case: Case, actor: Actor, now: datetime, grade: int, notes: str | None) -> Change:
    """How the resolution of this cycle was; given again, the later counts (C13, C14, D5, D6)."""
    case.require(Action.rate)
    feedback = Feedback(cycle=case.cycle, grade=grade, notes=notes, given_at=now)
    given = FeedbackGiven(cycle=case.cycle, grade=grade, notes=notes)
    return change_of(case, actor, now).then(given, feedback=feedback)


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


def works_on(case: Case, person: Person) -> bool:
    """Whether a team of the person has, or had, a task of the case; owning it is another thing."""
    return person.is_staff and bool(set(case.teams) & set(person.teams))


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


def closing_reason_title(reason: str | None, service: Service) -> str | None:
    """What people read for a code."""
    if reason and reason.startswith(ABANDONED):
        code = reason.removeprefix(ABANDONED)
        return f"Abandoned: {service.abandon_reasons.get(code, code)}"
    return REASONS.get(reason or "")


def _check_reason(status: Status, reason: str | None, service: Service) -> None:
    if reason in service.abandon_reasons if status is Status.canceled else reason is None:
        return
    wanted = ", ".join(service.abandon_reasons) if status is Status.canceled else "given for `canceled` only"
    error = FieldError(pointer="/reason", code="enum", message=f"must be {wanted}")
    raise ReasonUnknown("The reason is not one of this service's.", errors=[error])


def _ended(case: Case, reason: str, now: datetime) -> dict[str, Any]:
    return case.resolution_times(now) | {"closed_at": now, "closing_reason": reason}
