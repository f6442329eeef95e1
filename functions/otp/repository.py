"""Addresses with their challenges and budgets, sessions, and the budgets of IP addresses, in the table."""

import hashlib
import zlib
from datetime import datetime, timedelta
from typing import Any

from pydantic import ConfigDict, TypeAdapter

from functions.errors import Refusal
from functions.events import Frozen
from functions.keys import derive
from functions.moment import stamp
from functions.otp.model import Budget, Challenge, OtpExpired, OtpLocked, code_of, counted_since
from functions.people.repository import address_key
from functions.table import Item, Key, Write, apply, put, untold, update, versioned

CHALLENGE_PREFIX = "chal_"
_REF_LENGTH = 26
FAILURE_SHARDS = 4
"""So that those who attack many addresses at once do not all write one item."""
_TIMES: TypeAdapter[tuple[datetime, ...]] = TypeAdapter(tuple[datetime, ...], config=ConfigDict(defer_build=True))


class ChallengeIssued(Frozen):
    """What the stream carries of a new challenge; the address itself is read when the mail is sent."""

    ref: str
    challenge_id: str


class Address(Frozen):
    """An e-mail address as the front door knows it, whether or not somebody owns it."""

    ref: str
    email: str
    person_id: str | None
    challenges: tuple[Challenge, ...]
    budget: Budget
    version: int

    def challenge(self, challenge_id: str) -> Challenge | None:
        return next((known for known in self.challenges if known.challenge_id == challenge_id), None)


def challenge_id(unique: str, ref: str) -> str:
    """Opaque to others; its last part leads to the address, so that one write can spend an attempt there."""
    return f"{CHALLENGE_PREFIX}{unique}{ref}"


def ref_of(challenge: str) -> str:
    return challenge[-_REF_LENGTH:]


def code(challenge: Challenge) -> str:
    """The PIN of a challenge: derived, the same whenever it is asked for, stored nowhere."""
    return code_of(derive("pin", challenge.challenge_id, challenge.purpose), long=challenge.long)


def address_of(ref: str, email: str, found: Item | None) -> Address:
    if found is None:
        return Address(ref=ref, email=email, person_id=None, challenges=(), budget=Budget(), version=0)
    return Address(
        ref=ref,
        email=found.get("email", email),
        person_id=found.get("person_id"),
        challenges=tuple(_challenge(key, value) for key, value in found.get("challenges", {}).items()),
        budget=Budget.model_validate_json(found.get("data", "{}")),
        version=found.get("version", 0),
    )


def issued(before: Address, challenge: Challenge, budget: Budget, now: datetime) -> tuple[Write, Write]:
    """The address with its new challenge, which voids the one before; and the event of it."""
    address = update(
        address_key(before.ref),
        "SET email = :email, challenges = :challenges, #data = :data, version = :next",
        {
            "email": before.email,
            "challenges": {challenge.challenge_id: _challenge_item(challenge)},
            "data": budget.model_dump_json(),
            "next": before.version + 1,
            "before": before.version,
        },
        names={"#data": "data"},
        condition="attribute_not_exists(version) OR version = :before",
    )
    event = ChallengeIssued(ref=before.ref, challenge_id=challenge.challenge_id)
    item = {
        "type": "challenge.issued",
        "data": event.model_dump_json(),
        "expires": int((now + timedelta(days=1)).timestamp()),
        **untold(challenge.challenge_id, now),
    }
    return address, put((address_key(before.ref)[0], f"CHALLENGE#{challenge.challenge_id}"), item)


def spend_attempt(challenge: str, now: datetime) -> Address:
    """Spend one attempt while the challenge is open and in time, before anything is compared (F1, F2, L27).

    Raise `OtpLocked` when all are spent, `OtpExpired` when it is late, voided or unknown.
    """
    ref = ref_of(challenge)

    def refused(found: Item | None) -> Refusal:
        known = address_of(ref, "", found).challenge(challenge)
        if known is not None and known.expires_at > now and known.attempts_left <= 0:
            return OtpLocked("Too many wrong codes. Ask for a new one.")
        return OtpExpired("This code is not valid any more. Ask for a new one.")

    found = apply(
        update(
            address_key(ref),
            "SET challenges.#id.attempts_left = challenges.#id.attempts_left - :one, version = version + :one",
            {"one": 1, "none": 0, "now": stamp(now)},
            names={"#id": challenge},
            condition="challenges.#id.attempts_left > :none AND challenges.#id.expires_at > :now",
            refused=refused,
        )
    )
    return address_of(ref, "", found)


def closed(address: Address, challenge: Challenge, person_id: str) -> Write:
    """The challenge is used up, its address belongs to that person, and its failures are forgiven."""
    return update(
        address_key(address.ref),
        "SET person_id = :person, #data = :data, version = version + :one REMOVE challenges.#id",
        {"person": person_id, "data": address.budget.after_success().model_dump_json(), "one": 1},
        names={"#id": challenge.challenge_id, "#data": "data"},
        condition="attribute_exists(challenges.#id) AND (attribute_not_exists(person_id) OR person_id = :person)",
        refused=lambda _: OtpExpired("This code is not valid any more. Ask for a new one."),
    )


def ip_key(ip: str) -> Key:
    return f"IP#{derive('ip', ip)[:16].hex()}", "RECORD"


def ip_times(found: Item | None) -> tuple[datetime, ...]:
    """When challenges were asked for from there."""
    return _TIMES.validate_json(found["data"]) if found else ()


def ip_used(key: Key, found: Item | None, times: tuple[datetime, ...], period: timedelta) -> Write:
    before = found["version"] if found else 0
    item = {"data": _TIMES.dump_json(times).decode(), "expires": int((times[-1] + period).timestamp())}
    return versioned(key, item, before + 1)


def failures_keys(now: datetime) -> list[Key]:
    """Where the failures of all that count now are counted."""
    return [_failures_key(since, shard) for since in counted_since(now) for shard in range(FAILURE_SHARDS)]


def count_failure(challenge: str, now: datetime) -> None:
    key = _failures_key(counted_since(now)[0], zlib.crc32(challenge.encode()) % FAILURE_SHARDS)
    values: dict[str, Any] = {"one": 1, "expires": int((now + timedelta(hours=2)).timestamp())}
    apply(update(key, "ADD failures :one SET expires = :expires", values))


def _failures_key(since: datetime, shard: int) -> Key:
    return f"FAILURES#{stamp(since)}#{shard}", "RECORD"


def session_key(person_id: str, token: str) -> Key:
    return f"PERSON#{person_id}", f"SESSION#{hashlib.sha256(token.encode()).hexdigest()}"


def _challenge_item(challenge: Challenge) -> Item:
    return {
        "purpose": challenge.purpose,
        "issued_at": stamp(challenge.issued_at),
        "expires_at": stamp(challenge.expires_at),
        "attempts": challenge.attempts,
        "attempts_left": challenge.attempts_left,
        "long": int(challenge.long),
    }


def _challenge(challenge_id: str, item: Item) -> Challenge:
    return Challenge.model_validate({"challenge_id": challenge_id, **item})


def failed_attempts(challenge: Challenge) -> int:
    return challenge.attempts - challenge.attempts_left
