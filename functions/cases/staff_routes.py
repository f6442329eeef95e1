"""What staff members may do with cases: move them, give them to their owners, decide or pass on their tasks."""

from collections.abc import Callable
from typing import Literal

from chalice.app import Blueprint, Response
from pydantic import ConfigDict

from functions.cases import actions, tasks
from functions.cases.access import case_to_read, may, reader_of
from functions.cases.change import Change
from functions.cases.item_keys import additions_key, case_key, case_of_task, task_key
from functions.cases.model import Case, CaseErased, CaseNotFound
from functions.cases.ownership import TooManyOwners
from functions.cases.policy import Right, StaffOnly
from functions.cases.repository import case_of
from functions.cases.sharing import TooManyAdditions
from functions.cases.stages import OutcomeUnknown, TaskClosed, TaskNotFound, TeamUnknown
from functions.cases.status import Status
from functions.cases.tasks import Task, task_of
from functions.cases.verbs import OwnerUnknown, ReasonUnknown, StatusConflict, TransitionNotAllowed
from functions.cases.views import CaseView, TaskView, shown_to
from functions.events import Frozen
from functions.http import Page, Pages, Request, VersionMismatch, answer, endpoint
from functions.otp.sessions import Visit, visit
from functions.people.model import BeingErased, Email, Person
from functions.people.repository import address_key, address_ref
from functions.table import Key
from functions.text import Line

routes = Blueprint(__name__)


class NewStatus(Frozen):
    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "waiting_for_response"}]})

    status: Literal["in_progress", "waiting_for_response", "resolved", "closed", "canceled"]
    reason: Line | None = None
    """For `canceled`: one of the service's reasons for giving a case up."""


class NewOwner(Frozen):
    model_config = ConfigDict(json_schema_extra={"examples": [{"email": "bob@example.org"}]})

    email: Email


class Outcome(Frozen):
    model_config = ConfigDict(json_schema_extra={"examples": [{"outcome": "ANSWERED"}]})

    outcome: Line


class Assignment(Frozen):
    model_config = ConfigDict(json_schema_extra={"examples": [{"team": "streets"}]})

    team: Line
    """One of the process."""


class TaskPages(Pages):
    team: Line | None = None
    """One of the caller's teams, which `GET /v1/me` names; without it only tasks of the first of them are shown."""


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
    visited, case = _team_case(request, case_id)
    show = shown_to(visited.caller)
    by = visited.mandate(show, may(Right.work))
    change = actions.set_status(case, by, Status(wanted.status), case.sequence, wanted.reason)
    return answer(show(change))


@routes.route("/staff/cases/{case_id}/owner", methods=["PUT"])
@endpoint(
    body=NewOwner,
    answers=CaseView,
    headers=["ETag"],
    refusals=[
        CaseNotFound,
        StaffOnly,
        OwnerUnknown,
        CaseErased,
        BeingErased,
        TooManyOwners,
        TooManyAdditions,
        VersionMismatch,
    ],
)
def put_owner(request: Request, case_id: str) -> Response:
    """Give a case that my team works on, also one that is over, to the person who is meant to see it (F18).

    Who owned it so far sees it no longer, from the next request on. An address that nobody has becomes a contact.
    """
    email: str = request.body.email
    visited, case = _team_case(request, case_id, address_key(address_ref(email)), own=additions_key)
    show = shown_to(visited.caller)
    change = actions.change_owner(case, visited.mandate(show, may(Right.work)), visited.found, email)
    return answer(show(change))


@routes.route("/tasks", methods=["GET"])
@endpoint(query=TaskPages, answers=Page[TaskView], refusals=[StaffOnly], consistency="eventual")
def get_tasks(request: Request) -> Response:
    """Open tasks of one team of mine, oldest due first."""
    visited = visit(request)
    team = _team(visited, request.query.team)
    position = request.position()
    items, last = tasks.team_tasks(team, limit=request.query.limit, after=position[0] if position else None)
    data = [TaskView(**task_of(item).model_dump()) for item in items]
    return request.page(data, *([last] if last else []))


@routes.route("/tasks/{task_id}/complete", methods=["POST"])
@endpoint(
    body=Outcome, answers=TaskView, refusals=[StaffOnly, TaskNotFound, TaskClosed, OutcomeUnknown, VersionMismatch]
)
def post_completion(request: Request, task_id: str) -> TaskView:
    """Decide how a task of my team ends, about a case that is not mine; the workflow takes the branch of it."""
    visited, case, task = _team_task(request, task_id)

    def show(change: Change) -> TaskView:
        done = {"outcome": request.body.outcome, "completed_by": change.actor.name}
        return TaskView(**task.model_dump() | done)

    by = visited.mandate(show, may(Right.work), _check_has(task_id))
    return show(actions.complete_task(case, by, task_id, request.body.outcome))


@routes.route("/tasks/{task_id}/assign", methods=["POST"])
@endpoint(
    body=Assignment,
    answers=TaskView,
    refusals=[StaffOnly, TaskNotFound, TaskClosed, TeamUnknown, VersionMismatch],
)
def post_assignment(request: Request, task_id: str) -> TaskView:
    """Move a task of my team to another team of the process."""
    visited, case, task = _team_task(request, task_id)
    moved = TaskView(**task.model_dump() | {"team": request.body.team})
    by = visited.mandate(lambda _: moved, may(Right.work), _check_has(task_id))
    actions.assign_task(case, by, task_id, request.body.team)
    return moved


def _team_case(
    request: Request, case_id: str, *keys: Key, own: Callable[[str], Key] | None = None
) -> tuple[Visit, Case]:
    """As `visit_case`, but customers are told that this is not for them before anything of a case."""
    visited = visit(request, case_key(case_id), *keys, own=own, check=lambda visited: case_to_read(visited, case_id))
    if not visited.caller.is_staff:
        raise StaffOnly("Only staff members may do this.")
    return visited, case_to_read(visited, case_id)


def _team(visited: Visit, wanted: str | None) -> str:
    if not visited.caller.is_staff:
        raise StaffOnly("Only staff members have tasks.")
    team = wanted or next(iter(visited.caller.teams), "")
    if team not in visited.caller.teams:
        raise StaffOnly("You are not in this team.")
    return team


def _team_task(request: Request, task_id: str) -> tuple[Visit, Case, Task]:
    """A task of the caller's teams, open or not, and its case."""
    key = case_key(case_of_task(task_id))

    def check(visited: Visit) -> None:
        if not reader_of(case_of(visited.found[key]), visited.caller).inside:
            raise TaskNotFound

    visited = visit(request, key, task_key(task_id), check=check)
    if not visited.caller.is_staff:
        raise StaffOnly("Only staff members have tasks.")
    item = visited.found.get(task_key(task_id))
    task = task_of(item) if item else None
    if task is None or task.team not in visited.caller.teams:
        raise TaskNotFound
    return visited, case_of(visited.found[key]), task


def _check_has(task_id: str) -> Callable[[Case, Person], None]:
    """Raise `TaskNotFound` where the task was moved to a team that is not the person's."""

    def check(case: Case, person: Person) -> None:
        task = case.task(task_id)
        if task and task.team not in person.teams:
            raise TaskNotFound

    return check
