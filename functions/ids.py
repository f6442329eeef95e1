"""Ids: a prefix that says of what, and a ULID, so that they sort by time and tell nothing else."""

from datetime import datetime

from ulid_transform import ulid_at_time

TIME_LENGTH = 10
"""The characters of a ULID that tell its time; the rest is chance, which is no secret."""


def new_id(prefix: str, now: datetime) -> str:
    return f"{prefix}_{ulid(now)}"


def ulid(now: datetime) -> str:
    return ulid_at_time(now.timestamp())
