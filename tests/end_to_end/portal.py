"""Portico as people and internal systems use it: over HTTP and queues, with the mailbox beside them."""

import json
import re
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from typing import Any, TypeVar

from infra.local import cloud
from infra.local.endpoints import Endpoints

DEADLINE = 60.0

INSPECTOR = "tomas.ferreira@portico.example"
HOLE = {"service": "contact-us", "answers": {"TOPIC": "STREETS", "MESSAGE": "A deep hole", "PLACE": "High Street 4"}}

T = TypeVar("T")


class Person:
    """Somebody who signs in with a PIN from the mailbox and then works with Portico."""

    def __init__(self, endpoints: Endpoints, email: str) -> None:
        self.endpoints, self.email = endpoints, email
        self.token = ""

    def sign_in(self) -> "Person":
        before = len(self.mails())
        challenge = self.call("POST", "/v1/otp/challenges", {"email": self.email, "purpose": "sign_in"})
        [mail] = eventually(lambda: self.mails()[before:])
        code = re.findall(r"\b\d{8}\b", mail["text"])[0]
        answer = self.call("POST", f"/v1/otp/challenges/{challenge['challenge_id']}/verify", {"code": code})
        self.token = answer["token"]
        return self

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """The body of the answer, which must not be a refusal."""
        request = urllib.request.Request(
            self.endpoints.api + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Content-Type": "application/json",
                "Idempotency-Key": str(uuid.uuid4()),
                **({"Authorization": f"Bearer {self.token}"} if self.token else {}),
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=DEADLINE) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as refused:
            raise AssertionError(f"{method} {path}: {refused.read().decode()}") from None

    def mails(self) -> list[dict[str, Any]]:
        """All that this person has been sent."""
        with urllib.request.urlopen(self.endpoints.mailbox, timeout=DEADLINE) as mailbox:
            return [mail for mail in json.load(mailbox) if mail["recipients"] == [self.email]]

    def answer(self, mail: dict[str, Any], text: str, verdicts: str = "") -> None:
        """Answer a mail by mail; the `verdicts` are those of SES, `dmarc=FAIL` for instance."""
        [to] = mail["reply_to"]
        raw = f"From: {self.email}\r\nTo: {to}\r\nMessage-ID: <{uuid.uuid4()}@x.example>\r\n\r\n{text}\r\n".encode()
        with urllib.request.urlopen(f"{self.endpoints.mailbox}?{verdicts}", raw, timeout=DEADLINE) as taken:
            assert json.load(taken)["stored"]

    def case(self, case_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.call("GET", f"/v1/cases/{case_id}")
        return found

    def task_of(self, case_id: str) -> dict[str, Any] | None:
        tasks = self.call("GET", "/v1/tasks")["data"]
        return next((task for task in tasks if task["case_id"] == case_id), None)


def customer(endpoints: Endpoints) -> Person:
    return Person(endpoints, f"{uuid.uuid4().hex[:8]}@customer.example").sign_in()


def decide(endpoints: Endpoints, case_id: str, outcome: str) -> None:
    """As the staff member does whose task it is."""
    inspector = Person(endpoints, INSPECTOR).sign_in()
    task = eventually(lambda: inspector.task_of(case_id))
    assert task
    inspector.call("POST", f"/v1/tasks/{task['task_id']}/complete", {"outcome": outcome})


def told(endpoints: Endpoints, case_id: str) -> list[dict[str, Any]]:
    """Take from the internal system's queue what it is told about a case now."""
    queue = cloud.client("sqs", endpoints.aws_endpoint)
    messages = queue.receive_message(
        QueueUrl=endpoints.queues["to-backoffice"], MaxNumberOfMessages=10, WaitTimeSeconds=1
    ).get("Messages", [])
    for message in messages:
        queue.delete_message(QueueUrl=endpoints.queues["to-backoffice"], ReceiptHandle=message["ReceiptHandle"])
    return [event for message in messages if (event := json.loads(message["Body"]))["subject"] == case_id]


def ask(endpoints: Endpoints, case_id: str, kind: str, data: dict[str, Any]) -> None:
    """Send a command as the internal system does."""
    command = {"specversion": "1.0", "id": str(uuid.uuid4()), "type": kind, "subject": case_id, "data": data}
    cloud.client("sqs", endpoints.aws_endpoint).send_message(
        QueueUrl=endpoints.queues["from-backoffice"],
        MessageGroupId=case_id,
        MessageDeduplicationId=command["id"],
        MessageBody=json.dumps(command),
    )


def eventually(found: Callable[[], T]) -> T:
    """What `found` answers as soon as it is true."""
    deadline = time.monotonic() + DEADLINE
    while not (answer := found()):
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.05)
    return answer
