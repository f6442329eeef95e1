"""Files go straight to S3, which takes exactly what was announced, and no function may do more than it must."""

import base64
import hashlib
import json
import urllib.error
import urllib.request
import uuid
from typing import Any

import pytest

from infra.local import cloud
from infra.local.endpoints import Endpoints
from tests.end_to_end.portal import Person, eventually

pytestmark = pytest.mark.cloud

NOTE = b"There is a hole in the road."


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


def test_s3_takes_what_was_announced_and_nothing_else(portico: Endpoints) -> None:
    """Its size, type and key, by a form of our own; then a function checks it that may do just that (E2, S16)."""
    ann = Person(portico, f"{uuid.uuid4().hex[:8]}@customer.example").sign_in()
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
    ann = Person(portico, f"{uuid.uuid4().hex[:8]}@customer.example").sign_in()
    hole = {"TOPIC": "STREETS", "MESSAGE": "A deep hole", "PLACE": "High Street 4"}
    case_id = ann.call("POST", "/v1/cases", {"service": "contact-us", "answers": hole})["case_id"]
    wish = {"text": "The plan.", "name": "plan.txt", "content_type": "text/plain"}
    command = {
        "specversion": "1.0",
        "id": str(uuid.uuid4()),
        "type": "portico.attachment.add.v1",
        "subject": case_id,
        "data": wish | {"content": base64.b64encode(NOTE).decode()},
    }
    cloud.client("sqs", portico.aws_endpoint).send_message(
        QueueUrl=portico.queues["from-backoffice"],
        MessageGroupId=case_id,
        MessageDeduplicationId=command["id"],
        MessageBody=json.dumps(command),
    )
    newest = eventually(lambda: (said := ann.case(case_id)["messages"][-1])["attachment_count"] and said)
    request = urllib.request.Request(f"{portico.api}/{newest['first_attachment']['href']}")
    request.add_unredirected_header("Authorization", f"Bearer {ann.token}")
    with urllib.request.urlopen(request, timeout=30) as file:
        assert file.read() == NOTE
        assert file.headers["Content-Disposition"].startswith("attachment;")
