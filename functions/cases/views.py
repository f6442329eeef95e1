"""What people see of a case: one model for each kind of reader, with nothing that it does not name."""

from collections.abc import Callable
from typing import Any, Literal

from pydantic import Field

from functions.cases import services
from functions.cases.change import Change
from functions.cases.deadlines import Deadline, Deadlines
from functions.cases.explanations import Line, duration, explanation
from functions.cases.lists import CaseEntry, ReadMark, is_news
from functions.cases.model import (
    About,
    AgreedBy,
    Case,
    Feedback,
    OpenTask,
    Participant,
    closing_reason_title,
)
from functions.cases.policy import Reader
from functions.cases.services import Category, Service
from functions.cases.stages import ahead
from functions.cases.status import Action, Status
from functions.cases.tasks import Task
from functions.cases.terms import Strategy
from functions.cases.timeline import TrackedEvent
from functions.clock import now
from functions.events import (
    Attachment,
    Audience,
    Channel,
    DeadlineKind,
    Event,
    Frozen,
    Message,
    MessagePosted,
    ParticipantRole,
    Via,
    attachments_of,
    is_none,
)
from functions.http import etag
from functions.moment import Moment
from functions.obeyed import Shown
from functions.people.model import Person
from functions.settings import settings


class ServiceView(Frozen):
    """A service that can be asked for, and its form."""

    service: str
    title: str
    description: str
    category: Category
    form: dict[str, Any]
    """`schema`: JSON Schema 2020-12 of the answers; `ui`: order and help."""

    @classmethod
    def of(cls, service: Service) -> "ServiceView":
        return cls(
            service=service.service,
            title=service.title,
            description=service.description,
            category=service.category,
            form=service.form(),
        )


class ServicesView(Frozen):
    """The services that can be asked for."""

    data: list[ServiceView]


class AuthorView(Frozen):
    kind: Literal["customer", "organisation"]
    name: str


class AttachmentView(Frozen):
    """A file in the conversation, as a link: whoever follows it as its reader downloads the file (C38)."""

    attachment_id: str
    name: str
    size: int
    content_type: str
    sha256: str
    href: str
    """Relative to the address of the API."""

    @classmethod
    def of(cls, attachment: Attachment, case_id: str) -> "AttachmentView":
        href = f"v1/cases/{case_id}/attachments/{attachment.attachment_id}"
        return cls(**attachment.model_dump(), href=href)


class MessageView(Frozen):
    """A message of the conversation, as its reader sees it."""

    message_id: str
    sequence: int
    kind: Literal["comment", "complaint"]
    audience: Audience
    author: AuthorView
    text: str
    created_at: Moment
    delivery: Literal["incoming", "pending", "sent", "unsent"]
    """Of a customer's message: whether the internal system has been told of it (F27)."""
    attachment_count: int
    first_attachment: AttachmentView | None
    """All of them are in the message's own view (C17)."""
    via: Via | None = Field(default=None, exclude_if=is_none)
    """`mail`: it came as the answer to a mail."""
    left_out: int | None = Field(default=None, exclude_if=is_none)
    """How many files came with that mail; they must be uploaded."""

    @classmethod
    def of(cls, entry: TrackedEvent, reader: Reader) -> "MessageView":
        """Of a message's event."""
        event = entry.event
        message = event.what
        assert isinstance(message, Message)  # noqa: S101 (callers read the rows of messages only)
        attachments = [AttachmentView.of(each, event.case_id) for each in message.attachments]
        return cls(
            delivery=entry.delivery if event.actor.kind == "customer" else "incoming",
            message_id=message.message_id,
            sequence=event.sequence,
            kind=message.kind,
            audience=message.audience,
            author=author_of(event, reader, message.author_name),
            text=message.text,
            created_at=event.time,
            attachment_count=len(attachments),
            first_attachment=attachments[0] if attachments else None,
            **(message.model_dump(include={"via", "left_out"}) if isinstance(message, MessagePosted) else {}),
        )


class WholeMessageView(MessageView):
    """A message with all that it brings along: what is behind “Read more” (C17)."""

    attachments: list[AttachmentView]

    @classmethod
    def of(cls, entry: TrackedEvent, reader: Reader) -> "WholeMessageView":
        message = MessageView.of(entry, reader)
        attachments = attachments_of(entry.event.what)
        return cls(**dict(message), attachments=[AttachmentView.of(each, entry.event.case_id) for each in attachments])


class StageView(Frozen):
    name: str
    title: str


