"""What each verb makes of a case, from create to rate. Rules only, no I/O."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from functions.calendars.model import Calendar
from functions.cases.change import Change, acting, change_of
from functions.cases.deadlines import Deadlines
from functions.cases.model import (
    ABANDONED,
    CANCELED_BY_USER,
    CLOSED_BY_STAFF,
    CLOSED_BY_USER,
    FIRST_MESSAGE,
    Applied,
    Case,
    Feedback,
    OpenTask,
    Workflow,
    message_id,
    task_id,
)
from functions.cases.services import Service
from functions.cases.status import FINISHED, FROM_INSIDE, Action, Status
from functions.cases.terms import Strategy, Terms
from functions.errors import Conflict, FieldError, Invalid
from functions.events import (
    Actor,
    ActorKind,
    Attachment,
    Audience,
    CaseCreated,
    Channel,
    ComplaintFiled,
    FeedbackGiven,
    MessagePosted,
    TaskOpened,
    Via,
)
from functions.people.model import Person
from functions.uploads.model import Files, Upload, attached

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


class OwnerUnknown(Invalid):
    """A case is created on behalf of a contact who is known here, and given to nobody who is being erased (F18)."""

    def __init__(self, place: str = "/owner") -> None:
        error = FieldError(pointer=place, code="unknown", message="is no contact of this portal")
        super().__init__("There is no such contact.", errors=[error])


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
    files: Files = (),
) -> Change:
    """A new case, whose first message is what was written in the form (F19, F20, C4, C9, C25, C28).

    Its owner is who should see it, whoever created it (F18).
    """
    by = acting(by, owner.person_id)
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
        account_id=owner.account_id,
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
        auto_close=service.auto_close,
    )
    uploads = attached(files, by.id, case_id, now)
    message = MessagePosted(message_id=message_id(case_id, FIRST_MESSAGE), text=text, attachments=_attachments(uploads))
    creation = CaseCreated(channel=case.channel, on_behalf_of=case.on_behalf_of)
    unread = service.variables.unread or None
    return Change(None, case, by, now, attached=uploads, unread=unread).then(creation, message)


def promised(service: Service, applied: Applied, calendars: Mapping[str, Calendar], now: datetime) -> Deadlines:
    """The deadlines of a case that is submitted now: by its agreement, or else by its service (C25, C44)."""
    offers: dict[Strategy, Terms] = {"agreement": applied.terms, "service": service.terms}
    return Deadlines.of(service.deadline_strategies, offers, calendars, now)


def canceled(case: Case, actor: Actor, now: datetime) -> Change:
    """C29: all three times are the time of canceling; a first resolution there was stays (D7). Twice is once (C34)."""
    if (case.status, case.closing_reason) == (Status.canceled, CANCELED_BY_USER):
        return change_of(case, actor, now)
    case.require(Action.cancel)
    return (
        change_of(case, actor, now).moved(Status.canceled, CANCELED_BY_USER).then(**_ended(case, CANCELED_BY_USER, now))
    )


def closed(case: Case, actor: Actor, now: datetime) -> Change:
    """C30: resolution times stay as they are. Twice is once (C34)."""
    if (case.status, case.closing_reason) == (Status.closed, CLOSED_BY_USER):
        return change_of(case, actor, now)
    case.require(Action.close)
    change = change_of(case, actor, now).moved(Status.closed, CLOSED_BY_USER)
    return change.then(closed_at=now, closing_reason=CLOSED_BY_USER)


def reopened(case: Case, actor: Actor, now: datetime, resume_at: str) -> Change:
    """C31; a workflow that has ended is followed by another, which begins at that stage. Twice is once (C34)."""
    if case.status is Status.reopened:
        return change_of(case, actor, now)
    case.require(Action.reopen)
    change = change_of(case, actor, now).moved(Status.reopened).then(cycle=case.cycle + (case.status in FINISHED))
    if case.workflow.running:
        return change
    return change.then(workflow=case.workflow.successor(resume_at, decided=False, outcomes={}))


def posted(
    case: Case,
    actor: Actor,
    now: datetime,
    text: str,
    audience: Audience = "customer",
    author_name: str | None = None,
    via: Via | None = None,
    left_out: int | None = None,
    files: Files = (),
) -> Change:
    """A message. What a customer writes while we wait for it brings the case back to work (D9)."""
    case.check_kept()
    if audience == "customer":
        if not case.messaging:
            raise MessagingNotEnabled("Messaging is not enabled for this process.")
        case.require(Action.comment)
        if files:
            case.require(Action.attach)
    uploads = attached(files, actor.id, case.case_id, now)
    message = MessagePosted(
        message_id=message_id(case.case_id, case.sequence + 1),
        audience=audience,
        text=text,
        author_name=author_name,
        attachments=_attachments(uploads),
        via=via,
        left_out=left_out,
    )
    change = replace(change_of(case, actor, now).then(message), attached=uploads)
    if change.actor.kind == "customer" and case.status is Status.waiting_for_response:
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


def complained(case: Case, actor: Actor, now: datetime, text: str, service: Service, files: Files = ()) -> Change:
    """Taken in every status, which it does not change; somebody is made to look after it (C39, C40, C41)."""
    case.require(Action.complain)
    uploads = attached(files, actor.id, case.case_id, now)
    complaint = ComplaintFiled(
        message_id=message_id(case.case_id, case.sequence + 1), text=text, attachments=_attachments(uploads)
    )
    change = replace(change_of(case, actor, now).then(complaint), attached=uploads)
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
    return change_of(case, actor, now).then(given, feedback=feedback, feedback_by=actor.id)


def _check_reason(status: Status, reason: str | None, service: Service) -> None:
    if reason in service.abandon_reasons if status is Status.canceled else reason is None:
        return
    wanted = ", ".join(service.abandon_reasons) if status is Status.canceled else "given for `canceled` only"
    error = FieldError(pointer="/reason", code="enum", message=f"must be {wanted}")
    raise ReasonUnknown("The reason is not one of this service's.", errors=[error])


def _ended(case: Case, reason: str, now: datetime) -> dict[str, Any]:
    return case.resolution_times(now) | {"closed_at": now, "closing_reason": reason}


def _attachments(uploads: tuple[Upload, ...]) -> tuple[Attachment, ...]:
    return tuple(upload.attachment for upload in uploads)
