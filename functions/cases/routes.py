"""What people may ask about services, cases and tasks."""

from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Annotated, Any, Literal

from chalice.app import Blueprint, Response
from pydantic import ConfigDict, Field
from pydantic_core import from_json

from functions.calendars.repository import calendar_key, calendars_in
from functions.cases import actions, conditions, repository, services
from functions.cases.access import case_to_read
from functions.cases.agreements import (
    AgreementChoiceRequired,
    AgreementNotOffered,
    DefaultAgreementMissing,
    ServiceNotAvailable,
)
from functions.cases.conditions import FeatureOff
from functions.cases.configuration_items import ConfigurationItemNotAvailable
from functions.cases.model import (
    ActionNotAllowed,
    Case,
    CaseNotFound,
    Change,
    FieldsLocked,
    NotFinal,
    OwnerOnly,
    OwnerUnknown,
    ReasonUnknown,
    StatusConflict,
    TransitionNotAllowed,
    check_owner,
    check_reader,
    check_unchanged,
    promised,
    works_on,
)
from functions.cases.repository import Task, case_key, case_of, case_of_task, entry_key, task_key, task_of
from functions.cases.stages import OutcomeUnknown, TaskClosed, TaskNotFound
from functions.cases.status import Status
from functions.cases.views import (
    CaseEntryView,
    CaseView,
    CaseWithMessagesView,
    DeadlineView,
    PreviewView,
    ServicesView,
    ServiceView,
    StaffCaseView,
    TaskView,
    UnreadView,
    case_with_messages,
)
from functions.clock import now
from functions.errors import Forbidden, NotFound, NotSignedIn
from functions.events import Actor, Frozen
from functions.http import IdempotencyKeyInvalid, Nothing, Page, Pages, Request, VersionMismatch, answer, endpoint, etag
from functions.obeyed import Once
from functions.otp.sessions import Visit, visit
from functions.people.model import Person
from functions.people.repository import find_contact
from functions.text import Line, Text

routes = Blueprint(__name__)

UNREAD_COUNTED = 100
ACTION_REFUSALS = [CaseNotFound, OwnerOnly, ActionNotAllowed, VersionMismatch]


CHOICE_REFUSALS = [
    services.ServiceUnknown,
    ServiceNotAvailable,
    FeatureOff,
    AgreementNotOffered,
    ConfigurationItemNotAvailable,
    DefaultAgreementMissing,
]
CREATION_REFUSALS = [*CHOICE_REFUSALS, AgreementChoiceRequired, services.AnswersInvalid, CaseNotFound, NotFinal]


class ServiceNotFound(NotFound):
    pass


class StaffOnly(Forbidden):
    pass


class NewCase(Frozen):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"service": "contact-us", "answers": {"TOPIC": "OTHER", "MESSAGE": "When is the town hall open?"}}
            ]
        }
    )

    service: Line
    answers: dict[str, Any]
    """By field code, as the service's form asks."""
    follows: Line | None = None
    """A case of mine that is closed or canceled, and that this one goes on with."""
    agreement_id: Line | None = None
    """One of several candidates, where the customer must choose (C20)."""
    configuration_item_id: Line | None = None
    """The thing of the customer's that the case is about (C12)."""


class Preview(Frozen):
    model_config = ConfigDict(json_schema_extra={"examples": [{"service": "contact-us"}]})

    service: Line
    agreement_id: Line | None = None
    configuration_item_id: Line | None = None


class CaseOnBehalf(NewCase):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "owner": "ana@example.org",
                    "service": "contact-us",
                    "answers": {"TOPIC": "OTHER", "MESSAGE": "She asks when the town hall is open."},
                }
            ]
        }
    )

    owner: Line
    """The contact who is to see the case, by id or e-mail address."""