class PathStageView(Frozen):
    """A stage of the path: where the case was, stands, or is expected to come; one that is over stands nowhere (C5)."""

    name: str
    title: str
    state: Literal["done", "current", "future"]
    entered_at: Moment | None
    """None of one that lies ahead."""

    @classmethod
    def path(cls, case: Case, service: Service) -> "list[PathStageView]":
        here = None if case.is_final else len(case.path) - 1
        taken = [
            cls(**visit.model_dump(), state="current" if place == here else "done")
            for place, visit in enumerate(case.path)
        ]
        titles = ((name, service.stages[name].title) for name in ahead(case, service))
        return [*taken, *(cls(name=name, title=title, state="future", entered_at=None) for name, title in titles)]


class DeadlineView(Frozen):
    """Until when something is promised, and how that was computed (C7, C8, C46)."""

    kind: DeadlineKind
    """`response`: until work starts; `resolution`: until the case is resolved."""
    started_at: Moment
    due_at: Moment | None
    """None while it is paused, since nobody knows yet for how long."""
    time_zone: str
    """Of the calendar that counts; UTC where time counts day and night."""
    remaining: str
    """Of the time that counts, as an ISO 8601 duration; negative when overdue."""
    paused: bool
    stopped_at: Moment | None
    breached: bool
    promised_by: Strategy
    explanation: list[Line]

    @classmethod
    def of(cls, deadlines: Deadlines, deadline: Deadline) -> "DeadlineView":
        moment, calendar = now(), deadlines.calendar(deadline)
        breached = deadline.is_breached(moment)
        return cls(
            kind=deadline.kind,
            started_at=deadline.started_at,
            due_at=deadline.due_at,
            time_zone=calendar.time_zone if calendar else "UTC",
            remaining=duration(deadlines.remaining(deadline, moment), negative=breached),
            paused=deadline.is_paused,
            stopped_at=deadline.stopped_at,
            breached=breached,
            promised_by=deadline.promise.strategy,
            explanation=explanation(deadlines, deadline),
        )


class PreviewView(Frozen):
    """What a case would be saved with, were it submitted now."""

    service: str
    subject: str
    category: Category
    agreement: AgreedBy | None = Field(default=None, exclude_if=is_none)
    """The one that applies; absent where one of several `candidates` must be chosen first."""
    candidates: tuple[AgreedBy, ...] | None = Field(default=None, exclude_if=is_none)
    configuration_item: About | None = Field(default=None, exclude_if=is_none)
    deadlines: list[DeadlineView]


class CaseView(Frozen):
    """A case as its customer sees it."""

    case_id: str
    number: str
    subject: str
    service: str
    category: Category
    channel: Channel
    """Through which door it came: the portal, staff, or an internal system, on the owner's behalf."""
    agreement: AgreedBy | None = Field(default=None, exclude_if=is_none)
    """Where this portal has agreements."""
    configuration_item: About | None = Field(default=None, exclude_if=is_none)
    status: Status
    stage: StageView | None
    answers: dict[str, Any]
    created_at: Moment
    changed_at: Moment
    first_resolution_at: Moment | None
    actual_resolution_at: Moment | None
    closed_at: Moment | None
    closes_at: Moment | None = Field(default=None, exclude_if=is_none)
    """When it is closed by itself, unless it is reopened; absent where it is not."""
    deadlines: list[DeadlineView]
    closing_reason: str | None
    """A stable code; `closing_reason_title` is what people read."""
    closing_reason_title: str | None
    follows: str | None
    """The id of the case that was over, and that this one goes on with."""
    stages: list[PathStageView]
    """Where the case was, where it stands, and where the process leads from here if all goes as expected."""
    feedback: Feedback | None
    """What its customer has said of the latest resolution."""
    has_open_complaint: bool
    delivery: Literal["pending", "acknowledged"]
    """Whether the internal system has said that it works on the case; until then it is on its way (F28)."""
    sequence: int
    """The number of the newest event."""
    allowed_actions: tuple[Action, ...]

    @classmethod
    def of(cls, case: Case, reader: Reader) -> "CaseView":
        return cls(**_shared(case, reader))


def shown_to(reader: Person) -> Callable[[Change], Shown]:
    """How a change of a case is answered."""

    def show(change: Change) -> Shown:
        case = change.case
        return Shown(CaseView.of(case, Reader.of(case, reader, now())), {"ETag": etag(case.version)})

    return show


