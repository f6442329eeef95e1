"""The stages of a case: what the workflow enters, the tasks that it waits for, how they end. Rules only, no I/O."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from functions.cases.change import Change, change_of
from functions.cases.model import PATH_KEPT, Case, OpenTask, StageVisit, task_id
from functions.cases.services import CUSTOMER, Service, Stage
from functions.cases.status import FINISHED, Status
from functions.errors import Conflict, FieldError, Invalid, NotFound
from functions.events import Actor, StageEntered, TaskAssigned, TaskCompleted, TaskOpened

STUCK = "stuck"
"""The stage of every process at which the supervisors decide how a case goes on whose workflow failed."""
SUCCESSORS = 3
"""How many workflows in a row may end without having brought a case on."""


class TaskNotFound(NotFound):
    """Unknown, or another team's."""

    def __init__(self) -> None:
        super().__init__("There is no such task.")


class TaskClosed(Conflict):
    """Somebody was first, or the case does not wait for it any more."""


class OutcomeUnknown(Invalid):
    pass


class TeamUnknown(Invalid):
    """No team of the process has that name."""


class WaitsForCustomer(Conflict):
    """The task is the customer's, and no team's to have."""


class StaleWorkflow(Conflict):
    """The case has ended, or another workflow has taken it over; this one must end."""


def ahead(case: Case, service: Service) -> tuple[str, ...]:
    """The stages to which the process leads from where the case stands, if all goes as expected (C5).

    What waits for the customer leads back to the stage before it; a case that was reopened, to where its next workflow
    begins. Nothing lies ahead of a case that has not come to its first stage, or is finished.
    """
    if case.status in FINISHED or not case.path:
        return ()
    *_, before, here = (None, None, *(visit.name for visit in case.path))
    stage = service.stages.get(here or "")
    if stage is None:
        return ()
    if stage.ends:
        return tuple(service.expected_from(case.workflow.resume_at))
    return tuple(service.expected_from(before if stage.team == CUSTOMER else stage.leads_to))


def restarted(case: Case, actor: Actor, now: datetime, stuck: Stage) -> Change:
    """A workflow that was lost is followed by another, which goes on where the case stands; no decision is lost.

    Where one after the other ended in vain the case is stuck, as it is where a workflow fails that still can say so:
    the supervisors decide, and what they decide starts the next (C5, C12).
    """
    before = case.workflow
    in_vain = 0 if case.is_moving else before.in_vain
    if in_vain >= SUCCESSORS:
        change = task_opened(case, actor, now, STUCK, stuck, task_token=None)
        return change.then(workflow=before.model_copy(update={"running": False}))
    resume_at, decided = case.standing
    workflow = before.successor(resume_at, decided=decided, outcomes=before.outcomes, in_vain=in_vain + 1)
    return change_of(case, actor, now).then(workflow=workflow)


def stage_entered(case: Case, actor: Actor, now: datetime, stage: str, definition: Stage) -> Change:
    """The workflow has come to a stage, which sets the status (F14); a reopened case stays so until it is resolved.

    A stage that leaves a case new finds one in progress that has come further before (C7).

    It may set the mark of what is unread as well (D1), and promise another resolution: what was missed by then is told
    of first (C47). What the case waited for before is withdrawn. That a workflow is stuck is no answer of a customer we
    wait for (D9).
    """
    visit = StageVisit(name=stage, title=definition.title, entered_at=now)
    change = change_of(case, actor, now)
    if definition.resolution:
        change = change.overtaken()
    change = change.then(
        StageEntered(stage=stage, title=definition.title),
        stage=stage,
        stage_title=definition.title,
        path=(*case.path, visit)[-PATH_KEPT:],
        deadlines=change.case.deadlines.at_stage(definition.resolution, now),
        open_tasks=(),
    )
    change = replace(change, ended=case.open_tasks, unread=definition.unread)
    has_begun = case.status is not Status.new
    status = Status.in_progress if has_begun and definition.status is Status.new else definition.status
    kept = {Status.reopened, Status.waiting_for_response} if stage == STUCK else {Status.reopened}
    if not (case.status in kept and status is Status.in_progress):
        change = change.moved(status)
    if status is Status.resolved:
        change = change.then(**case.resolution_times(now))
    return change.finished() if definition.ends else change