class SavedFields(Frozen):
    """What a case was saved with."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"service": "contact-us"}]})

    service: Line | None = None
    category: Line | None = None
    subject: Line | None = None
    agreement_id: Line | None = None
    configuration_item_id: Line | None = None


class Outcome(Frozen):
    model_config = ConfigDict(json_schema_extra={"examples": [{"outcome": "ANSWERED"}]})

    outcome: Line


class NewFeedback(Frozen):
    model_config = ConfigDict(json_schema_extra={"examples": [{"grade": 5, "notes": "Quick and friendly."}]})

    grade: Annotated[int, Field(ge=1, le=5)]
    notes: Text | None = None


class NewStatus(Frozen):
    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "waiting_for_response"}]})

    status: Literal["in_progress", "waiting_for_response", "resolved", "closed", "canceled"]
    reason: Line | None = None
    """For `canceled`: one of the service's reasons for giving a case up."""


class TaskPages(Pages):
    team: Line | None = None
    """One of the caller's teams; the first of them where none is named."""


@routes.route("/services", methods=["GET"])
@endpoint(answers=ServicesView, public=True, refusals=[NotSignedIn, IdempotencyKeyInvalid, DefaultAgreementMissing])
def get_services(request: Request) -> ServicesView:
    """What customers can ask for, with the form of each; for who is signed in, what their agreements cover (C11)."""
    is_known = conditions.is_on("agreements") and "authorization" in request.headers
    offered = conditions.offered_to(visit(request).caller if is_known else None)
    return ServicesView(data=[ServiceView.of(service) for service in offered])


@routes.route("/services/{service}", methods=["GET"])
@endpoint(answers=ServiceView, public=True, refusals=[ServiceNotFound])
def get_service(request: Request, service: str) -> ServiceView:
    """One service and its form."""
    try:
        found = services.get(service)
    except services.ServiceUnknown:
        found = None
    if found is None or not conditions.is_offered(found):
        raise ServiceNotFound("There is no such service.")
    return ServiceView.of(found)


@routes.route("/cases", methods=["POST"])
@endpoint(
    body=NewCase,
    answers=CaseView,
    status=HTTPStatus.CREATED,
    headers=["Location", "ETag"],
    refusals=CREATION_REFUSALS,
    key_required=True,
)
def post_case(request: Request) -> Response:
    """Submit a case: exactly one exists afterwards, with a number, and its first message in the conversation."""
    visited = _visit_for(request)
    return _create(visited, visited.caller)


@routes.route("/cases/preview", methods=["POST"])
@endpoint(body=Preview, answers=PreviewView, refusals=CHOICE_REFUSALS)
def post_preview(request: Request) -> PreviewView:
    """What a case about this service would be saved with: nothing is (C25)."""
    wish = request.body
    visited = _visit_for(request)
    service = services.get(wish.service)
    applied, offered = conditions.preview(visited.caller, service, wish.agreement_id, wish.configuration_item_id)
    calendars = conditions.with_calendars(applied.terms, calendars_in(visited.found, service.calendars))
    deadlines = promised(service, applied, calendars, now())
    return PreviewView(
        service=service.service,
        subject=service.subject,
        category=service.category,
        agreement=applied.agreement,
        candidates=offered,
        configuration_item=applied.item,
        deadlines=[DeadlineView.of(deadlines, deadline) for deadline in deadlines.all],
    )


@routes.route("/staff/cases", methods=["POST"])
@endpoint(
    body=CaseOnBehalf,
    answers=CaseView,
    status=HTTPStatus.CREATED,
    headers=["Location", "ETag"],
    refusals=[StaffOnly, OwnerUnknown, *CREATION_REFUSALS],
    key_required=True,
)
def post_staff_case(request: Request) -> Response:
    """Submit a case on behalf of its owner, who sees it as their own; who submits it does not (F18)."""
    visited = _visit_for(request)
    if not visited.caller.is_staff:
        raise StaffOnly("Only staff members create cases on behalf of others.")
    owner = find_contact(request.body.owner)
    if owner is None:
        raise OwnerUnknown
    return _create(visited, owner)


@routes.route("/cases", methods=["GET"])
@endpoint(query=Pages, answers=Page[CaseEntryView])
def get_cases(request: Request) -> Response:
    """My cases, newest change first; what I have just done is already in it."""
    visited = visit(request)
    position = request.position()
    after = (position[0], position[1]) if position else None
    found = repository.entries(visited.caller.person_id, limit=request.query.limit, after=after)
    return request.page([_entry_view(item) for item in found.items], *(found.last or ()))


