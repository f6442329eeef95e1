"""A request is obeyed once: the record of it is written in the transaction of its effect.

A record kept beside the effect, in a write of its own, leaves a window in which a crash makes two cases.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel

from functions.errors import Invalid
from functions.events import Actor, What
from functions.table import Item, Key, Write, put

KEPT = timedelta(days=7)


class IdempotencyMismatch(Invalid):
    """The same key came before with another body."""


@dataclass(frozen=True, slots=True)
class AlreadyObeyed(Exception):
    """This request has had its effect; `status`, `body` (JSON) and `headers` are what was answered then."""

    status: int
    body: str
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Shown:
    """What an effect looks like to who asked for it, with the headers that go with it."""

    model: BaseModel
    headers: Mapping[str, str] = field(default_factory=dict)

    def at(self, location: str) -> "Shown":
        """With where it is found that was made."""
        return Shown(self.model, {**self.headers, "Location": location})


def _whatever(_: Any) -> None:
    """No rule of the asker's own."""


def kept_until(now: datetime) -> int:
    """When the table forgets what is obeyed now (DynamoDB's time to live)."""
    return int((now + KEPT).timestamp())


def fingerprint(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Once:
    """A request that must have its effect exactly once, however often it comes."""

    caller: str
    request: str
    """What the caller asked and under which key of its own: unique per caller."""
    fingerprint: str
    status: int = 200
    show: Callable[[Any], BaseModel | Shown] | None = None
    """What the effect's result looks like to the caller."""
    acknowledge: tuple[What, ...] = ()
    """Events that the effect adds to the timeline of the case, to tell the caller."""
    cause: str | None = None
    """The id that those events, and all others of the effect, name as what they follow from."""

    @property
    def key(self) -> Key:
        return f"OBEYED#{self.caller}", self.request

    def check(self, found: Item | None) -> None:
        """Raise `AlreadyObeyed`, or `IdempotencyMismatch`, where the record exists."""
        if found is not None:
            raise self._repeated(found)

    def record(self, result: Any, now: datetime) -> Write:
        """The part of the transaction that keeps a second one from succeeding."""
        shown = self.show(result) if self.show else None
        model, headers = (shown.model, shown.headers) if isinstance(shown, Shown) else (shown, {})
        item = {
            "fingerprint": self.fingerprint,
            "status": self.status,
            "data": model.model_dump_json() if model else "",
            "headers": json.dumps(dict(headers)),
        }
        return put(
            self.key,
            item | {"expires": kept_until(now)},
            condition="attribute_not_exists(pk)",
            refused=lambda found: self._repeated(found or item),
        )

    def _repeated(self, found: Item) -> Exception:
        if found["fingerprint"] != self.fingerprint:
            return IdempotencyMismatch("This idempotency key came before with another body; use a new key.")
        return AlreadyObeyed(found["status"], found["data"], json.loads(found.get("headers", "{}")))


@dataclass(frozen=True, slots=True)
class Mandate:
    """Who asks for an action, whether they may, and how it has its effect once."""

    actor: Actor
    once: Once | None = None
    check: Callable[[Any], None] = _whatever
    """Raises a refusal where the thing, as it is when it is written, is not the asker's to change."""
