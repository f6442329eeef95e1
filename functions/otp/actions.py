"""What can be done at the front door: ask for a PIN, sign in with it, sign out."""

import base64
import hmac
import secrets
from datetime import datetime

from functions.clock import now
from functions.ids import TIME_LENGTH, new_id, ulid
from functions.moment import stamp
from functions.otp import repository
from functions.otp.model import (
    FAILURES_OF_ALL_PER_HOUR,
    MAX_ATTEMPTS,
    PER_IP,
    SESSION_VALID_FOR,
    VALID_FOR,
    Challenge,
    OtpExpired,
    OtpIncorrect,
    Purpose,
    as_typed,
    within,
)
from functions.people.model import canonical_email, new_contact
from functions.people.repository import added, address_key, address_ref, signs_in
from functions.table import Item, Key, commit, put, read, until_first, update


class Session:
    """What a right PIN gives. Only the SHA-256 of its token is kept."""

    def __init__(self, person_id: str, started_at: datetime) -> None:
        self.token = f"{person_id}.{secrets.token_urlsafe(32)}"
        self.person_id = person_id
        self.started_at = started_at
        self.expires_at = started_at + SESSION_VALID_FOR


def issue_challenge(email: str, purpose: Purpose, ip: str) -> str:
    """Note a new challenge, whose mail follows, and return its id. Over a budget: the id of one that never was.

    Who the address belongs to plays no part here, so the answer and the calls to AWS are the same for everybody.
    """
    address = canonical_email(email)
    ref, ip_key = address_ref(address), repository.ip_key(ip)

    def issue() -> str:
        moment = now()
        issued_id = repository.challenge_id(_unguessable(moment), ref)
        failures_keys = repository.failures_keys(moment)
        found = read(address_key(ref), ip_key, *failures_keys)
        before = repository.address_of(ref, address, found.get(address_key(ref)))
        budget = before.budget
        for known in before.challenges:
            budget = budget.spent(known.issued_at, repository.failed_attempts(known))
        budget = budget.aged(moment)
        times = repository.ip_times(found.get(ip_key))
        if not budget.allows(moment) or not within(PER_IP, times, moment):
            return issued_id
        long = budget.guesses_left == 0 or _breaker_is_open(found, failures_keys)
        attempts = MAX_ATTEMPTS if long else min(MAX_ATTEMPTS, budget.guesses_left)
        challenge = Challenge(
            challenge_id=issued_id,
            purpose=purpose,
            issued_at=moment,
            expires_at=moment + VALID_FOR,
            attempts=attempts,
            attempts_left=attempts,
            long=long,
        )
        period = PER_IP[0][0]
        recent = (*(at for at in times if at > moment - period), moment)
        commit(
            *repository.issued(before, challenge, budget.used(moment), moment),
            repository.ip_used(ip_key, found.get(ip_key), recent, period),
        )
        return issued_id

    return until_first(issue)


def sign_in(challenge_id: str, code: str) -> Session:
    """Spend an attempt, compare, and where the code is right close the challenge and start a session in one write.

    An address that nobody owns yet becomes a contact by it (D2). Raise `OtpIncorrect` with the attempts that are
    left, `OtpLocked`, or `OtpExpired`.
    """
    moment = now()
    address = repository.spend_attempt(challenge_id, moment)
    challenge = address.challenge(challenge_id)
    if challenge is None:
        raise OtpExpired("This code is not valid any more. Ask for a new one.")
    if not hmac.compare_digest(as_typed(code).encode(), repository.code(challenge).encode()):
        repository.count_failure(challenge_id, moment)
        raise OtpIncorrect("This is not the code that was sent.", attempts_left=challenge.attempts_left)
    person_id = address.person_id or new_id("contact", moment)
    session = Session(person_id, moment)
    writes = (
        repository.closed(address, challenge, person_id),
        *(
            (signs_in(person_id, moment, _switched_off),)
            if address.person_id
            else added(new_contact(person_id, address.email, moment).model_copy(update={"signed_in": True}))
        ),
        put(repository.session_key(person_id, session.token), _session_item(session)),
    )
    until_first(lambda: commit(*writes))
    return session


def sign_out(person_id: str, token: str) -> None:
    """End one session at once; ending it twice is harmless."""
    commit(update(repository.session_key(person_id, token), "SET ended_at = :now", {"now": stamp(now())}))


def _unguessable(moment: datetime) -> str:
    """Sorts by time like every id; but its chance is fit for secrets, as who knows a challenge may try codes (F3)."""
    return ulid(moment)[:TIME_LENGTH] + base64.b32encode(secrets.token_bytes(10)).decode()


def _switched_off() -> OtpExpired:
    """A login that was switched off after the code was mailed stays off."""
    return OtpExpired("This code is not valid any more. Ask for a new one.")


def _session_item(session: Session) -> Item:
    return {
        "started_at": stamp(session.started_at),
        "expires_at": stamp(session.expires_at),
        "expires": int(session.expires_at.timestamp()),
    }


def _breaker_is_open(found: dict[Key, Item], keys: list[Key]) -> bool:
    counted: int = sum(found[key]["failures"] for key in keys if key in found)
    return counted >= FAILURES_OF_ALL_PER_HOUR
