"""The upload bucket's door: over a queue S3 tells what was posted into quarantine, GuardDuty what it found there."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from chalice.app import Blueprint

from functions import batches, log
from functions.failures import discreet
from functions.settings import settings
from functions.uploads import actions
from functions.uploads.bucket import upload_at, upload_scanned

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

doors = Blueprint(__name__)

ATTEMPTS = 5
"""How often the queue delivers a notification; `maxReceiveCount` of its redrive policy."""
SCANNED = "GuardDuty Malware Protection Object Scan Result"
"""The `detail-type` of EventBridge (GuardDuty, "Monitoring S3 object scans with Amazon EventBridge")."""


@doors.lambda_function(name="receive_upload")
@discreet
def receive_upload(event: dict[str, Any], context: Any) -> Any:
    """Check a batch; only the notifications whose file could not be checked go back to the queue."""
    return batches.each(event, context, _receive)


def _receive(record: "SQSRecord") -> None:
    """A message of neither is the one with which S3 tries out the queue."""
    told = json.loads(record.body)
    if told.get("detail-type") == SCANNED:
        _scanned(record, told["detail"])
    for posted in told.get("Records", []):
        _posted(record, posted["s3"]["object"]["key"])


def _posted(record: "SQSRecord", key: str) -> None:
    upload_id = upload_at(key)
    if upload_id is None:
        log.warning("posted where nothing was announced")
        return
    _attempt(record, upload_id, lambda: actions.receive(upload_id))


def _scanned(record: "SQSRecord", detail: dict[str, Any]) -> None:
    scanned, result = detail["s3ObjectDetails"], detail["scanResultDetails"]["scanResultStatus"]
    upload_id = upload_scanned(scanned["bucketName"], scanned["objectKey"])
    if upload_id is None or not settings.malware_scan:
        log.warning("scanned what waits for no scan")
        return
    _attempt(record, upload_id, lambda: actions.judge(upload_id, scanned["eTag"], result))


def _attempt(record: "SQSRecord", upload_id: str, work: Callable[[], None]) -> None:
    try:
        work()
    except Exception:
        if int(record.attributes.approximate_receive_count) >= ATTEMPTS:
            actions.give_up(upload_id)
        raise
