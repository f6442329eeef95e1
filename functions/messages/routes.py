"""What people may do in the conversation of a case."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Literal

from chalice.app import Blueprint, Response
from pydantic import ConfigDict, Field

from functions.cases import repository
from functions.cases.access import case_to_read
from functions.cases.model import ActionNotAllowed, CaseNotFound, Change, OwnerOnly, check_owner
from functions.cases.repository import case_key
from functions.cases.views import AuthorView, MessageView, author_of
from functions.errors import Invalid
from functions.events import (
    Audience,
    CaseCreated,
    CaseStatusChanged,
    DeadlineApproaching,
    DeadlineBreached,
    DeadlineKind,
    Event,
    Frozen,
    MessagePosted,
    StageEntered,
)
from functions.http import Page, Pages, Request, answer, endpoint, no_content
from functions.messages import actions
from functions.moment import Moment
from functions.otp.sessions import Visit, visit
from functions.people.model import Person
from functions.text import Text

routes = Blueprint(__name__)


class AudienceNotAllowed(Invalid):
    pass


class NewMessage(Frozen):
    model_config = ConfigDict(json_schema_extra={"examples": [{"text": "Is there any news?"}]})

    text: Text
    audience: Audience = "customer"
    """`internal` is for staff: customers never see such a message."""


class ReadUpTo(Frozen):
    model_config = ConfigDict(json_schema_extra={"examples": [{"sequence": 5}]})

    sequence: Annotated[int, Field(ge=0, le=10**12)]
    """The number of the newest event that was shown."""


class EventPages(Pages):
    order: Literal["oldest_first", "newest_first"] = "oldest_first"


class TimelineEntry(Frozen):
    """What has happened, as its reader may see it."""

    sequence: int
    type: str
    time: Moment
    author: AuthorView
    audience: Audience
    message: MessageView | None = None
    status: str | None = None
    stage: str | None = None
    """The title of the stage that was entered."""
    deadline: DeadlineKind | None = None
    """Which one approaches, or was missed."""

    @classmethod
    def of(cls, event: Event, reader: Person) -> "TimelineEntry":
        what = event.what
        return cls(
            sequence=event.sequence,
            type=event.type,
            time=event.time,
            author=author_of(event, reader),
            audience=what.audience,
            message=MessageView.of(event, reader) if isinstance(what, MessagePosted) else None,
            status=what.after
            if isinstance(what, CaseStatusChanged)
            else "new"
            if isinstance(what, CaseCreated)
            else None,
            stage=what.title if isinstance(what, StageEntered) else None,
            deadline=what.kind if isinstance(what, DeadlineApproaching | DeadlineBreached) else None,
        )


@routes.route("/cases/{case_id}/messages", methods=["POST"])
@endpoint(
    body=NewMessage,
    answers=MessageView,
    status=HTTPStatus.CREATED,
    refusals=[CaseNotFound, ActionNotAllowed, AudienceNotAllowed],
)
def post_message(request: Request, case_id: str) -> Response:
    """Write in the conversation."""
    visited = visit(request, case_key(case_id))
    case = case_to_read(visited, case_id)
    if request.body.audience == "internal" and not visited.caller.is_staff:
        raise AudienceNotAllowed("Only staff members write internal messages.")
    show = _show(visited)
    change = actions.post_message(
        case, visited.caller.actor, request.body.text, request.body.audience, once=visited.once(show)
    )
    return answer(show(change), HTTPStatus.CREATED)


@routes.route("/cases/{case_id}/messages", methods=["GET"])
@endpoint(query=EventPages, answers=Page[MessageView], refusals=[CaseNotFound])
def get_messages(request: Request, case_id: str) -> Response:
    """The conversation; staff members see internal messages in it."""
    visited = visit(request, case_key(case_id))
    case_to_read(visited, case_id)
    rows = ("MESSAGE", "INTERNAL") if visited.caller.is_staff else ("MESSAGE",)
    return _page(visited, case_id, rows, lambda event: isinstance(event.what, MessagePosted), MessageView.of)


@routes.route("/cases/{case_id}/timeline", methods=["GET"])
@endpoint(query=EventPages, answers=Page[TimelineEntry], refusals=[CaseNotFound])
def get_timeline(request: Request, case_id: str) -> Response:
    """Everything that has happened to the case and that the caller may see, in order."""
    visited = visit(request, case_key(case_id))
    case_to_read(visited, case_id)
    rows = ("EVENT", "MESSAGE", "INTERNAL") if visited.caller.is_staff else ("EVENT", "MESSAGE")
    return _page(visited, case_id, rows, lambda _: True, TimelineEntry.of)


@routes.route("/cases/{case_id}/read", methods=["POST"])
@endpoint(body=ReadUpTo, status=HTTPStatus.NO_CONTENT, refusals=[CaseNotFound, OwnerOnly])
def post_read_mark(request: Request, case_id: str) -> Response:
    """I have read up to here; nobody else's mark moves."""
    visited = visit(request, case_key(case_id))
    case = case_to_read(visited, case_id)
    check_owner(case, visited.caller)
    actions.mark_read(visited.caller.person_id, case, request.body.sequence)
    return no_content()


def _show(visited: Visit) -> Callable[[Change], MessageView]:
    def posted(change: Change) -> MessageView:
        event = next(event for event in change.events() if isinstance(event.what, MessagePosted))
        return MessageView.of(event, visited.caller)

    return posted


def _page(
    visited: Visit,
    case_id: str,
    rows: tuple[str, ...],
    wanted: Callable[[Event], bool],
    view: Callable[[Event, Person], MessageView | TimelineEntry],
) -> Response:
    request = visited.request
    position = request.position()
    events, more = repository.events(
        case_id,
        rows,
        after=position[0] if position else None,
        limit=request.query.limit,
        newest_first=request.query.order == "newest_first",
    )
    shown = [view(event, visited.caller) for event in events if wanted(event)]
    return request.page(shown, *([events[-1].sequence] if more else []))