class CaseWithMessagesView(CaseView):
    """A case with its conversation's newest 25 messages, oldest of them first."""

    unread: bool
    unread_count: int
    """How many of these messages are by others and behind my mark (D1)."""
    last_read_sequence: int
    messages: list[MessageView]


class StaffCaseView(CaseWithMessagesView):
    """A case as those who work on it see it."""

    owner: str
    internal_ref: str | None
    open_tasks: tuple[OpenTask, ...]


def case_with_messages(
    case: Case, reader: Reader, mark: ReadMark, messages: list[TrackedEvent]
) -> CaseWithMessagesView:
    behind = (entry.event for entry in messages if mark.unread and entry.event.sequence > mark.read_sequence)
    seen = {
        "unread": mark.unread,
        "unread_count": sum(is_news(event, reader.person_id) for event in behind),
        "last_read_sequence": mark.read_sequence,
        "messages": [MessageView.of(entry, reader) for entry in messages],
    }
    if not reader.inside:
        return CaseWithMessagesView(**_shared(case, reader), **seen)
    more = {"owner": case.owner_name, "internal_ref": case.internal_ref, "open_tasks": case.open_tasks + case.alerts}
    return StaffCaseView(**_shared(case, reader), **seen, **more)


class CaseEntryView(CaseEntry):
    """A case in a list."""

    unread: bool


class UnreadView(Frozen):
    """How much is unread."""

    unread: int
    """Cases with something unread, counted up to 100."""


class SummaryView(Frozen):
    """What a customer's first page shows."""

    cases: list[CaseEntryView]
    """Of one's own, the five that changed last."""
    unread: int
    """Cases of mine and shared with me with something unread, counted up to 100."""
    services_href: str = "v1/services"
    """What can be asked for. Relative to the address of the API, as the next."""
    new_case_href: str = "v1/cases"
    """To where a new case is posted."""


class ParticipantView(Frozen):
    """Who takes part in a case, how far, and until when."""

    participant_id: str
    name: str
    """The address that was given; the beginning of it, where the reader does not share the case."""
    role: ParticipantRole
    until: Moment | None
    """Not at that time any more."""
    added_at: Moment
    is_you: bool

    @classmethod
    def of(cls, participant: Participant, reader: Reader) -> "ParticipantView":
        return cls(
            participant_id=participant.participant_id,
            name=reader.name(participant.email, participant.person_id),
            role=participant.role,
            until=participant.until,
            added_at=participant.added_at,
            is_you=participant.person_id == reader.person_id,
        )


class ParticipantsView(Frozen):
    """With whom a case is shared."""

    data: list[ParticipantView]

    @classmethod
    def of(cls, case: Case, reader: Reader) -> "ParticipantsView":
        return cls(data=[ParticipantView.of(each, reader) for each in case.participants])


class TaskView(Task):
    """A task as staff see it."""


def author_of(event: Event, reader: Reader, shown_as: str | None = None) -> AuthorView:
    """Who works on the case sees who it was (A24); for its customer everybody inside is the organisation (G2)."""
    if event.actor.kind == "customer":
        return AuthorView(kind="customer", name=reader.name(event.actor.name, event.actor.id))
    own_name = event.actor.name if reader.inside else settings.portal_name
    return AuthorView(kind="organisation", name=shown_as or own_name)


def _shared(case: Case, reader: Reader) -> dict[str, Any]:
    service = services.get(case.service)
    return {
        "case_id": case.case_id,
        "number": case.number,
        "subject": case.subject,
        "service": case.service,
        "category": case.category,
        "channel": case.channel,
        "agreement": case.agreement,
        "configuration_item": case.configuration_item,
        "status": case.status,
        "stage": StageView(name=case.stage, title=case.stage_title or case.stage) if case.stage else None,
        "answers": case.answers,
        "created_at": case.created_at,
        "changed_at": case.changed_at,
        "first_resolution_at": case.first_resolution_at,
        "actual_resolution_at": case.actual_resolution_at,
        "closed_at": case.closed_at,
        "closes_at": case.closing.closes_at if case.closing else None,
        "deadlines": [DeadlineView.of(case.deadlines, deadline) for deadline in case.deadlines.all],
        "closing_reason": case.closing_reason,
        "closing_reason_title": closing_reason_title(case.closing_reason, service),
        "follows": case.follows,
        "stages": PathStageView.path(case, service),
        "feedback": case.feedback,
        "has_open_complaint": bool(case.alerts),
        "delivery": "acknowledged" if case.internal_ref else "pending",
        "sequence": case.sequence,
        "allowed_actions": reader.allowed_actions(case),
    }
