"""CloudFormation stacks: made or changed until they are as their template says, and taken down."""

import json
import time
from collections.abc import Mapping
from functools import cache
from typing import Any

import boto3
from botocore.exceptions import ClientError

from infra.templates import Template

TEMPLATE_LIMIT = 51_200
"""Bytes that CloudFormation takes in a request."""


class StackFailed(Exception):
    """CloudFormation could not do it; the text says what stood in the way, resource by resource."""


def apply(name: str, template: Template, parameters: Mapping[str, str]) -> str:
    """Make the stack, or change it; return what was done in a word."""
    body = json.dumps(template, separators=(",", ":"), ensure_ascii=False)
    if len(body.encode()) > TEMPLATE_LIMIT:
        raise StackFailed(f"{name}: the template has {len(body.encode())} bytes, CloudFormation takes {TEMPLATE_LIMIT}")
    request: dict[str, Any] = {
        "StackName": name,
        "TemplateBody": body,
        "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        "Capabilities": ["CAPABILITY_NAMED_IAM"],
    }
    status = _status(name)
    if status in {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED"}:  # never came to life
        delete(name)
        status = None
    if status is None:
        _client().create_stack(**request)
        _wait(name, "CREATE_COMPLETE")
        return "made"
    try:
        _client().update_stack(**request)
    except ClientError as error:
        if "No updates are to be performed" in str(error):
            return "unchanged"
        raise
    _wait(name, "UPDATE_COMPLETE")
    return "changed"


def delete(name: str) -> bool:
    """Take the stack down; False if there was none."""
    if _status(name) is None:
        return False
    _client().delete_stack(StackName=name)
    _wait(name, None)
    return True


def outputs(name: str) -> dict[str, str]:
    [stack] = _client().describe_stacks(StackName=name)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def parameters(name: str) -> dict[str, str]:
    """What the stack was last deployed with; nothing where there is none."""
    if _status(name) is None:
        return {}
    [stack] = _client().describe_stacks(StackName=name)["Stacks"]
    return {each["ParameterKey"]: each["ParameterValue"] for each in stack.get("Parameters", [])}


def exists(name: str) -> bool:
    return _status(name) is not None


def names(prefix: str) -> list[str]:
    """The live stacks whose name begins so."""
    pages = _client().get_paginator("describe_stacks").paginate()
    return sorted(
        stack["StackName"]
        for page in pages
        for stack in page["Stacks"]
        if stack["StackName"].startswith(prefix) and stack["StackStatus"] != "DELETE_COMPLETE"
    )


@cache
def _client() -> Any:
    return boto3.client("cloudformation")


def _status(name: str) -> str | None:
    try:
        [stack] = _client().describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    status: str = stack["StackStatus"]
    return None if status == "DELETE_COMPLETE" else status


def _wait(name: str, wanted: str | None) -> None:
    """Until CloudFormation has finished; short pauses first, since the local cloud is done at once."""
    pause = 0.05
    while (status := _status(name)) is not None and status.endswith("_IN_PROGRESS"):
        time.sleep(pause)
        pause = min(pause * 1.5, 5)
    if status != wanted:
        raise StackFailed(f"{name} is {status or 'gone'}, not {wanted or 'gone'}\n{_reasons(name)}")


def _reasons(name: str) -> str:
    try:
        events = _client().describe_stack_events(StackName=name)["StackEvents"]
    except ClientError:
        return ""
    failed = [event for event in events if event["ResourceStatus"].endswith("FAILED")]
    return "\n".join(f"  {event['LogicalResourceId']}: {event.get('ResourceStatusReason', '')}" for event in failed)
