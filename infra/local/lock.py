"""A folder is worked on by one process at a time; the operating system lets go of it however that process ends."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Taken(Exception):
    """Another process works here; its number is the argument, empty while it is only just starting."""


@contextmanager
def hold(folder: Path) -> Iterator[None]:
    with (folder / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise Taken(lock.read()) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield
        lock.truncate(0)


def holder(folder: Path) -> int | None:
    """The process that works here now."""
    if not folder.exists():
        return None
    try:
        with hold(folder):
            return None
    except Taken as taken:
        return int(str(taken) or 0) or None
