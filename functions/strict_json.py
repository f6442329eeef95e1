"""JSON that no two readers can take for two different things (RFC 8259, I-JSON in RFC 7493)."""

import json
import math
import re
from typing import Any

from pydantic_core import from_json

from functions.errors import Malformed

DEPTH_LIMIT = 32
_JSON_TOKENS = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[\[\]{}]', re.DOTALL)
"""Texts and brackets. A text may be left open: were it not a match then, every quote in it would be tried anew."""


class BodyMalformed(Malformed):
    pass


def strict(body: bytes) -> bytes:
    """The body as it came, or `{}` for nothing. Raise `BodyMalformed`."""
    if not body.strip():
        return b"{}"
    if is_too_deep(body):
        raise BodyMalformed(f"The body nests deeper than {DEPTH_LIMIT} levels.")
    try:
        from_json(body, allow_inf_nan=False)  # whole UTF-8, whole surrogate pairs, no NaN, no number beyond measure
        json.loads(body, object_pairs_hook=_unrepeated, parse_float=_finite)
    except ValueError:
        raise BodyMalformed("The body is not valid JSON (RFC 8259).") from None
    return body


def _unrepeated(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    if len(found) < len(members):
        raise ValueError
    return found


def _finite(number: str) -> float:
    found = float(number)
    if math.isinf(found):
        raise ValueError
    return found


def is_too_deep(body: bytes) -> bool:
    """Whether JSON nests deeper than `DEPTH_LIMIT`, told before it is parsed."""
    if body.count(b"[") + body.count(b"{") <= DEPTH_LIMIT:
        return False
    depth = 0
    for token in _JSON_TOKENS.finditer(body):
        depth += {b"[": 1, b"{": 1, b"]": -1, b"}": -1}.get(token.group(), 0)
        if depth > DEPTH_LIMIT:
            return True
    return False
