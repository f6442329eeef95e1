"""AWS says no, once: what a call answers while something else is in its way."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from functions import aws


@contextmanager
def refused(call: str, code: str) -> Iterator[None]:
    """Answer the first call of that kind (`sesv2.SendEmail`) with an error of that code; it has no effect."""
    service = call.partition(".")[0]
    answers = iter([(SimpleNamespace(status_code=400), {"Error": {"Code": code}, "ResponseMetadata": {}})])

    def before_call(**_: Any) -> Any:
        return next(answers, None)

    events = aws.client(service).meta.events
    events.register_first(f"before-call.{call}", before_call, unique_id="refused")
    try:
        yield
    finally:
        events.unregister(f"before-call.{call}", unique_id="refused")
