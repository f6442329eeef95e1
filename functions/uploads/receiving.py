"""The upload bucket's door: S3 tells over a queue what was posted into quarantine."""

import json
from typing import TYPE_CHECKING, Any

from chalice.app import Blueprint

from functions import batches, log
from functions.failures import discreet
from functions.uploads import actions
from functions.uploads.bucket import upload_at

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

doors = Blueprint(__name__)

ATTEMPTS = 5
"""How often the queue delivers a notification; `maxReceiveCount` of its redrive policy."""


@doors.lambda_function(name="receive_upload")
@discreet
def receive_upload(event: dict[str, Any], context: Any) -> Any:
    """Check a batch; only the notifications whose file could not be checked go back to the queue."""
    return batches.each(event, context, _receive)


def _receive(record: "SQSRecord") -> None:
    """A message without records is the one with which S3 tries out the queue."""
    for told in json.loads(record.body).get("Records", []):
        upload_id = upload_at(told["s3"]["object"]["key"])
        if upload_id is None:
            log.warning("posted where nothing was announced")
            continue
        try:
            actions.receive(upload_id)
        except Exception as error:
            log.error("upload not checked", error, item=upload_id)
            if int(record.attributes.approximate_receive_count) >= ATTEMPTS:
                actions.give_up(upload_id)
            raise
