"""What a queue delivers, message by message: only what fails goes back to it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

Deliver = Callable[["SQSRecord"], None]


def each(event: dict[str, Any], context: Any, deliver: Deliver) -> Any:
    """Of a standard queue: each message by itself."""
    from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response

    processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
    return process_partial_response(event=event, record_handler=deliver, processor=processor, context=context)


def in_order(event: dict[str, Any], context: Any, deliver: Deliver) -> Any:
    """Of a FIFO queue: what fails goes back with all that follows in its group."""
    from aws_lambda_powertools.utilities.batch import SqsFifoPartialProcessor, process_partial_response

    processor = SqsFifoPartialProcessor(skip_group_on_error=True)
    processor.raise_on_entire_batch_failure = False
    return process_partial_response(event=event, record_handler=deliver, processor=processor, context=context)
