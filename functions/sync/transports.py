"""How events reach an internal system that reads no queue: by webhook or by mail, with the same content (F21).

Its queue is there all the same, and what is delivered is what stands in it: so order, repetition and giving up are
those of the queue, and an event is made in one place.
"""

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from chalice.app import Blueprint

from functions import batches, log
from functions.aws import client
from functions.cases.item_keys import message_key
from functions.clock import now
from functions.failures import discreet
from functions.mail import ses
from functions.settings import settings
from functions.sync import webhooks
from functions.sync.follow_ups import delivered, give_up
from functions.sync.queues import system_of
from functions.table import Key

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

doors = Blueprint(__name__)

WAITS = (5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 42_000)
"""Seconds from one try to the next, the last of them again and again; SQS hides nothing for more than twelve hours."""
TRIES = 12
"""How often the queue delivers an event; `maxReceiveCount` of its redrive policy."""


def wait_after(tries: int) -> int:
    return WAITS[min(tries, len(WAITS)) - 1]


def by_webhook(system: str, to: Mapping[str, str], body: str) -> None:
    """The secrets are read each time, so that a new one counts at once."""
    secrets, timestamp = webhooks.secrets_of(system), int(now().timestamp())
    try:
        webhooks.post(to["url"], _id_of(json.loads(body)), timestamp, body.encode(), secrets)
    except webhooks.NotTaken as refusal:
        log.warning("webhook not taken", system=system, status=refusal.status)
        raise


def by_mail(_system: str, to: Mapping[str, str], body: str) -> None:
    """Readable in the mail, and to the byte in its attachment."""
    event = json.loads(body)
    message = ses.message(_id_of(event), to["address"], event["type"], event.get("correlationid"))
    message.set_content(json.dumps(event, ensure_ascii=False, indent=2))
    message.add_attachment(body.encode(), maintype="application", subtype="cloudevents+json", filename="event.json")
    ses.send(message, to["address"])


TRANSPORTS: dict[str, Callable[[str, Mapping[str, str], str], None]] = {"webhook": by_webhook, "mail": by_mail}


@doors.lambda_function(name="deliver_events")
@discreet
def deliver_events(event: dict[str, Any], context: Any) -> Any:
    """Deliver in the order of the case: what fails goes back to the queue with all that follows in its case."""
    return batches.in_order(event, context, _deliver)


def _deliver(record: "SQSRecord") -> None:
    system = system_of(record.event_source_arn)
    try:
        to = settings.transports[system]
        TRANSPORTS[to["transport"]](system, to, record.body)
        _note(delivered, record.body)
    except Exception:
        tries = int(record.attributes.approximate_receive_count)
        if tries >= TRIES:
            _note(give_up, record.body)
        else:
            client("sqs").change_message_visibility(
                QueueUrl=settings.system_queues[system],
                ReceiptHandle=record.receipt_handle,
                VisibilityTimeout=wait_after(tries),
            )
        raise


def _note(outcome: Callable[[Key], None], body: str) -> None:
    """What has become of a message, which customers see (F27)."""
    event = json.loads(body)
    if "message_id" in event["data"] and event["data"]["audience"] == "customer":
        outcome(message_key(event["subject"], int(event["sequence"])))


def _id_of(event: dict[str, Any]) -> str:
    """Fit for a header, whatever the id of a command was made of."""
    return quote(event["id"], safe="")
