"""What an internal system knows of the portal's cases: a twin of each, kept in order by the numbers of its events."""

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

Event = dict[str, Any]
"""A CloudEvent, as it came out of the queue."""

TICKET_LENGTH = 8


class Taken(Exception):
    """Another program plays this internal system; two would take each other's messages away."""


TEXTS = ("portico.message.posted.v1", "portico.complaint.filed.v1")
"""Events with a text, which stands nowhere else."""
ERASED = "portico.contact.erased.v1"


@dataclass(frozen=True)
class Reading:
    """What the number of an event says about it."""

    late: bool = False
    """It is not newer than what we know already, and so was not applied."""
    missing: range = range(0)
    """The numbers between the last event and this one, which never came."""


@dataclass
class Twin:
    """Our side of one case, under an id of our own."""

    case_id: str
    ticket: str
    """The twin's id, which the portal keeps as `internal_ref`."""
    sequence: int = 0
    """The number of the last event that was applied."""
    case: dict[str, Any] = field(default_factory=dict)
    """The public state of the case, which comes with every event."""
    messages: list[dict[str, Any]] = field(default_factory=list)
    answered: list[str] = field(default_factory=list)
    """The rules that answer once per case, and have."""

    @property
    def number(self) -> str:
        """What people call the case."""
        return str(self.case["number"])

    @property
    def tasks(self) -> list[dict[str, Any]]:
        """What the case waits for now."""
        return list(self.case.get("open_tasks", ()))

    def apply(self, event: Event) -> Reading:
        """Take an event in. Every one brings the whole state, so of a late one only a message is taken, once."""
        number, data = int(event["sequence"]), event["data"]
        if event["type"] in TEXTS and number not in {message["sequence"] for message in self.messages}:
            author = {"from": data["actor"]["kind"], "by": data["actor"]["id"]}
            self.messages.append({"sequence": number, **author, "text": data["text"]})
            self.messages.sort(key=lambda message: int(message["sequence"]))
        if event["type"] == ERASED:
            self._forget(data["contact_id"], is_theirs=data["case"]["owner_id"] == data["contact_id"])
        if number <= self.sequence:
            return Reading(late=True)
        missing = range(self.sequence + 1, number)
        self.sequence, self.case = number, data["case"]
        return Reading(missing=missing)

    def _forget(self, contact_id: str, *, is_theirs: bool) -> None:
        """As the portal does: all that was said in their own case, and in another what they have said."""
        for message in self.messages:
            if is_theirs or message.get("by") == contact_id:
                message["text"] = "(erased)"


class Twins:
    """All twins, in a file where one is given, so that a program that starts again goes on where it stood."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        known = json.loads(file.read_text()) if file and file.exists() else []
        self._by_case = {twin["case_id"]: Twin(**twin) for twin in known}

    def of(self, event: Event) -> Twin:
        """The twin of the event's case, made with its first event."""
        case_id = event["subject"]
        if case_id not in self._by_case:
            self._by_case[case_id] = Twin(case_id, event["data"].get("internal_ref") or ticket_for(case_id))
        return self._by_case[case_id]

    def find(self, name: str) -> Twin | None:
        """By the id or the number of its case, or by its ticket."""
        return next((twin for twin in self if name in (twin.case_id, twin.ticket, twin.case.get("number"))), None)

    def save(self) -> None:
        """Completely or not at all."""
        if self._file:
            part = self._file.with_suffix(".part")
            part.write_text(json.dumps([asdict(twin) for twin in self], indent=1))
            part.replace(self._file)

    def __iter__(self) -> Iterator[Twin]:
        return iter(tuple(self._by_case.values()))


@contextmanager
def in_folder(folder: Path) -> Iterator[Twins]:
    """Those that a folder keeps. Raise `Taken` while another program works on them."""
    with (folder / "backoffice.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Taken("Another program plays the internal system here; end that one first.") from None
        yield Twins(folder / "backoffice.json")


def ticket_for(case_id: str) -> str:
    """The same for the same case, so that linking it once more is no conflict."""
    return f"BO-{case_id[-TICKET_LENGTH:]}"
