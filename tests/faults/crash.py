"""Faults at the calls to AWS that Portico makes.

before   the process dies before the request leaves
after    the request takes effect, then the process dies: its answer is lost
resend   the answer is lost on the way, and the SDK sends the same request again
refuse   AWS throttles the request, and nothing happens
"""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from types import SimpleNamespace
from typing import Any, Literal

from functions import aws, keys
from functions.cases import numbers
from functions.sync import routes as sync_routes
from tests.calls import Call, call_of, hooked

Kind = Literal["before", "after", "resend", "refuse"]
KINDS: tuple[Kind, ...] = ("before", "after", "resend", "refuse")
Schedule = tuple[tuple[int, Kind], ...]
"""Which calls of one delivery, by their number, meet which fault."""


class Crash(BaseException):
    """The process is gone. Not an Exception, so that no `except Exception` survives it."""


class Faults:
    """Counts the calls of one delivery, and makes those fail that the schedule names."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.schedule: dict[int, Kind] = {}
        self.dead = False
        self._resent: set[int] = set()
        self._resending = False
        self._on = False

    @contextmanager
    def attached(self) -> Iterator[None]:
        """Deliveries inside can meet faults; said once for many, since telling botocore takes long."""
        with hooked({"before-call": self._before, "after-call": self._after, "needs-retry": self._needs_retry}):
            yield

    @contextmanager
    def during(self, schedule: Schedule = ()) -> Iterator[None]:
        """One delivery."""
        self.calls, self.schedule, self._resent = [], dict(schedule), set()
        self.start_process()
        self._on = True
        try:
            yield
        finally:
            self._on = False

    def start_process(self) -> None:
        """A function that starts afresh remembers nothing."""
        self.dead = False
        keys._secret.cache_clear()
        sync_routes._secrets.cache_clear()
        numbers._leases.clear()

    def met(self) -> list[str]:
        """The faults that came about, for people to read."""
        return [f"{kind} {self.calls[number]}" for number, kind in self.schedule.items() if number < len(self.calls)]

    def kinds_met(self) -> set[Kind]:
        return {kind for number, kind in self.schedule.items() if number < len(self.calls)}

    @property
    def _kind(self) -> Kind | None:
        return self.schedule.get(len(self.calls) - 1)

    def _die(self) -> None:
        self.dead = True  # what a `finally` does to AWS must not outlive the process
        raise Crash(f"{self._kind} {self.calls[-1]}")

    def _before(self, event_name: str, model: Any, params: Any, **others: Any) -> Any:
        if self._resending or not self._on:
            return None
        if self.dead:
            raise Crash
        self.calls.append(call_of(model, params))
        if self._kind == "before":
            self._die()
        if self._kind == "refuse":
            error = {"Code": "ThrottlingException", "Message": "too much at once"}
            answer = {"Error": error, "ResponseMetadata": {"HTTPStatusCode": 400, "RetryAttempts": 0}}
            return SimpleNamespace(status_code=400), answer
        if self._kind == "resend" and ".sfn." in event_name:
            self._send_twice(event_name, model=model, params=params, **others)
        return None

    def _send_twice(self, event_name: str, **event: Any) -> None:
        """Step Functions is answered in `before-call`, where the SDK's own retry never comes; so send it here once."""
        self._resending = True
        try:
            aws.client("stepfunctions").meta.events.emit_until_response(event_name, **event)
        finally:
            self._resending = False

    def _after(self, **_: Any) -> None:
        if self._on and self._kind == "after":
            self._die()

    def _needs_retry(self, request_dict: Any, response: Any = None, **_: Any) -> float | None:
        call = len(self.calls) - 1
        if not self._on or self._kind != "resend" or call in self._resent:
            return None
        self._resent.add(call)
        succeeded = response is not None and response[0].status_code == HTTPStatus.OK
        if succeeded and b"ClientRequestToken" in request_dict["body"]:
            return None  # AWS knows the token and answers as before, without a second effect; moto does not know it
        return 0.0
