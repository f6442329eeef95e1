"""What one running Portico shows, every function of it with its own role and no other rights.

All tests that share it are in this file, so that it is started once however many processes run the tests.
"""

import base64
import email.policy
import hashlib
import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.local import cloud, endpoints, logs, stack
from infra.local.endpoints import Endpoints
from infra.stage import LOCAL, ROOT
from tests.end_to_end.portal import HOLE, Person, ask, customer, decide, eventually, told

pytestmark = pytest.mark.cloud

NOTE = b"There is a hole in the road."


@pytest.fixture(scope="module")
def portico(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoints]:
    """The addresses of a running Portico with the demonstration organisation."""
    with stack.running(tmp_path_factory.mktemp("cloud")) as running:
        yield running.endpoints


def announced(by: Person, content: bytes = NOTE) -> dict[str, Any]:
    file = {"name": "hole.txt", "size": len(content), "content_type": "text/plain"}
    upload: dict[str, Any] = by.call("POST", "/v1/uploads", file | {"sha256": hashlib.sha256(content).hexdigest()})
    return upload


def post(form: dict[str, Any], content: bytes, **changed: str) -> tuple[int, str]:
    """By multipart/form-data, as a browser does; what S3 answers."""
    boundary = uuid.uuid4().hex
    lines = []
    for name, value in (form["fields"] | changed).items():
        lines.append(f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode())
    lines.append(f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n'.encode())
    body = b"".join([*lines, content, f"\r\n--{boundary}--\r\n".encode()])
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    request = urllib.request.Request(form["url"], data=body, headers=headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, ""
    except urllib.error.HTTPError as refused:
        code = refused.read().decode().partition("<Code>")[2].partition("</Code>")[0]
        return refused.code, code


def tell(addresses: Path) -> "subprocess.CompletedProcess[str]":
    story = [sys.executable, "-m", "demo.story", "--endpoints", str(addresses)]
    return subprocess.run(story, cwd=ROOT, capture_output=True, text=True, check=False)


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


def test_every_answer_has_the_id_of_its_request_in_the_log(portico: Endpoints) -> None:
    """What succeeded and what was refused is found again by `x-amzn-RequestId`, as on AWS."""
    with urllib.request.urlopen(f"{portico.api}/v1/services", timeout=30) as answer:
        succeeded = answer.headers["x-amzn-RequestId"]
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{portico.api}/v1/me", timeout=30)
    assert json.load(refused.value)["request_id"] == refused.value.headers["x-amzn-RequestId"]
    eventually(lambda: succeeded in "".join(logs.newest(portico.aws_endpoint, 50)))


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


def test_s3_takes_what_was_announced_and_nothing_else(portico: Endpoints) -> None:
    """Its size, type and key, by a form of our own; then a function checks it that may do just that (E2, S16)."""
    ann = customer(portico)
    upload, other = announced(ann), announced(ann)
    form = upload["form"]
    bucket, key = form["url"].rpartition("/")[2], form["fields"]["key"]
    assert post(form, NOTE + b"!") == (400, "EntityTooLarge")
    assert post(form, NOTE[:-1]) == (400, "EntityTooSmall")
    assert post(form, NOTE, **{"Content-Type": "text/html"}) == (403, "AccessDenied")
    for elsewhere in (other["form"]["fields"]["key"], key.replace("quarantine", "attachments")):
        assert post(form, NOTE, key=elsewhere) == (403, "AccessDenied")
    foreign = {"policy": other["form"]["fields"]["policy"], "key": other["form"]["fields"]["key"]}
    assert post(form, NOTE, **foreign) == (403, "SignatureDoesNotMatch")

    assert post(form, NOTE)[0] == 204
    seen = eventually(
        lambda: (seen := ann.call("GET", f"/v1/uploads/{upload['upload_id']}"))["state"] != "pending" and seen
    )
    assert (seen["state"], seen["reason"]) == ("clean", None)
    storage = cloud.client("s3", portico.aws_endpoint)
    eventually(lambda: "Contents" not in storage.list_objects_v2(Bucket=bucket, Prefix=key))
    moved = storage.get_object(Bucket=bucket, Key=key.replace("quarantine", "attachments"))
    assert moved["Body"].read() == NOTE

    address = f"{portico.aws_endpoint}/{bucket}/{key.replace('quarantine', 'attachments')}"
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(address, timeout=30)
    assert refused.value.code == 403


def test_a_system_sends_a_file_that_its_customer_downloads(portico: Endpoints) -> None:
    """Checked and kept by the function that reads commands, with its own role; whole on the other side (C38, S16)."""
    ann = customer(portico)
    case_id = ann.call("POST", "/v1/cases", HOLE)["case_id"]
    plan = {"text": "The plan.", "name": "plan.txt", "content_type": "text/plain"}
    content = base64.b64encode(NOTE).decode()
    ask(portico, case_id, "portico.attachment.add.v1", plan | {"content": content})
    newest = eventually(lambda: (said := ann.case(case_id)["messages"][-1])["attachment_count"] and said)
    request = urllib.request.Request(f"{portico.api}/{newest['first_attachment']['href']}")
    request.add_unredirected_header("Authorization", f"Bearer {ann.token}")
    with urllib.request.urlopen(request, timeout=30) as file:
        assert file.read() == NOTE
        assert file.headers["Content-Disposition"].startswith("attachment;")


def test_the_story_is_told_to_its_end_time_after_time(portico: Endpoints, tmp_path: Path) -> None:
    """From a PIN to a closed and a canceled case, through HTTP and queues only; at once again (F2, F4, F6, F7, F23)."""
    endpoints.write(portico, tmp_path)
    for again in (False, True):
        story = tell(tmp_path / "endpoints.json")
        assert story.returncode == 0, story.stdout + story.stderr
        steps = [line for line in story.stdout.splitlines() if line.startswith("[")]
        assert steps[-1].startswith(f"[{len(steps)}/{len(steps)}]")
        assert ("an earlier story" in story.stdout) == again


def test_the_story_needs_a_running_portico(tmp_path: Path) -> None:
    """Where none runs it says so, and how to start one."""
    story = tell(tmp_path / "endpoints.json")
    assert story.returncode == 1
    assert "make run" in story.stderr
