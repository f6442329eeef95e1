"""Points in time, and the one way to write them."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, BeforeValidator, PlainSerializer, WithJsonSchema


def stamp(moment: datetime) -> str:
    """RFC 3339 in UTC with milliseconds, so that stamps sort as their moments do."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Moment = Annotated[
    datetime,
    PlainSerializer(stamp, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""A point in time; as text always as `stamp` writes it."""

Stamp = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]
"""The text itself, of a moment that is kept to be shown and never reckoned with."""


def _in_utc(given: Any) -> Any:
    """From text only, since a number is a point in time to some and not to others."""
    if isinstance(given, datetime):
        return given
    try:
        if isinstance(given, str) and _RFC_3339.fullmatch(given):
            return datetime.fromisoformat(given.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise ValueError("must be a date and a time with its zone (RFC 3339)")


_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
GivenMoment = Annotated[
    AwareDatetime,
    BeforeValidator(_in_utc),
    PlainSerializer(stamp, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""A point in time that somebody has sent: it must say its zone."""
