"""Ids: a prefix that says of what, and a ULID, so that they sort by time and tell nothing else."""

import secrets
from datetime import datetime

ULID_LENGTH = 26
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_SHIFTS = range(5 * (ULID_LENGTH - 1), -1, -5)


def new_id(prefix: str, now: datetime) -> str:
    return f"{prefix}_{ulid(now)}"


def ulid(now: datetime) -> str:
    """48 bits of milliseconds and 80 bits of chance, in Crockford's base 32 (github.com/ulid/spec)."""
    number = int(now.timestamp() * 1000) << 80 | secrets.randbits(80)
    return "".join(_ALPHABET[number >> shift & 31] for shift in _SHIFTS)
