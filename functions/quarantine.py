"""Where things go that nobody can read, carry out or trust: kept with the reason, for a person to look at."""

import json

from functions import log
from functions.aws import client
from functions.settings import settings

CONTENT_LIMIT = 100_000
"""Bytes of what is kept; JSON may double them, and SQS took 256 KB before it took more."""


def quarantine(source: str, reason: str, content: str, *, queue_url: str = settings.quarantine_queue_url) -> None:
    log.warning("quarantined", item=source)
    kept = content.encode()[:CONTENT_LIMIT].decode(errors="ignore")
    body = json.dumps({"source": source, "reason": reason, "content": kept}, ensure_ascii=False)
    client("sqs").send_message(QueueUrl=queue_url, MessageBody=body)
