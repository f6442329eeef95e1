"""What the functions of the local cloud have logged."""

from datetime import UTC, datetime
from typing import Any

from infra.local.cloud import client

GROUPS = "/aws/lambda/portico-local"
BY_LAMBDA = ("START RequestId", "END RequestId", "REPORT RequestId")


def newest(aws_endpoint: str, count: int) -> list[str]:
    """The newest lines of all functions, in the order in which they were written."""
    logs = client("logs", aws_endpoint)
    groups = [group["logGroupName"] for group in logs.describe_log_groups(logGroupNamePrefix=GROUPS)["logGroups"]]
    lines = [
        (event["timestamp"], _line(group, event))
        for group in groups
        for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group)
        for event in page["events"]
        if not event["message"].startswith(BY_LAMBDA)
    ]
    return [line for _, line in sorted(lines)[-count:]]


def _line(group: str, event: dict[str, Any]) -> str:
    at = datetime.fromtimestamp(event["timestamp"] / 1000, UTC).strftime("%H:%M:%S.%f")[:-3]
    return f"{at} {group.removeprefix(GROUPS).removeprefix('-') or 'api'}: {event['message'].rstrip()}"
