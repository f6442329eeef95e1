"""What people may ask about services, cases and tasks."""

from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Any

from chalice.app import Blueprint, Response
from pydantic import ConfigDict
from pydantic_core import from_json

from functions.calendars.repository import calendar_key, calendars_in
from functions.cases import actions, repository, services
from functions.cases.access import case_to_read
from functions.cases.model import (
    ActionNotAllowed,
    Case,
    CaseNotFound,
    Change,
    OwnerOnly,
    check_owner,
    check_reader,
)
from functions.cases.repository import Task, case_key, case_of, case_of_task, entry_key, task_key, task_of
from functions.cases.stages import OutcomeUnknown, TaskClosed, TaskNotFound
from functions.cases.views import (
    CaseEntryView,
    CaseView,
    CaseWithMessagesView,
    ServicesView,
    ServiceView,
    StaffCaseView,
    TaskView,
    UnreadView,
    case_with_messages,
)
from functions.errors import Forbidden, NotFound
from functions.events import Actor, Frozen
from functions.http import Nothing, Page, Pages, Request, VersionMismatch, answer, endpoint, etag
from functions.obeyed import Once
from functions.otp.sessions import Visit, visit
from functions.text import Line

routes = Blueprint(__name__)

UNREAD_COUNTED = 100
ACTION_REFUSALS = [CaseNotFound, OwnerOnly, ActionNotAllowed, VersionMismatch]


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


class Outcome(Frozen):
    model_config = ConfigDict(json_schema_extra={"examples": [{"outcome": "ANSWERED"}]})

    outcome: Line


class TaskPages(Pages):
    team: Line | None = None
    """One of the caller's teams; the first of them where none is named."""


@routes.route("/services", methods=["GET"])
@endpoint(answers=ServicesView, public=True)
def get_services(request: Request) -> ServicesView:
    """What customers can ask for, with the form of each."""
    return ServicesView(data=[ServiceView.of(service) for service in services.all_services()])


@routes.route("/services/{service}", methods=["GET"])
@endpoint(answers=ServiceView, public=True, refusals=[ServiceNotFound])
def get_service(request: Request, service: str) -> ServiceView:
    """One service and its form."""
    try:
        return ServiceView.of(services.get(service))
    except services.ServiceUnknown:
        raise ServiceNotFound("There is no such service.") from None


@routes.route("/cases", methods=["POST"])
@endpoint(
    body=NewCase,
    answers=CaseView,
    status=HTTPStatus.CREATED,
    headers=["Location", "ETag"],
    refusals=[services.ServiceUnknown, services.AnswersInvalid],
    key_required=True,
)
def post_case(request: Request) -> Response:
    """Submit a case: exactly one exists afterwards, with a number, and its first message in the conversation."""
    names = services.calendars(request.body.service)
    visited = visit(request, *map(calendar_key, names))
    show = _show(visited)
    calendars = calendars_in(visited.found, names)
    wish = request.body
    change = actions.create_case(visited.caller, wish.service, wish.answers, calendars, visited.once(show))
    headers = {"Location": f"{request.path}/{change.case.case_id}", "ETag": etag(change.case.version)}
    return answer(show(change), HTTPStatus.CREATED, headers)


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
