"""DynamoDB streams: after a restart a reader begins at the beginning.

Stock ministack forgets the records of a stream when it stops, but not how far its readers were: it would skip as many
new records as there had been old ones.
"""

from typing import Any

from ministack.services import lambda_svc

_restore_positions = lambda_svc._restore_esm_positions


def install() -> None:
    lambda_svc._restore_esm_positions = restore_positions


def restore_positions(store: Any, positions: Any) -> None:
    if store is not lambda_svc._dynamodb_stream_positions:
        _restore_positions(store, positions)
