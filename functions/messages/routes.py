"""What people may do in the conversation of a case."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from typing import Annotated, Literal

from chalice.app import Blueprint, Response
from pydantic import ConfigDict, Field

from functions.cases import timeline
from functions.cases.access import may, reader_of, visit_case
from functions.cases.actions import file_complaint
from functions.cases.change import Change
from functions.cases.item_keys import attachment_key, entry_key, message_keys
from functions.cases.lists import mark_of
from functions.cases.model import ActionNotAllowed, CaseErased, CaseNotFound
from functions.cases.policy import OwnerOnly, Reader, Right, StaffOnly
from functions.cases.status import Action, Status
from functions.cases.timeline import TrackedEvent, attachment_of, tracked_of
from functions.cases.verbs import MessagingNotEnabled
from functions.cases.views import AuthorView, MessageView, WholeMessageView, author_of
from functions.clock import now
from functions.errors import Invalid, NotFound
from functions.events import (
    Audience,
    CaseCreated,
    CaseParticipantChanged,
    CaseStatusChanged,
    DeadlineApproaching,
    DeadlineBreached,
    FeedbackGiven,
    Frozen,
    MailReceived,
    Message,
    ParticipantRole,
    StageEntered,
    ToldKind,
    What,
    is_none,
)
from functions.http import Page, Pages, Request, VersionMismatch, answer, endpoint, no_content, redirect
from functions.messages import actions
from functions.moment import Moment
from functions.otp.sessions import Visit
from functions.text import Text
from functions.uploads import bucket
from functions.uploads.model import AttachmentIds, AttachmentNotFound, NotAttachable
from functions.uploads.repository import files_in, upload_key

routes = Blueprint(__name__)


class AudienceNotAllowed(Invalid):
    pass


class MessageNotFound(NotFound):
    """Unknown, of another case, or internal."""

    def __init__(self) -> None:
        super().__init__("There is no such message.")


class NewMessage(Frozen):
    model_config = ConfigDict(json_schema_extra={"examples": [{"text": "Is there any news?"}]})

    text: Text
    audience: Audience = "customer"
    """`internal` is for staff: customers never see such a message."""
    attachments: AttachmentIds = ()


class ReadUpTo(Frozen):
    model_config = ConfigDict(json_schema_extra={"examples": [{"sequence": 5}]})

    sequence: Annotated[int, Field(ge=0, le=10**12)]
    """The number of the newest event that was shown."""


class EventPages(Pages):
    order: Literal["oldest_first", "newest_first"] = "oldest_first"
    """Whether to begin with the oldest or the newest."""


class Complaint(Frozen):
    model_config = ConfigDict(json_schema_extra={"examples": [{"text": "Nobody has called me back for a week."}]})

    text: Text
    attachments: AttachmentIds = ()


class MailView(Frozen):
    """A mail because of what has happened."""

    template: str
    state: Literal["sent", "suppressed"]
    """`suppressed`: the case had sent enough within the hour; staff see these."""
    sent_at: Moment | None


class MailReceivedView(Frozen):
    """A mail that came in and is no message."""

    kind: Literal["machine", "reply"]
    reason: str
    subject: str
    text: str


class ParticipantChange(Frozen):
    """Who takes part since then, how far and until when; or no longer."""

    change: Literal["added", "changed", "removed"]
    name: str
    role: ParticipantRole | None
    until: Moment | None

    @classmethod
    def of(cls, what: CaseParticipantChanged, reader: Reader) -> "ParticipantChange":
        name = reader.name(what.email, what.person_id)
        return cls(change=what.change, name=name, role=what.role, until=what.until)


class DownloadView(Frozen):
    """Where a file can be downloaded; whoever has the address can."""

    url: str
    expires_at: Moment


class TimelineEntry(Frozen):
    """What has happened, as its reader may see it."""

    sequence: int
    type: str
    time: Moment
    author: AuthorView
    audience: Audience
    message: MessageView | None = None
    status: Status | None = None
    stage: str | None = None
    """The title of the stage that was entered."""
    feedback: int | None = None
    """The grade that was given."""
    mails: list[MailView] = Field(default_factory=list)
    participant: ParticipantChange | None = None
    deadline: ToldKind | None = None
    """Which one approaches, or was missed; `closing`: when the case is closed by itself."""
    mail: MailReceivedView | None = Field(default=None, exclude_if=is_none)
    """For those inside."""

    @classmethod
    def of(cls, entry: TrackedEvent, reader: Reader, mails: list[MailView]) -> "TimelineEntry":
        event, what = entry.event, entry.event.what
        return cls(
            sequence=event.sequence,
            type=event.type,
            time=event.time,
            author=author_of(event, reader),
            audience=what.audience,
            message=MessageView.of(entry, reader) if isinstance(what, Message) else None,
            status=_status_after(what),
            stage=what.title if isinstance(what, StageEntered) else None,
            feedback=what.grade if isinstance(what, FeedbackGiven) else None,
            mails=mails,
            participant=ParticipantChange.of(what, reader) if isinstance(what, CaseParticipantChanged) else None,
            deadline=what.kind if isinstance(what, DeadlineApproaching | DeadlineBreached) else None,
            mail=MailReceivedView(**what.model_dump(exclude={"type", "audience", "person_id"}))
            if isinstance(what, MailReceived)
            else None,
        )


def _status_after(what: What) -> Status | None:
    match what:
        case CaseCreated():
            return Status.new
        case CaseStatusChanged():
            return Status(what.after)
    return None


@routes.route("/cases/{case_id}/messages", methods=["POST"])
@endpoint(
    body=NewMessage,
    answers=MessageView,
    status=HTTPStatus.CREATED,
    refusals=[
        CaseNotFound,
        OwnerOnly,
        StaffOnly,
        ActionNotAllowed,
        CaseErased,
        MessagingNotEnabled,
        AudienceNotAllowed,
        NotAttachable,
        VersionMismatch,
    ],
)
def post_message(request: Request, case_id: str) -> Response:
    """Write in the conversation."""
    wish: NewMessage = request.body
    visited, case = visit_case(request, case_id, *map(upload_key, wish.attachments))
    show = _show(visited)
    reader, is_internal = reader_of(case, visited.caller), wish.audience == "internal"
    if is_internal and not reader.inside:
        raise AudienceNotAllowed("Only those who work on the case write internal messages.")
    by = visited.mandate(show, may(Right.work if is_internal else Action.comment))
    files = files_in(visited.found, wish.attachments)
    with reader.asking():
        change = actions.post_message(case, by, wish.text, wish.audience, files=files)
    return answer(show(change), HTTPStatus.CREATED)


@routes.route("/cases/{case_id}/complaints", methods=["POST"])
@endpoint(
    body=Complaint,
    answers=MessageView,
    status=HTTPStatus.CREATED,
    refusals=[CaseNotFound, OwnerOnly, ActionNotAllowed, NotAttachable, VersionMismatch],
)
def post_complaint(request: Request, case_id: str) -> Response:
    """Complain, whatever the status: it stands in the conversation, and somebody must look after it."""
    wish: Complaint = request.body
    visited, case = visit_case(request, case_id, *map(upload_key, wish.attachments))
    show = _show(visited)
    files = files_in(visited.found, wish.attachments)
    with reader_of(case, visited.caller).asking():
        change = file_complaint(case, visited.mandate(show, may(Action.complain)), wish.text, files)
    return answer(show(change), HTTPStatus.CREATED)


@routes.route("/cases/{case_id}/messages", methods=["GET"])
@endpoint(query=EventPages, answers=Page[MessageView], refusals=[CaseNotFound])
def get_messages(request: Request, case_id: str) -> Response:
    """The conversation; staff members see internal messages in it."""
    visited, case = visit_case(request, case_id)
    reader = reader_of(case, visited.caller)
    entries, more = _entries(request, case_id, ("MESSAGE", "INTERNAL") if reader.inside else ("MESSAGE",))
    shown = [MessageView.of(entry, reader) for entry in entries if isinstance(entry.event.what, Message)]
    return request.page(shown, *_next(entries, more))


@routes.route("/cases/{case_id}/messages/{message_id}", methods=["GET"])
@endpoint(answers=WholeMessageView, refusals=[CaseNotFound, MessageNotFound])
def get_message(request: Request, case_id: str, message_id: str) -> WholeMessageView:
    """One message with all of its files."""
    keys = message_keys(case_id, message_id)
    visited, case = visit_case(request, case_id, *keys)
    reader = reader_of(case, visited.caller)
    entries = [tracked_of(visited.found[key]) for key in keys if key in visited.found]
    for entry in entries:
        what = entry.event.what
        if (
            isinstance(what, Message)
            and what.message_id == message_id
            and (reader.inside or what.audience == "customer")
        ):
            return WholeMessageView.of(entry, reader)
    raise MessageNotFound


@routes.route("/cases/{case_id}/attachments/{attachment_id}", methods=["GET"])
@endpoint(answers=DownloadView, redirects=True, refusals=[CaseNotFound, AttachmentNotFound])
def get_attachment(request: Request, case_id: str, attachment_id: str) -> Response:
    """Download a file of the conversation: leads to it, for a minute (C38).

    Who asks for JSON in `Accept` is told the address. A page must: its browser would follow the redirect with
    `Origin: null`, which the file's host lets nobody read.
    """
    key = attachment_key(case_id, attachment_id)
    visited, case = visit_case(request, case_id, key)
    reader = reader_of(case, visited.caller)
    file = attachment_of(visited.found[key]) if key in visited.found else None
    if file is None or (file.audience == "internal" and not reader.inside):
        raise AttachmentNotFound
    link = bucket.link(file.attachment)
    if request.wants_json:
        return answer(DownloadView(url=link, expires_at=now() + timedelta(seconds=bucket.LINK_VALID_FOR)))
    return redirect(link)


@routes.route("/cases/{case_id}/timeline", methods=["GET"])
@endpoint(query=EventPages, answers=Page[TimelineEntry], refusals=[CaseNotFound])
def get_timeline(request: Request, case_id: str) -> Response:
    """Everything that has happened to the case and that the caller may see, in order, with the mails to the caller."""
    visited, case = visit_case(request, case_id)
    reader = reader_of(case, visited.caller)
    rows = ("EVENT", "MESSAGE", "INTERNAL") if reader.inside else ("EVENT", "MESSAGE")
    entries, more = _entries(request, case_id, rows)
    mails: dict[int, list[MailView]] = {}
    for mail in timeline.mails(case_id, [entry.event.sequence for entry in entries]):
        if reader.inside or (mail.sent_at and mail.person_id == reader.person_id):
            state: Literal["sent", "suppressed"] = "sent" if mail.sent_at else "suppressed"
            view = MailView(template=mail.template, state=state, sent_at=mail.sent_at)
            mails.setdefault(mail.sequence, []).append(view)
    shown = [TimelineEntry.of(entry, reader, mails.get(entry.event.sequence, [])) for entry in entries]
    return request.page(shown, *_next(entries, more))


@routes.route("/cases/{case_id}/read", methods=["POST"])
@endpoint(body=ReadUpTo, status=HTTPStatus.NO_CONTENT, refusals=[CaseNotFound, OwnerOnly])
def post_read_mark(request: Request, case_id: str) -> Response:
    """I have read up to here; nobody else's mark moves."""
    own = partial(entry_key, case_id=case_id)
    visited, case = visit_case(request, case_id, own=own)
    may(Right.mark)(case, visited.caller)
    mark = mark_of(visited.found.get(own(visited.caller.person_id)))
    actions.mark_read(visited.caller.person_id, case, mark, request.body.sequence)
    return no_content()


def _show(visited: Visit) -> Callable[[Change], MessageView]:
    def posted(change: Change) -> MessageView:
        event = next(event for event in change.events() if isinstance(event.what, Message))
        return MessageView.of(TrackedEvent(event), reader_of(change.case, visited.caller))

    return posted


def _entries(request: Request, case_id: str, rows: tuple[str, ...]) -> tuple[list[TrackedEvent], bool]:
    position = request.position()
    return timeline.events(
        case_id,
        rows,
        after=position[0] if position else None,
        limit=request.query.limit,
        newest_first=request.query.order == "newest_first",
    )


def _next(entries: list[TrackedEvent], more: bool) -> list[int]:  # noqa: FBT001 (what `timeline.events` answers)
    return [entries[-1].event.sequence] if more else []
