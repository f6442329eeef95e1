"""Where things go that nobody can read or carry out: kept with the reason, for a person to look at."""

import json

from functions import log
from functions.aws import client
from functions.settings import settings


def quarantine(source: str, reason: str, content: str) -> None:
    log.warning("quarantined", item=source)
    body = {"source": source, "reason": reason, "content": content[:200_000]}
    client("sqs").send_message(QueueUrl=settings.quarantine_queue_url, MessageBody=json.dumps(body))