@routes.route("/cases/unread", methods=["GET"])
@endpoint(answers=UnreadView)
def get_unread(request: Request) -> UnreadView:
    """How many of my cases have something that I have not read."""
    return UnreadView(unread=repository.count_unread(visit(request).caller.person_id, UNREAD_COUNTED))


@routes.route("/cases/{case_id}", methods=["GET"])
@endpoint(answers=CaseWithMessagesView | StaffCaseView, headers=["ETag"], refusals=[CaseNotFound])
def get_case(request: Request, case_id: str) -> Response:
    """A case, where it stands, what may be done with it, and the newest messages."""
    own = partial(entry_key, case_id=case_id)
    visited = visit(request, own=own)
    case, messages = repository.find_with_messages(case_id)
    if case is None:
        raise CaseNotFound
    check_reader(case, visited.caller)
    mark = repository.mark_of(visited.found.get(own(visited.caller.person_id)))
    return answer(case_with_messages(case, visited.caller, mark, messages), headers={"ETag": etag(case.version)})


@routes.route("/cases/{case_id}", methods=["PATCH"])
@endpoint(
    body=SavedFields,
    answers=CaseView,
    headers=["ETag"],
    refusals=[CaseNotFound, OwnerOnly, FieldsLocked, VersionMismatch],
)
def patch_case(request: Request, case_id: str) -> Response:
    """Nothing of what a case was saved with can be changed; what a client sends back unchanged does no harm (C10)."""
    visited = visit(request, case_key(case_id))
    case = case_to_read(visited, case_id)
    check_owner(case, visited.caller)
    request.check_version(case.version)
    check_unchanged(case, request.body.model_dump(exclude_unset=True))
    return answer(CaseView.of(case, visited.caller), headers={"ETag": etag(case.version)})


@routes.route("/cases/{case_id}/cancel", methods=["POST"])
@endpoint(body=Nothing, answers=CaseView, headers=["ETag"], refusals=ACTION_REFUSALS)
def post_cancel(request: Request, case_id: str) -> Response:
    """Cancel a case that was a mistake or is not needed any more."""
    return _act(request, case_id, actions.cancel_case)


@routes.route("/cases/{case_id}/close", methods=["POST"])
@endpoint(body=Nothing, answers=CaseView, headers=["ETag"], refusals=ACTION_REFUSALS)
def post_close(request: Request, case_id: str) -> Response:
    """Close a case whose solution is good."""
    return _act(request, case_id, actions.close_case)


@routes.route("/cases/{case_id}/reopen", methods=["POST"])
@endpoint(body=Nothing, answers=CaseView, headers=["ETag"], refusals=ACTION_REFUSALS)
def post_reopen(request: Request, case_id: str) -> Response:
    """Reopen a case whose solution is not good."""
    return _act(request, case_id, actions.reopen_case)


@routes.route("/cases/{case_id}/feedback", methods=["POST"])
@endpoint(body=NewFeedback, answers=CaseView, headers=["ETag"], refusals=ACTION_REFUSALS)
def post_feedback(request: Request, case_id: str) -> Response:
    """Grade the resolution from 1 to 5; given again in the same cycle, the later counts."""
    wanted: NewFeedback = request.body

    def rate(case: Case, by: Actor, once: Once | None) -> Change:
        return actions.give_feedback(case, by, wanted.grade, wanted.notes, once)

    return _act(request, case_id, rate)


@routes.route("/staff/cases/{case_id}/status", methods=["POST"])
@endpoint(
    body=NewStatus,
    answers=CaseView,
    headers=["ETag"],
    refusals=[CaseNotFound, StaffOnly, TransitionNotAllowed, ReasonUnknown, StatusConflict, VersionMismatch],
)
def post_status(request: Request, case_id: str) -> Response:
    """Move a case that my team works on; canceled, with a reason, is giving it up."""
    wanted: NewStatus = request.body
    visited = visit(request, case_key(case_id))
    if not visited.caller.is_staff:
        raise StaffOnly("Only staff members move cases.")
    case = case_to_read(visited, case_id)
    if not works_on(case, visited.caller):
        raise StaffOnly("Only those who work on the case move it.")
    request.check_version(case.version)
    show = _show(visited)
    by, once = visited.caller.actor, visited.once(show)
    change = actions.set_status(case, by, Status(wanted.status), case.sequence, wanted.reason, once)
    return answer(show(change), headers={"ETag": etag(change.case.version)})


