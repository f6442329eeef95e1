"""SES: a role may send for the domain it names; what was sent can be read at GET /_portico/mailbox, for ever.

What is posted there (RFC 5322, as it stands) comes in as mail does in AWS: stored in the bucket, and told of.
"""

import asyncio
import base64
import email.policy
import json
import os
import re
import secrets
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import getaddresses, parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from ministack import app
from ministack.core import iam_actions
from ministack.services import ses_v2

from infra.local import cloud
from infra.stage import LOCAL

PATH = "/_portico/mailbox"
CHECKS = ("spam", "virus", "spf", "dkim", "dmarc")

_handle_request = ses_v2.handle_request
_resource_arn = iam_actions._ses_v2_resource_arn
_app = app.app


def install(file: Path) -> None:
    """Mails are lines of `file`, written as they are sent."""

    async def handle_request(method: str, path: str, headers: Any, body: bytes, query: Any) -> Any:
        answer = await _handle_request(method, path, headers, body, query)
        if answer[0] == 200 and method == "POST" and path.endswith("/outbound-emails"):  # noqa: PLR2004
            mail = as_received(json.loads(body), json.loads(answer[2])["MessageId"])
            with file.open("a") as lines:
                lines.write(json.dumps(mail) + "\n")
        return answer

    async def serve(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["path"] != PATH:
            await _app(scope, receive, send)
            return
        if scope["method"] == "POST":
            raw, verdicts = await _body(receive), dict(parse_qsl(scope["query_string"].decode()))
            stored = await asyncio.to_thread(come_in, raw, verdicts)
            body = json.dumps({"stored": stored}).encode()
        else:
            body = f"[{','.join(_lines(file))}]".encode()
        kind = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": kind})
        await send({"type": "http.response.body", "body": body})

    iam_actions._ses_v2_resource_arn = resource_arn
    ses_v2.handle_request = handle_request
    app.app = serve


def come_in(raw: bytes, verdicts: dict[str, str]) -> str:
    """Put a mail where SES would, and say so as SES does; each of its `verdicts` is PASS unless given otherwise."""
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    sent_by = _addresses(mail, "Return-Path") or _addresses(mail, "From")
    told: dict[str, Any] = {f"{check}Verdict": {"status": verdicts.get(check, "PASS")} for check in CHECKS}
    name = secrets.token_hex(20)
    key = f"mail/{name}"
    receipt = told | {"recipients": _addresses(mail, "To", "Cc"), "action": {"type": "S3", "objectKey": key}}
    notification = {
        "notificationType": "Received",
        "mail": {"messageId": name, "source": sent_by[0] if sent_by else ""},
        "receipt": receipt,
    }
    endpoint = f"http://{cloud.HOST}:{os.environ['GATEWAY_PORT']}"
    storage, queues = cloud.client("s3", endpoint), cloud.client("sqs", endpoint)
    names = [bucket["Name"] for bucket in storage.list_buckets()["Buckets"]]
    bucket = next(each for each in names if each.startswith(f"portico-{LOCAL}-mail-"))
    storage.put_object(Bucket=bucket, Key=key, Body=raw)
    queue = queues.get_queue_url(QueueName=f"portico-{LOCAL}-mail-in")["QueueUrl"]
    queues.send_message(QueueUrl=queue, MessageBody=json.dumps(notification))
    return key


async def _body(receive: Any) -> bytes:
    body, more = b"", True
    while more:
        part = await receive()
        body, more = body + part.get("body", b""), part.get("more_body", False)
    return body


def _lines(file: Path) -> list[str]:
    return file.read_text().splitlines() if file.exists() else []


def resource_arn(method: str, path: str, body: bytes, region: str, account: str) -> str:
    """SendEmail works on the identity of the sender's domain. Stock ministack says *, which no role of ours may."""
    if path.endswith("/outbound-emails"):
        domain = parseaddr(as_received(json.loads(body), "")["from"])[1].rpartition("@")[2]
        return f"arn:aws:ses:{region}:{account}:identity/{domain}"
    arn: str = _resource_arn(method, path, body, region, account)
    return arn


def as_received(request: dict[str, Any], message_id: str) -> dict[str, Any]:
    """A SendEmail request as the mail that arrives."""
    destination = request.get("Destination") or {}
    content = request["Content"]
    if "Raw" in content:
        raw = base64.b64decode(content["Raw"]["Data"])
    else:
        raw = _composed(request, destination, content["Simple"]).as_bytes()
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    envelope = [address for kind in ("To", "Cc", "Bcc") for address in destination.get(f"{kind}Addresses", [])]
    return {
        "id": message_id,
        "time": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "from": request.get("FromEmailAddress") or str(mail["From"]),
        "recipients": envelope or _addresses(mail, "To", "Cc", "Bcc"),
        "reply_to": request.get("ReplyToAddresses") or _addresses(mail, "Reply-To"),
        "subject": str(mail["Subject"] or ""),
        "text": _part(mail, "plain"),
        "html": _part(mail, "html"),
        "headers": {name: re.sub(r"\s+", " ", str(value)) for name, value in mail.items()},
        "raw": base64.b64encode(raw).decode(),
    }


def _composed(request: dict[str, Any], destination: dict[str, Any], simple: dict[str, Any]) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = request["FromEmailAddress"]
    mail["To"] = ", ".join(destination.get("ToAddresses", []))
    if request.get("ReplyToAddresses"):
        mail["Reply-To"] = ", ".join(request["ReplyToAddresses"])
    mail["Subject"] = simple["Subject"]["Data"]
    for header in simple.get("Headers") or []:
        mail[header["Name"]] = header["Value"]
    if "Text" in simple["Body"]:
        mail.set_content(simple["Body"]["Text"]["Data"])
    if "Html" in simple["Body"]:
        mail.add_alternative(simple["Body"]["Html"]["Data"], subtype="html")
    return mail


def _addresses(mail: EmailMessage, *headers: str) -> list[str]:
    values = [str(value) for header in headers for value in mail.get_all(header, [])]
    return [address for _, address in getaddresses(values)]


def _part(mail: EmailMessage, kind: str) -> str:
    found = mail.get_body((kind,))
    return str(found.get_content()) if found else ""
