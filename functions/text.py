"""The one text filter at the door: what passes here can be stored, queued, mailed and printed.

SQS and XML accept the same characters, and refuse the rest only after the customer has gone (B11).
"""

import re
import unicodedata
from typing import Annotated, Any

from pydantic import AfterValidator, Field, WithJsonSchema
from pydantic_core import to_json

_NOT_IN_A_NAME = re.compile(r"[\x00-\x1f/\\\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""What would lead to another folder, break a line, or show a name in another order than it has."""
_REFUSED = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def clean(text: str) -> str:
    """The text in Unicode's composed form (NFC). Raise ValueError for a character that XML 1.0 does not allow."""
    if _REFUSED.search(text):
        raise ValueError("must not contain control characters")
    return unicodedata.normalize("NFC", text)


def printable(text: str) -> str:
    """The same, without the characters that it would be refused for: for what nobody is there to write anew."""
    return clean(_REFUSED.sub("", text))


def clean_all(value: Any) -> Any:
    """`clean` for every text, names of members included, anywhere inside a JSON value."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [clean_all(inner) for inner in value]
    if isinstance(value, dict):
        return {clean(name): clean_all(inner) for name, inner in value.items()}
    return value


def at_most(size: int) -> AfterValidator:
    """A limit in bytes of JSON in UTF-8, since that is what events and queues count."""

    def check(text: str) -> str:
        if len(to_json(text)) - len('""') > size:
            raise ValueError(f"must be at most {size} bytes of UTF-8, as JSON")
        return text

    return AfterValidator(check)


def _described(size: int) -> WithJsonSchema:
    """The nearest that JSON Schema can say, which counts characters."""
    return WithJsonSchema({"type": "string", "minLength": 1, "maxLength": size, "pattern": r"\S"})


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be blank")
    return text


def _no_path(name: str) -> str:
    if _NOT_IN_A_NAME.search(name):
        raise ValueError("must not contain path separators, line breaks or marks of direction")
    return name


Text = Annotated[str, AfterValidator(clean), AfterValidator(_not_blank), at_most(10_000), _described(10_000)]
"""What a person writes: 1 to 10,000 bytes, with line breaks; those, quotes and backslashes count twice, as in JSON."""

Line = Annotated[str, AfterValidator(clean), AfterValidator(_not_blank), at_most(200), _described(200)]
"""A name, a title, a code: 1 to 200 bytes."""

FileName = Annotated[
    str,
    AfterValidator(clean),
    AfterValidator(_not_blank),
    AfterValidator(_no_path),
    at_most(200),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": 200, "pattern": r"^[^\u0000-\u001f/\\]+$"}),
]
"""The name of a file, without a path: data that is shown, and never part of an address (E7)."""

Id = Annotated[str, Field(pattern="^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
"""What administrators name a record by."""