@routes.route("/tasks", methods=["GET"])
@endpoint(query=TaskPages, answers=Page[TaskView], refusals=[StaffOnly], consistency="eventual")
def get_tasks(request: Request) -> Response:
    """Open tasks of a team of mine, oldest due first."""
    visited = visit(request)
    team = _team(visited, request.query.team)
    position = request.position()
    items, last = repository.team_tasks(team, limit=request.query.limit, after=position[0] if position else None)
    tasks = [TaskView(**task_of(item).model_dump()) for item in items]
    return request.page(tasks, *([last] if last else []))


@routes.route("/tasks/{task_id}/complete", methods=["POST"])
@endpoint(body=Outcome, answers=TaskView, refusals=[StaffOnly, TaskNotFound, TaskClosed, OutcomeUnknown])
def post_completion(request: Request, task_id: str) -> TaskView:
    """Decide how a task of my team ends; the workflow takes the branch of that outcome."""
    case_id = case_of_task(task_id)
    visited = visit(request, case_key(case_id), task_key(task_id))
    if not visited.caller.is_staff:
        raise StaffOnly("Only staff members complete tasks.")
    task = _team_task(visited, task_id)

    def show(change: Change) -> TaskView:
        done = {"outcome": request.body.outcome, "completed_by": change.actor.name}
        return TaskView(**task.model_dump() | done)

    case = case_of(visited.found[case_key(case_id)])
    by = visited.caller.actor
    return show(actions.complete_task(case, by, task_id, request.body.outcome, visited.once(show)))


def _visit_for(request: Request) -> Visit:
    """With the calendars that may count for the service in the body, and the case that it says to follow."""
    wish = request.body
    followed = [case_key(wish.follows)] if isinstance(wish, NewCase) and wish.follows else []
    return visit(request, *map(calendar_key, services.calendars(wish.service)), *followed)


def _create(visited: Visit, owner: Person) -> Response:
    show, wish = _show(visited), visited.request.body
    follows = case_to_read(visited, wish.follows) if wish.follows else None
    if follows and follows.owner_id != owner.person_id:
        raise CaseNotFound
    change = actions.create_case(
        owner,
        visited.caller.actor,
        wish.service,
        wish.answers,
        calendars_in(visited.found, services.calendars(wish.service)),
        wish.agreement_id,
        wish.configuration_item_id,
        follows,
        visited.once(show),
    )
    headers = {"Location": f"/v1/cases/{change.case.case_id}", "ETag": etag(change.case.version)}
    return answer(show(change), HTTPStatus.CREATED, headers)


def _act(request: Request, case_id: str, action: Callable[[Case, Actor, Once | None], Change]) -> Response:
    visited = visit(request, case_key(case_id))
    case = case_to_read(visited, case_id)
    check_owner(case, visited.caller)
    request.check_version(case.version)
    show = _show(visited)
    change = action(case, visited.caller.actor, visited.once(show))
    return answer(show(change), headers={"ETag": etag(change.case.version)})


def _show(visited: Visit) -> Callable[[Change], CaseView]:
    return lambda change: CaseView.of(change.case, visited.caller)


def _entry_view(item: dict[str, Any]) -> CaseEntryView:
    return CaseEntryView(**from_json(item["data"]), unread=repository.mark_of(item).unread)


def _team(visited: Visit, wanted: str | None) -> str:
    if not visited.caller.is_staff:
        raise StaffOnly("Only staff members have tasks.")
    team = wanted or next(iter(visited.caller.teams), "")
    if team not in visited.caller.teams:
        raise StaffOnly("You are not in this team.")
    return team


def _team_task(visited: Visit, task_id: str) -> Task:
    item = visited.found.get(task_key(task_id))
    task = task_of(item) if item else None
    if task is None or task.team not in visited.caller.teams:
        raise TaskNotFound
    return task
