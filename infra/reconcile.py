"""What `chalice deploy` leaves undone, put right after each deploy."""

from typing import Any

import boto3

from infra.stage import Stage


def handlers(app: Any, stage: Stage) -> list[str]:
    """Chalice never tells Lambda that a function has moved to another module; return the names of those that had."""
    client = boto3.client("lambda")
    moved = []
    for function in app.pure_lambda_functions:
        name = f"{stage.prefix}-{function.name}"
        if client.get_function_configuration(FunctionName=name)["Handler"] != function.handler_string:
            client.update_function_configuration(FunctionName=name, Handler=function.handler_string)
            client.get_waiter("function_updated_v2").wait(FunctionName=name)
            moved.append(function.name)
    return moved


def throttling(api_id: str, api_stage: str, stage: Stage) -> None:
    """A limit for all callers together, so that a flood is refused by API Gateway and not paid for."""
    limits = {"rateLimit": stage.requests_per_second, "burstLimit": 2 * stage.requests_per_second}
    changes = [
        {"op": "replace", "path": f"/*/*/throttling/{name}", "value": str(value)} for name, value in limits.items()
    ]
    boto3.client("apigateway").update_stage(restApiId=api_id, stageName=api_stage, patchOperations=changes)
