"""AWS says no: what a call answers while something else is in its way, or that it cannot be reached."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import EndpointConnectionError

from functions import aws


@contextmanager
def refused(call: str, code: str) -> Iterator[None]:
    """Answer the first call of that kind (`sesv2.SendEmail`) with an error of that code; it has no effect."""
    answers = iter([(SimpleNamespace(status_code=400), {"Error": {"Code": code}, "ResponseMetadata": {}})])

    def before_call(**_: Any) -> Any:
        return next(answers, None)

    with _before(call, before_call):
        yield


@contextmanager
def unreachable(call: str, about: str) -> Iterator[None]:
    """Calls of that kind (`sqs.SendMessage`) fail where they name that, and work for all others."""

    def before_call(params: dict[str, Any], **_: Any) -> None:
        if about.encode() in params["body"]:
            raise EndpointConnectionError(endpoint_url=call)

    with _before(call, before_call):
        yield


@contextmanager
def _before(call: str, hook: Callable[..., Any]) -> Iterator[None]:
    events = aws.client(call.partition(".")[0]).meta.events
    events.register_first(f"before-call.{call}", hook, unique_id=f"{id(hook)}")
    try:
        yield
    finally:
        events.unregister(f"before-call.{call}", unique_id=f"{id(hook)}")
