"""The stream's door: each new event is followed up as it is written.

A batch is told in the order of the events' numbers: DynamoDB promises an order per item, and each event is one. A
fault of AWS fails the batch, which the stream repeats. An event that fails by itself is left to the sweeper, with the
later ones of its case in the batch (B4); it never stops other cases (B5). What its case does after that batch may
overtake it: each event brings the whole state, so a late one is harmless, and its message is taken by its id (B6).
"""

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from chalice.app import Blueprint

from functions import log
from functions.failures import discreet
from functions.sync.follow_ups import follow, place
from functions.table import Item, image

doors = Blueprint(__name__)


@doors.lambda_function(name="publish")
@discreet
def publish(event: dict[str, Any], context: Any) -> None:
    new = (image(record["dynamodb"]["NewImage"]) for record in event["Records"] if record["eventName"] == "INSERT")
    untold = (item for item in new if "due" in item and "type" in item)
    in_order = sorted(untold, key=lambda item: place((item["pk"], item["sk"])))
    for _, events in groupby(in_order, key=lambda item: item["pk"]):
        _tell_in_order(events)


def _tell_in_order(events: Iterable[Item]) -> None:
    for item in events:
        try:
            follow(item)
        except (ClientError, BotoCoreError):
            raise
        except Exception as error:  # noqa: BLE001 (whatever is wrong with this one, other cases go on)
            log.error("left to the sweeper", error, item=item["sk"], type=item["type"])
            break
