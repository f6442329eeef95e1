"""Step Functions: waiting for a token as on AWS, and starting the same execution twice is one start."""

import threading
from typing import Any

from ministack.core import iam_actions
from ministack.services import stepfunctions

_call_lambda = stepfunctions._call_lambda
_invoke_with_callback = stepfunctions._invoke_with_callback
_resource_arn = iam_actions.extract_resource_arn
_start_execution = stepfunctions._start_execution

_waiting = threading.local()
"""`token`: for which token the function is being called in this thread."""


def install() -> None:
    iam_actions.extract_resource_arn = resource_arn
    stepfunctions._call_lambda = call_lambda
    stepfunctions._invoke_with_callback = invoke_with_callback
    stepfunctions._start_execution = start_execution


def invoke_with_callback(resource: str, request: Any, token: str, state: dict[str, Any]) -> Any:
    _waiting.token = token
    try:
        return _invoke_with_callback(resource, request, token, state)
    finally:
        _waiting.token = None


def call_lambda(function: str, event: Any) -> Any:
    """A function that fails fails its task. Stock ministack goes on waiting for a token that nobody has."""
    try:
        return _call_lambda(function, event)
    except stepfunctions._ExecutionError as error:
        waiting = stepfunctions._task_tokens.get(getattr(_waiting, "token", None))
        if waiting:
            waiting["error"] = {"Error": error.error, "Cause": error.cause}
            waiting["event"].set()
        raise


def start_execution(request: dict[str, Any]) -> Any:
    """With the name and the input of one that runs, the answer is the one that runs."""
    answer = _start_execution(request)
    if answer[0] != 400 or "ExecutionAlreadyExists" not in str(answer[2]):  # noqa: PLR2004
        return answer
    for execution in stepfunctions._executions.values():
        if execution["status"] == "RUNNING" and _asks_for(request, execution):
            about = {"executionArn": execution["executionArn"], "startDate": execution["startDate"]}
            return stepfunctions.json_response(about)
    return answer


def resource_arn(service: str, method: str, path: str, headers: Any, body: bytes, *others: Any) -> str:
    """A token is of a state machine, which stock ministack can't tell: so it may be of any, and need not be of all."""
    arn: str = _resource_arn(service, method, path, headers, body, *others)
    if service == "states" and arn == "*" and b'"taskToken"' in body:
        return next(iter(stepfunctions._state_machines), arn)
    return arn


def _asks_for(request: dict[str, Any], execution: dict[str, Any]) -> bool:
    return (request["stateMachineArn"], request["name"], request.get("input", "{}")) == (
        execution["stateMachineArn"],
        execution["name"],
        execution["input"],
    )
