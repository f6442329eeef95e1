"""What a queue delivers, message by message: only what fails goes back to it, and the log says why."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from functions import log

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

Deliver = Callable[["SQSRecord"], None]


def each(event: dict[str, Any], context: Any, deliver: Deliver) -> Any:
    """Of a standard queue: each message by itself."""
    from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response

    processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
    return process_partial_response(event=event, record_handler=_logged(deliver), processor=processor, context=context)


def in_order(event: dict[str, Any], context: Any, deliver: Deliver) -> Any:
    """Of a FIFO queue: what fails goes back with all that follows in its group."""
    from aws_lambda_powertools.utilities.batch import SqsFifoPartialProcessor, process_partial_response

    processor = SqsFifoPartialProcessor(skip_group_on_error=True)
    processor.raise_on_entire_batch_failure = False
    return process_partial_response(event=event, record_handler=_logged(deliver), processor=processor, context=context)


def _logged(deliver: Deliver) -> Deliver:
    def handle(record: "SQSRecord") -> None:
        try:
            deliver(record)
        except Exception as error:
            log.error("message failed", error, item=record.message_id)
            raise

    return handle
