"""Points in time, and the one way to write them."""

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


def _as_text(given: Any) -> Any:
    """A number is a point in time to some and not to others."""
    if isinstance(given, datetime) or (isinstance(given, str) and "T" in given.upper()):
        return given
    raise ValueError("must be a date and a time with its zone (RFC 3339)")


GivenMoment = Annotated[
    AwareDatetime,
    BeforeValidator(_as_text),
    PlainSerializer(stamp, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""A point in time that somebody has sent: it must say its zone."""
