"""The workflow's door: a state machine asks for one thing at a time, as any other system does.

The command, as the state machines send it: `command` (`enter_stage`, or `open_task` where it waits), `case_id`,
`stage`, `execution` (its name), `outcomes` (of the tasks that it knows to have ended, by stage), `decisions` (how many
have ended so; executions that began before they were counted do not say), `command_id` (execution, state and when it
was entered: the same in every retry), and `task_token` for `open_task`.
"""

from typing import Any, Literal

from chalice.app import Blueprint

from functions import log
from functions.cases import actions, executions, repository
from functions.cases.change import Change
from functions.cases.model import CaseNotFound
from functions.events import Frozen
from functions.failures import discreet
from functions.obeyed import AlreadyObeyed, Once, fingerprint

doors = Blueprint(__name__)


class WorkflowCommand(Frozen):
    command: Literal["enter_stage", "open_task"]
    case_id: str
    stage: str
    execution: str
    outcomes: dict[str, str]
    decisions: int | None = None
    command_id: str
    task_token: str | None = None


@doors.lambda_function(name="workflow")
@discreet
def workflow(event: dict[str, Any], context: Any) -> None:
    """Obey one command. A refusal fails the state under the refusal's class name, such as `StaleWorkflow`."""
    command = WorkflowCommand.model_validate(event)
    once = Once(
        caller="workflow",
        request=command.command_id,
        fingerprint=fingerprint(command.stage.encode()),
        show=_opened_task,
    )
    try:
        case = repository.find(command.case_id, once)
        if case is None:
            raise CaseNotFound
        by = actions.workflow(command.execution, command.outcomes, command.decisions, once)
        if command.command == "open_task":
            actions.open_task(case, by, command.stage, command.task_token or "")
        else:
            actions.enter_stage(case, by, command.stage)
    except AlreadyObeyed as obeyed:
        _repeat(command, obeyed)


class _OpenedTask(Frozen):
    task_id: str | None


def _opened_task(change: Change) -> _OpenedTask:
    return _OpenedTask(task_id=change.opened.task_id if change.opened else None)


def _repeat(command: WorkflowCommand, obeyed: AlreadyObeyed) -> None:
    """A retried wait has a new token; the task may have ended meanwhile (C6)."""
    log.info("obeyed before", case_id=command.case_id, execution=command.execution, command_id=command.command_id)
    task_id = _OpenedTask.model_validate_json(obeyed.body).task_id
    if task_id and command.task_token:
        executions.wake_with(actions.renew_token(command.case_id, command.execution, task_id, command.task_token))
