"""The time that rules see: UTC in milliseconds; only the local cloud and the tests can move it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from functions.settings import settings


def now() -> datetime:
    moment = datetime.now(UTC) + _offset()
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _offset() -> timedelta:
    if settings.clock_file is None:
        return timedelta(0)
    try:
        return timedelta(seconds=float(Path(settings.clock_file).read_text()))
    except FileNotFoundError:
        return timedelta(0)
