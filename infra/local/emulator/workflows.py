"""Step Functions: starting the same execution twice with the same input is one start, as on AWS."""

from typing import Any

from ministack.services import stepfunctions

_start_execution = stepfunctions._start_execution


def install() -> None:
    stepfunctions._start_execution = start_execution


def start_execution(request: dict[str, Any]) -> Any:
    answer = _start_execution(request)
    if answer[0] != 400 or "ExecutionAlreadyExists" not in str(answer[2]):  # noqa: PLR2004
        return answer
    for execution in stepfunctions._executions.values():
        if execution["status"] == "RUNNING" and _asks_for(request, execution):
            about = {"executionArn": execution["executionArn"], "startDate": execution["startDate"]}
            return stepfunctions.json_response(about)
    return answer


def _asks_for(request: dict[str, Any], execution: dict[str, Any]) -> bool:
    return (request["stateMachineArn"], request["name"], request.get("input", "{}")) == (
        execution["stateMachineArn"],
        execution["name"],
        execution["input"],
    )