def task_opened(
    case: Case, actor: Actor, now: datetime, stage: str, definition: Stage, task_token: str | None
) -> Change:
    """The workflow waits at a stage for a task. One that waits there already gets the new token and stays."""
    if any(task.stage == stage for task in case.open_tasks):
        waiting = next(task for task in case.open_tasks if task.stage == stage)
        change = change_of(case, actor, now).then(workflow=case.workflow.model_copy(update={"in_vain": 0}))
        return replace(change, opened=waiting, task_token=task_token)
    change = stage_entered(case, actor, now, stage, definition)
    task = OpenTask(
        task_id=task_id(case.case_id, case.sequence + len(change.whats) + 1),
        stage=stage,
        title=definition.title,
        team=definition.team or "",
        outcomes=definition.outcomes,
        opened_at=now,
        due_at=now + definition.due_in,
    )
    event = TaskOpened(**task.model_dump(exclude={"opened_at"}))
    teams = case.teams if task.team == CUSTOMER else tuple(dict.fromkeys((*case.teams, task.team)))
    change = change.then(event, open_tasks=(task,), teams=teams)
    return replace(change, opened=task, task_token=task_token)


def task_completed(case: Case, actor: Actor, now: datetime, completed: str, outcome: str) -> Change:
    """A person or the internal system has decided; the workflow reads the outcome (O2)."""
    task = case.task(completed)
    if task is None:
        raise TaskClosed("This task is not open any more.")
    if outcome not in task.outcomes:
        error = FieldError(pointer="/outcome", code="enum", message=f"must be one of {', '.join(task.outcomes)}")
        raise OutcomeUnknown("The task does not have this outcome.", errors=[error])
    change = change_of(case, actor, now)
    if task in case.alerts:
        handled = TaskCompleted(task_id=completed, stage=task.stage, outcome=outcome)
        return replace(change.then(handled, alerts=()), ended=(task,))
    return change.completed(task, outcome)


def task_assigned(case: Case, actor: Actor, now: datetime, assigned: str, team: str, service: Service) -> Change:
    """Another team of the process gets an open task, and reads the case from now on; the one before still may."""
    task = case.task(assigned)
    if task is None:
        raise TaskClosed("This task is not open any more.")
    if task.team == CUSTOMER:
        raise WaitsForCustomer("This task waits for the customer, and for no team.")
    if team not in service.teams:
        error = FieldError(pointer="/team", code="enum", message=f"must be one of {', '.join(service.teams)}")
        raise TeamUnknown("The process of this case has no such team.", errors=[error])
    if team == task.team:
        return change_of(case, actor, now)
    moved = task.model_copy(update={"team": team})
    change = change_of(case, actor, now).then(
        TaskAssigned(task_id=assigned, stage=task.stage, before=task.team, team=team),
        open_tasks=tuple(moved if each == task else each for each in case.open_tasks),
        alerts=tuple(moved if each == task else each for each in case.alerts),
        teams=tuple(dict.fromkeys((*case.teams, team))),
    )
    return replace(change, assigned=moved)


def check_workflow(
    case: Case, execution: str, outcomes: Mapping[str, str] | None = None, decisions: int | None = None
) -> None:
    """Raise `StaleWorkflow` where that execution no longer runs the case (C3, C13).

    Nor may one go on that has missed a decision, which came when its wait had just timed out.
    """
    if execution != case.execution or not case.workflow.running:
        raise StaleWorkflow("This workflow does not run the case any more.")
    if outcomes not in (None, case.workflow.outcomes) or decisions not in (None, case.workflow.decisions):
        raise StaleWorkflow("This workflow does not know how the tasks of the case have ended.")
