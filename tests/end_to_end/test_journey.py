"""A case from its first PIN to its end, every function running with its own role and no other rights."""

import base64
import email.policy
import json
import os
import subprocess
import sys
import uuid
from typing import Any

import pytest

from infra.local import cloud
from infra.local.endpoints import Endpoints
from infra.stage import LOCAL, ROOT
from tests.end_to_end.portal import HOLE, Person, customer, decide, eventually

pytestmark = pytest.mark.cloud


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


def test_a_case_goes_from_a_customer_through_a_decision_to_its_end(portico: Endpoints) -> None:
    """PIN, case, internal system, workflow, staff member's decision, mails, with least rights (S16)."""
    ann = customer(portico)
    case_id = ann.call("POST", "/v1/cases", HOLE)["case_id"]
    seen: list[dict[str, Any]] = []

    def told_of(kind: str) -> bool:
        seen.extend(told(portico, case_id))
        return kind in {event["type"] for event in seen}

    eventually(lambda: told_of("portico.task.opened.v1"))
    ask(portico, case_id, "portico.message.post.v1", {"text": "We are on our way.", "audience": "customer"})
    eventually(lambda: "We are on our way." in json.dumps(ann.case(case_id)["messages"]))
    decide(portico, case_id, "NO_ACTION")
    eventually(lambda: ann.case(case_id)["status"] == "resolved")

    eventually(lambda: told_of("portico.task.completed.v1") and len(seen) == ann.case(case_id)["sequence"])
    sequences = [int(event["sequence"]) for event in seen]
    assert sequences == list(range(1, len(seen) + 1))
    subjects = eventually(lambda: (found := [mail["subject"] for mail in ann.mails()])[4:] and found)
    about = ("received", "message", "resolved", "How did we do?")
    assert [sum(word in subject for subject in subjects[1:]) for word in about] == [1, 1, 1, 1]


def test_the_mailbox_shows_a_mail_as_it_arrives(portico: Endpoints) -> None:
    """With everything that its receiver's program sees, down to the raw MIME."""
    [mail] = customer(portico).mails()
    fields = {"id", "time", "from", "recipients", "reply_to", "subject", "text", "html", "headers", "raw"}
    assert mail.keys() == fields
    received = email.message_from_bytes(base64.b64decode(mail["raw"]), policy=email.policy.default)
    assert received["Subject"] == mail["subject"] == mail["headers"]["Subject"]
    assert received["Auto-Submitted"] == mail["headers"]["Auto-Submitted"] == "auto-generated"
    assert mail["text"]
    assert mail["html"].startswith("<")


def test_a_mail_is_answered_by_mail(portico: Endpoints) -> None:
    """RI-21: what is posted to the mailbox comes in as by SES; what fails its checks goes to quarantine (C16, K5)."""
    ann = customer(portico)
    case_id = ann.call("POST", "/v1/cases", HOLE)["case_id"]
    [received] = eventually(lambda: ann.mails()[1:])
    ann.answer(received, "Somebody else wrote this.", "dmarc=FAIL")
    ann.answer(received, "It is deep.")
    [_, message] = eventually(lambda: ann.case(case_id)["messages"][1:] and ann.case(case_id)["messages"])
    assert (message["text"], message["via"]) == ("It is deep.", "mail")
    queue, where = cloud.client("sqs", portico.aws_endpoint), portico.queues["mail-quarantine"]
    [forged] = eventually(lambda: queue.receive_message(QueueUrl=where, WaitTimeSeconds=1).get("Messages"))
    assert json.loads(forged["Body"])["reason"] == "sender_not_verified"
    queue.delete_message(QueueUrl=where, ReceiptHandle=forged["ReceiptHandle"])


def test_what_cannot_be_read_goes_to_quarantine(portico: Endpoints) -> None:
    """With its reason, and without stopping the command behind it (B5)."""
    queue = cloud.client("sqs", portico.aws_endpoint)
    queue.send_message(
        QueueUrl=portico.queues["from-backoffice"],
        MessageGroupId="x",
        MessageDeduplicationId=str(uuid.uuid4()),
        MessageBody="?",
    )

    def quarantined() -> list[dict[str, Any]]:
        messages = queue.receive_message(QueueUrl=portico.queues["quarantine"], WaitTimeSeconds=1).get("Messages", [])
        return [json.loads(message["Body"]) for message in messages]

    [found] = eventually(quarantined)
    assert (found["content"], found["source"]) == ("?", "from-backoffice")
    assert found["reason"]


def test_the_first_administrator_is_added_from_outside(portico: Endpoints) -> None:
    """`make staff` writes what the functions of the stage read: who is added signs in, and keeps records (A12)."""
    where = ["--stage", LOCAL, "--endpoint", portico.aws_endpoint]
    who = ["--email", "ada@portico.example", "--name", "Ada Byron", "--teams", "", "--roles", "administrator"]
    command = [sys.executable, "-m", "infra.staff", *where, *who]
    subprocess.run(command, cwd=ROOT, env={"PATH": os.environ["PATH"]}, check=True)
    ada = Person(portico, "ada@portico.example").sign_in()
    assert ada.call("POST", "/v1/admin/accounts", {"account_id": "ada", "name": "Of Ada"})["name"] == "Of Ada"
