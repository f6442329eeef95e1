"""The two queues of an internal system: what the portal tells it, and what it asks of the portal."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config

from demo.backoffice.commands import Command
from demo.backoffice.twins import Event

SYSTEM = "backoffice"
"""What the portal calls this internal system: the `system` of its services."""
LONGEST_WAIT = 20
"""Seconds for which SQS keeps a question open until something arrives."""
BATCH = 10


class Unreadable(Exception):
    """What arrived is no event; the text says why."""


@dataclass(frozen=True)
class Arrival:
    """A message as it was received; it comes again unless it is deleted."""

    body: str
    group: str
    receipt: str

    @property
    def event(self) -> Event:
        """Raise `Unreadable` for anything but a CloudEvent that carries its case, or is about none."""
        try:
            event: Event = json.loads(self.body)
            readable = event["specversion"] == "1.0" and {"id", "type"} <= event.keys()
            if readable and ("sequence" not in event or (event["subject"] and event["data"]["case"]["number"])):
                return event
        except (ValueError, KeyError, TypeError):
            pass
        raise Unreadable(f"no event of a case: {self.body[:80]}")


class Queues:
    def __init__(self, sqs: Any, arriving: str, leaving: str) -> None:
        self._sqs, self._arriving, self._leaving = sqs, arriving, leaving

    def receive(self, wait: int) -> Iterator[Arrival]:
        """A batch, in the order of each case; wait that many seconds for a first message."""
        answer = self._sqs.receive_message(
            QueueUrl=self._arriving,
            MaxNumberOfMessages=BATCH,
            WaitTimeSeconds=wait,
            AttributeNames=["MessageGroupId"],
        )
        for message in answer.get("Messages", ()):
            group = message.get("Attributes", {}).get("MessageGroupId", "")
            yield Arrival(message["Body"], group, message["ReceiptHandle"])

    def delete(self, arrival: Arrival) -> None:
        self._sqs.delete_message(QueueUrl=self._arriving, ReceiptHandle=arrival.receipt)

    def send(self, command: Command) -> None:
        """In the order of the case, where it is about one; the same command twice is one."""
        self._sqs.send_message(
            QueueUrl=self._leaving,
            MessageGroupId=command.get("subject", command["id"]),
            MessageDeduplicationId=command["id"],
            MessageBody=json.dumps(command),
        )


def local(endpoints: dict[str, Any]) -> Queues:
    """Those in the local cloud whose addresses these are."""
    sqs = boto3.client(
        "sqs",
        endpoint_url=endpoints["aws_endpoint"],
        region_name=endpoints["region"],
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106 (the local cloud knows no other)
        config=Config(proxies={}),
    )
    return Queues(sqs, endpoints["queues"][f"to-{SYSTEM}"], endpoints["queues"][f"from-{SYSTEM}"])


def at(arriving: str, leaving: str, *, endpoint: str | None, region: str | None) -> Queues:
    """Anywhere, with the AWS credentials of this environment."""
    return Queues(boto3.client("sqs", endpoint_url=endpoint, region_name=region), arriving, leaving)
