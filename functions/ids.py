"""Ids: a prefix that says of what, and a ULID, so that they sort by time and tell nothing else."""

import hashlib
from datetime import datetime

from ulid_transform import bytes_to_ulid, ulid_at_time

TIME_LENGTH = 10
"""The characters of a ULID that tell its time; the rest is chance, which is no secret."""


def new_id(prefix: str, now: datetime) -> str:
    return f"{prefix}_{ulid(now)}"


def derived_id(prefix: str, *parts: str) -> str:
    """The same for the same parts, for what may be made twice and must be one."""
    return f"{prefix}_{bytes_to_ulid(hashlib.sha256(chr(0).join(parts).encode()).digest()[:16])}"


def ulid(now: datetime) -> str:
    return ulid_at_time(now.timestamp())
