"""The stream's door: each new event is followed up as it is written.

A fault of AWS fails the batch, which the stream repeats, so that events stay in their order. An event that fails by
itself is left to the sweeper, and so never stops the others (B5).
"""

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from chalice.app import Blueprint

from functions import log
from functions.failures import discreet
from functions.sync.follow_ups import follow
from functions.table import image

doors = Blueprint(__name__)


@doors.lambda_function(name="publish")
@discreet
def publish(event: dict[str, Any], context: Any) -> None:
    for record in event["Records"]:
        item = image(record["dynamodb"]["NewImage"])
        if record["eventName"] != "INSERT" or "due" not in item or "type" not in item:
            continue
        try:
            follow(item)
        except (ClientError, BotoCoreError):
            raise
        except Exception as error:  # noqa: BLE001 (whatever is wrong with this one, the others go on)
            log.error("left to the sweeper", error, item=item["sk"], type=item["type"])
