"""Step Functions, seen from a case: start its workflow, wake it with a task's outcome, stop it. All safe to repeat."""

import json
from typing import Any, Literal

from functions.aws import client
from functions.cases import services
from functions.cases.item_keys import task_key
from functions.cases.model import Case
from functions.cases.tasks import task_of
from functions.settings import settings
from functions.table import Item, read


def start(case: Case) -> None:
    """Start the execution that the case says should run; one that was started already is left alone (C4)."""
    states = client("stepfunctions")
    try:
        states.start_execution(
            stateMachineArn=settings.state_machines + _process(case), name=case.execution, input=_input(case)
        )
    except states.exceptions.ExecutionAlreadyExists:
        return


def state(case: Case) -> Literal["missing", "running", "ended"]:
    states = client("stepfunctions")
    try:
        found = states.describe_execution(executionArn=_arn(case, case.workflow.starts))
    except states.exceptions.ExecutionDoesNotExist:
        return "missing"
    return "running" if found["status"] == "RUNNING" else "ended"


def stop(case: Case) -> None:
    """Stop the executions of the case but one that should run; one that never was, or has ended, needs none."""
    states = client("stepfunctions")
    needless = states.exceptions.ExecutionDoesNotExist, states.exceptions.ValidationException
    last = case.workflow.starts - 1 if case.workflow.running else case.workflow.starts
    for number in range(max(1, last - 1), last + 1):  # those before had ended when their successors began
        try:
            states.stop_execution(executionArn=_arn(case, number), cause="the case has ended")
        except needless:
            continue


def wake(task_id: str) -> None:
    """Tell the workflow how its task ended. A token that was used, is late or unknown is no failure."""
    key = task_key(task_id)
    wake_with(read(key)[key])


def wake_with(item: Item) -> None:
    """Wake with a task item's token and outcome; an open or withdrawn task, or one without a token, wakes nobody."""
    outcome = task_of(item).outcome
    if outcome is None or "task_token" not in item:
        return
    states = client("stepfunctions")
    gone = states.exceptions.TaskTimedOut, states.exceptions.TaskDoesNotExist, states.exceptions.InvalidToken
    try:
        states.send_task_success(taskToken=item["task_token"], output=json.dumps({"outcome": outcome}))
    except gone:
        return


def _input(case: Case) -> str:
    """Ids and the answers and outcomes that conditions read; the same bytes each time it is made for one start."""
    follows = case.workflow.starts > 1
    wanted = services.get(case.service).condition_fields
    given: dict[str, Any] = {
        "case_id": case.case_id,
        "resume_at": case.workflow.resume_at,
        "decided": case.workflow.decided,
        "answers": {name: case.answers[name] for name in wanted if name in case.answers},
        "outcomes": case.workflow.outcomes if follows else {},
        "decisions": case.workflow.decisions if follows else 0,
    }
    return json.dumps(given, sort_keys=True)


def _arn(case: Case, number: int) -> str:
    prefix = settings.state_machines.replace(":stateMachine:", ":execution:")
    return f"{prefix}{_process(case)}:{case.case_id}-{number}"


def _process(case: Case) -> str:
    return services.get(case.service).process
