"""Where the story plays: a running stack, who takes part, and waiting until something is seen."""

import json
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from demo.backoffice import queues, rules, twins
from demo.backoffice.system import Backoffice
from demo.backoffice.twins import Event, Twins
from demo.portal import Mailbox, Unexpected, Visitor
from demo.telling import Telling

PATIENCE = 60.0
"""Seconds until something that should be seen counts as missing."""
GLANCE = 0.05
"""Seconds between two looks."""
DANA = "dana.okafor@portico.example"
"""The duty officer of demo/organisation.json, who is in every team."""

T = TypeVar("T")


@dataclass
class Scene:
    telling: Telling
    ana: Visitor
    """A customer who was never here before."""
    dana: Visitor
    """A staff member of the demonstration organisation."""
    backoffice: Backoffice
    mailbox: Mailbox
    api: str
    """Its address."""
    began: str
    """When, in RFC 3339."""
    session: Path
    """Where Dana's session is kept, since an address gets few PINs."""
    heard: list[Event] = field(default_factory=list)
    """What the internal system was told in this story."""
    challenge: str = ""
    """Of the PIN that was asked for last."""
    key: str = ""
    """The Idempotency-Key of Ana's report."""
    case_id: str = ""
    """The case that the story is about just now."""
    number: str = ""
    first: tuple[str, str] = ("", "")
    """Id and number of the case that it was about before."""

    def until(self, what: str, look: Callable[[], T | None]) -> T:
        """Look until something is seen, while the internal system works. Raise `Unexpected` where it stays away."""
        deadline = time.monotonic() + PATIENCE
        while True:
            self.heard += self.backoffice.work()
            seen = look()
            if seen:
                return seen
            if time.monotonic() > deadline:
                raise Unexpected(f"{what} was not seen within {PATIENCE:.0f} seconds")
            time.sleep(GLANCE)

    def hears(self, kind: str, *, since: int = 0, **members: Any) -> Event:
        """Wait until the internal system hears of such an event of the present case, with a number above `since`."""

        def look() -> Event | None:
            return next((event for event in self.heard if self._fits(event, kind, since, members)), None)

        return self.until(f"{kind} in the queue of the internal system", look)

    def _fits(self, event: Event, kind: str, since: int, members: dict[str, Any]) -> bool:
        return (
            event["subject"] == self.case_id
            and event["type"] == f"portico.{kind}.v1"
            and int(event["sequence"]) > since
            and members.items() <= event["data"].items()
        )

    def mail(self, to: Visitor, subject: str, *, seen: int = 0) -> dict[str, Any]:
        """Wait for the mail after `seen` earlier ones with these words in their subject."""

        def look() -> dict[str, Any] | None:
            mails = [mail for mail in self.mailbox.mails(to.email) if subject in mail["subject"]]
            return mails[seen] if len(mails) > seen else None

        return self.until(f"a mail “{subject}” to {to.email}", look)


@contextmanager
def on(endpoints_file: Path, telling: Telling) -> Iterator[Scene]:
    """On a running stack. Raise FileNotFoundError where none runs, `Taken` while another program is its back office."""
    endpoints = json.loads(endpoints_file.read_text())
    folder = endpoints_file.parent
    with twins.in_folder(folder) as known:
        yield _scene(endpoints, folder, known, telling)


def _scene(endpoints: dict[str, Any], folder: Path, known: Twins, telling: Telling) -> Scene:
    address = f"ana.{uuid.uuid4().hex[:8]}@example.org"
    return Scene(
        telling=telling,
        ana=Visitor("Ana", address, endpoints["api"], telling.note),
        dana=Visitor("Dana", DANA, endpoints["api"], telling.note),
        backoffice=Backoffice(queues.local(endpoints), rules.read(rules.BUILT_IN), known, telling.note),
        mailbox=Mailbox(endpoints["mailbox"]),
        api=endpoints["api"],
        began=datetime.now(UTC).isoformat(),
        session=folder / "demo-session.json",
    )
