"""What staff members may do with cases: move them, and decide their tasks."""

from typing import Literal

from chalice.app import Blueprint, Response
from pydantic import ConfigDict

from functions.cases import actions, repository
from functions.cases.access import case_to_read
from functions.cases.model import CaseNotFound, Change
from functions.cases.policy import StaffOnly, check_works_on
from functions.cases.repository import Task, case_key, case_of, case_of_task, task_key, task_of
from functions.cases.stages import OutcomeUnknown, TaskClosed, TaskNotFound
from functions.cases.status import Status
from functions.cases.verbs import ReasonUnknown, StatusConflict, TransitionNotAllowed
from functions.cases.views import CaseView, TaskView, shown_to
from functions.events import Frozen
from functions.http import Page, Pages, Request, VersionMismatch, answer, endpoint, etag
from functions.otp.sessions import Visit, visit
from functions.text import Line

routes = Blueprint(__name__)


class NewStatus(Frozen):
    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "waiting_for_response"}]})

    status: Literal["in_progress", "waiting_for_response", "resolved", "closed", "canceled"]
    reason: Line | None = None
    """For `canceled`: one of the service's reasons for giving a case up."""


class Outcome(Frozen):
    model_config = ConfigDict(json_schema_extra={"examples": [{"outcome": "ANSWERED"}]})

    outcome: Line


class TaskPages(Pages):
    team: Line | None = None
    """One of the caller's teams; the first of them where none is named."""


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
    case, show = case_to_read(visited, case_id), shown_to(visited.caller)
    by = visited.mandate(show, check_works_on)
    change = actions.set_status(case, by, Status(wanted.status), case.sequence, wanted.reason)
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
@endpoint(
    body=Outcome, answers=TaskView, refusals=[StaffOnly, TaskNotFound, TaskClosed, OutcomeUnknown, VersionMismatch]
)
def post_completion(request: Request, task_id: str) -> TaskView:
    """Decide how a task of my team ends, about a case that is not mine; the workflow takes the branch of it."""
    case_id = case_of_task(task_id)
    visited = visit(request, case_key(case_id), task_key(task_id))
    if not visited.caller.is_staff:
        raise StaffOnly("Only staff members complete tasks.")
    task = _team_task(visited, task_id)

    def show(change: Change) -> TaskView:
        done = {"outcome": request.body.outcome, "completed_by": change.actor.name}
        return TaskView(**task.model_dump() | done)

    case = case_of(visited.found[case_key(case_id)])
    return show(actions.complete_task(case, visited.mandate(show, check_works_on), task_id, request.body.outcome))


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
