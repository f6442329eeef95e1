"""What leaves a door that fails: the kind of the failure, and nothing that it says.

Lambda logs the message of what a function raises, and messages of AWS quote what was sent: addresses, texts, tokens.
"""

import functools
from collections.abc import Callable
from typing import Any, TypeVar

from functions import log
from functions.errors import Refusal

T = TypeVar("T")


class Failed(Exception):
    """A door could not do its work; its platform tries again."""


def discreet(door: Callable[[dict[str, Any], Any], T]) -> Callable[[dict[str, Any], Any], T]:
    """Log a failure and raise `Failed` in its place. A refusal passes: its words are ours, its class is its reason."""

    @functools.wraps(door)
    def handle(event: dict[str, Any], context: Any) -> T:
        try:
            return door(event, context)
        except Refusal:
            raise
        except Exception as error:  # noqa: BLE001 (whatever it is, its message stays here)
            log.error("failed", error)
            raise Failed(log.describe(error)) from None

    return handle
