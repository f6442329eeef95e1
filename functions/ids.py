"""Ids: a prefix that says of what, and a ULID, so that they sort by time and tell nothing else."""

from datetime import datetime

from ulid import ULID

ULID_LENGTH = 26


def new_id(prefix: str, now: datetime) -> str:
    return f"{prefix}_{ULID.from_datetime(now)}"
