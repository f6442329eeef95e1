"""Points in time, and the one way to write them."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import PlainSerializer, WithJsonSchema


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
