"""The chain that shows whether a case's timeline was tampered with. Rules only, no I/O.

Each entry is kept with a link, which is made of the one before it, of its place and of its content; the case keeps the
newest. An entry that is changed, taken out, put in or moved breaks the chain from there on. It covers the events; what
else the case's item holds follows from them and is not covered. Who may write the table could make every link anew:
that shows where the newest link was noted elsewhere, which is why a verification answers it.

An entry can lose what is personal in it without breaking the chain. Its content is covered twice: as a whole together
with a random salt, by its seal; and without what is personal. Erasing leaves the second and the seal. The salt goes, so
that nobody can find out what was sealed by guessing.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from pydantic_core import from_json, to_json

from functions.events import Frozen

BLANKS: dict[str, Any] = {"text": "", "author_name": None, "notes": None, "subject": "", "email": "", "attachments": []}
"""What is personal in what has happened, and what stands there once it is erased; beside the name of a customer.

A name that is added here must be that of a new field: entries that have it already were linked with it.
"""


@dataclass(frozen=True, slots=True)
class ChainedEvent:
    """An event as the table keeps it; `data` is its JSON."""

    place: str
    """Its row and number, such as `MESSAGE#000000000002`."""
    data: str
    link: str
    salt: str | None
    seal: str | None
    """In place of the salt, once it is erased."""

    @property
    def number(self) -> int:
        return int(self.place.rpartition("#")[2])

    @property
    def is_personal(self) -> bool:
        """Whether there is anything to be erased."""
        return erased(self.data) != self.data


class Broken(Frozen):
    """The first entry that does not follow from the one before it."""

    sequence: int
    type: str | None
    """None for one that is missing."""
    found: Literal["changed", "missing", "added"]


def seal_of(salt: str, data: str) -> str:
    return _hash(salt, data)


def link(before: str, place: str, data: str, salt: str) -> str:
    """The link of a new entry; `before` is that of the entry before it, empty for the first."""
    return _link(before, place, erased(data), seal_of(salt, data))


def erased(data: str) -> str:
    """An event without what is personal in it: what was written, and by which customer."""
    event = from_json(data)
    what = event["what"]
    what.update({name: blank for name, blank in BLANKS.items() if name in what})
    if event["actor"]["kind"] == "customer":
        event["actor"]["name"] = ""
    return to_json(event).decode()


def first_broken(
    entries: Iterable[ChainedEvent], *, after: int, before: str, newest: int, head: str | None
) -> Broken | None:
    """Follow the chain on from entry `after`, whose link is `before`, through entry `newest`.

    The last link must be `head`, where that is given.
    """
    expected = after + 1
    for entry in entries:
        if entry.number < expected or entry.number > newest:
            return _broken(entry, "added")
        if entry.number > expected:
            break
        if _is_changed(entry, before):
            return _broken(entry, "changed")
        before, expected = entry.link, expected + 1
    if expected <= newest:
        return Broken(sequence=expected, type=None, found="missing")
    if head is not None and before != head:
        return Broken(sequence=newest, type=None, found="changed")
    return None


def _is_changed(entry: ChainedEvent, before: str) -> bool:
    try:
        if entry.salt is not None:
            return link(before, entry.place, entry.data, entry.salt) != entry.link
    except (ValueError, KeyError, TypeError):
        return True  # it is no event any more
    return _link(before, entry.place, entry.data, entry.seal or "") != entry.link


def _broken(entry: ChainedEvent, found: Literal["changed", "added"]) -> Broken:
    try:
        what = from_json(entry.data)["what"]["type"]
    except (ValueError, KeyError, TypeError):
        what = None
    return Broken(sequence=entry.number, type=str(what) if what else None, found=found)


def _link(before: str, place: str, remaining: str, seal: str) -> str:
    return _hash(before, place, remaining, seal)


def _hash(*parts: str) -> str:
    """Line by line. Only one part of each may be anything, so none can pass for the beginning of the next one."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
