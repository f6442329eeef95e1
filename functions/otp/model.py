"""PINs: how one is derived, how long it lives, how often it may be tried, how many may be asked for. No I/O.

Bounds and defaults: D11. The arithmetic behind the budgets: with 8 digits, 50 failures in all before codes
become long, the chance that one account is ever opened by guessing is at most 5e-7 (S3).
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Literal

from functions.errors import Gone, NotSignedIn
from functions.events import Frozen
from functions.moment import Moment

Purpose = Literal["sign_in"]

DIGITS = 8
LONG_LENGTH = 13
VALID_FOR = timedelta(minutes=10)
MAX_ATTEMPTS = 3
SESSION_VALID_FOR = timedelta(hours=12)

SPACING = timedelta(seconds=60)
PER_ADDRESS = ((timedelta(hours=1), 5), (timedelta(days=1), 10))
PER_IP = ((timedelta(hours=1), 20),)
FAILURES_PER_DAY = 10
FAILURES_SINCE_SUCCESS = 50
FAILURES_OF_ALL_PER_HOUR = 200
"""The breaker: when so many guesses fail within an hour, whoever is meant, new codes are long ones."""
FAILURES_COUNTED_BY = timedelta(minutes=15)

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no letter that looks like a digit."""
_READ_AS = str.maketrans("OIL", "011")


class OtpIncorrect(NotSignedIn):
    pass


class OtpLocked(Gone):
    pass


class OtpExpired(Gone):
    pass


class Challenge(Frozen):
    """One PIN that was sent to one address for one purpose; the PIN itself is nowhere."""

    challenge_id: str
    purpose: Purpose
    issued_at: Moment
    expires_at: Moment
    attempts: int
    attempts_left: int
    long: bool
    """Whether its code is the long one."""


class Issued(Frozen):
    """One use of a budget: when, and how many attempts were spent and failed."""

    at: Moment
    failures: int = 0


class Budget(Frozen):
    """What an address has used of its budgets."""

    issued: tuple[Issued, ...] = ()
    """The last day's."""
    older_failures: int = 0
    """Failures from before that, since the last success."""

    def aged(self, now: datetime) -> "Budget":
        """The same without what is older than a day, whose failures stay counted."""
        old = [use for use in self.issued if use.at <= now - timedelta(days=1)]
        return Budget(
            issued=tuple(use for use in self.issued if use not in old),
            older_failures=self.older_failures + sum(use.failures for use in old),
        )

    def allows(self, now: datetime) -> bool:
        times = [use.at for use in self.issued]
        return within(PER_ADDRESS, times, now) and not any(at > now - SPACING for at in times)

    @property
    def guesses_left(self) -> int:
        """How many more wrong digits are borne, by day and since the last success; with none left, codes are long."""
        today = sum(use.failures for use in self.issued)
        return max(0, min(FAILURES_PER_DAY - today, FAILURES_SINCE_SUCCESS - today - self.older_failures))

    def spent(self, issued_at: datetime, failures: int) -> "Budget":
        """With the failures of the challenge that was issued then."""
        return self.model_copy(
            update={
                "issued": tuple(
                    use.model_copy(update={"failures": failures}) if use.at == issued_at else use for use in self.issued
                )
            }
        )

    def used(self, now: datetime) -> "Budget":
        return self.model_copy(update={"issued": (*self.issued, Issued(at=now))})

    def after_success(self) -> "Budget":
        """Failures are forgiven; what was mailed stays counted."""
        return Budget(issued=tuple(Issued(at=use.at) for use in self.issued))


def counted_since(now: datetime) -> list[datetime]:
    """The beginnings of the periods in which failures of all are counted, of the last hour and the rest of its first.

    So each failure counts for an hour at least, also over the turn of one.
    """
    present = now - (now - datetime.min.replace(tzinfo=UTC)) % FAILURES_COUNTED_BY
    return [present - number * FAILURES_COUNTED_BY for number in range(timedelta(hours=1) // FAILURES_COUNTED_BY + 1)]


def within(limits: tuple[tuple[timedelta, int], ...], times: Iterable[datetime], now: datetime) -> bool:
    """Whether one more is within every limit, each a number per period."""
    known = list(times)
    return all(sum(at > now - period for at in known) < number for period, number in limits)


def code_of(secret: bytes, *, long: bool) -> str:
    """The code that 32 secret bytes stand for: 8 digits, or 13 characters (65 bits)."""
    number = int.from_bytes(secret, "big")
    if not long:
        return f"{number % 10**DIGITS:0{DIGITS}}"
    return "".join(_ALPHABET[number >> 5 * place & 31] for place in range(LONG_LENGTH))


def as_typed(code: str) -> str:
    """A code as people type or paste it: blanks and dashes of any kind between groups, small letters, O for 0."""
    return "".join(filter(str.isalnum, code.upper())).translate(_READ_AS)
