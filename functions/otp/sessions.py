"""Who asks: the session, its person, the record of the request and what the route needs, in one consistent read."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel

from functions.clock import now
from functions.errors import NotSignedIn
from functions.http import Request
from functions.moment import stamp
from functions.obeyed import Mandate, Once, Shown
from functions.otp.repository import session_key
from functions.people.model import Person
from functions.people.repository import person_key, person_of
from functions.table import Item, Key, read


@dataclass(slots=True)
class Visit:
    """A signed-in person's request, with the items that were read for it."""

    caller: Person
    request: Request
    found: dict[Key, Item]

    def once(self, show: Callable[[Any], BaseModel | Shown] | None) -> Once | None:
        """How to have the effect once, where the caller sent an `Idempotency-Key`; `show` makes the answer of it."""
        return replace(self.request.once, show=show) if self.request.once else None

    def mandate(
        self, show: Callable[[Any], BaseModel | Shown] | None, *checks: Callable[[Any, Person], None]
    ) -> Mandate:
        """To act where each of `checks` lets the caller, and `If-Match` the version."""

        def check(thing: Any) -> None:
            for may in checks:
                may(thing, self.caller)
            self.request.check_version(thing.version)

        return Mandate(self.caller.actor, self.once(show), check)


def visit(
    request: Request,
    *keys: Key,
    own: Callable[[str], Key] | None = None,
    role: Callable[[Person], None] | None = None,
    check: Callable[[Visit], Any] | None = None,
) -> Visit:
    """Check the session and read `keys` with it; `own` names one more item by the id of the caller.

    Raise `NotSignedIn` where the session is unknown, over, or its person's login is off (F8), what `role` refuses the
    caller with, and `AlreadyObeyed` where this request has had its effect: unless `check` refuses to show its answer
    again.
    """
    token = request.bearer
    person_id = token.partition(".")[0]
    if not person_id:
        raise NotSignedIn("Sign in again.")
    session, person = session_key(person_id, token), person_key(person_id)
    once = _once(request, person_id)
    wanted = [session, person, *keys, *([own(person_id)] if own else []), *([once.key] if once else [])]
    found = read(*wanted)
    if not _is_valid(found.get(session), found.get(person)):
        raise NotSignedIn("Sign in again.")
    request.caller_id, request.once = person_id, once
    visited = Visit(caller=person_of(found[person]), request=request, found=found)
    if role:
        role(visited.caller)
    if once and once.key in found:
        if check:
            check(visited)
        once.check(found[once.key])
    return visited


def _is_valid(session: Item | None, person: Item | None) -> bool:
    return (
        session is not None
        and person is not None
        and "ended_at" not in session
        and stamp(now()) < session["expires_at"]
        and person["login"] == "enabled"
        and session["started_at"] >= person["sessions_valid_from"]
    )


def _once(request: Request, person_id: str) -> Once | None:
    key = request.idempotency_key
    if key is None:
        return None
    return Once(
        caller=person_id,
        request=f"{request.method} {request.path} {key}",
        fingerprint=request.fingerprint,
        status=request.status,
    )
