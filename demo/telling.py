"""How the story is told: a line of progress while it happens, a transcript when it has."""

import shutil
import sys
from dataclasses import dataclass, field
from typing import Any

from demo.backoffice.sentences import paint, shortened


@dataclass
class Told:
    """One step, as it went."""

    title: str
    notes: list[str] = field(default_factory=list)
    """What was asked, answered, sent and heard, in order."""
    outcome: str = ""


class Telling:
    """Collects what happens, and shows where the story stands: in place on a terminal, line by line elsewhere."""

    def __init__(self, steps: int) -> None:
        self.told: list[Told] = []
        self._steps, self._in_place = steps, sys.stdout.isatty()

    def begin(self, title: str) -> None:
        self.told.append(Told(title))
        self._show(f"{title} …")

    def note(self, line: str) -> None:
        """Looking again and again is told once."""
        if self.told[-1].notes[-1:] != [line]:
            self.told[-1].notes.append(line)

    def end(self, outcome: str) -> None:
        self.told[-1].outcome = outcome
        if not self._in_place:
            print(f"{self._count()} {self.told[-1].title}: {outcome}", flush=True)

    def fail(self) -> None:
        """Tell how far it came, and what was seen in the step that failed."""
        self.clear()
        print(f"{self._count()} {self.told[-1].title}")
        print("\n".join(f"  {note}" for note in self.told[-1].notes), flush=True)

    def clear(self) -> None:
        """Take the line of progress away, so that something else can be printed."""
        if self._in_place:
            print("\r\033[K", end="", flush=True)

    def _count(self) -> str:
        width = len(str(self._steps))
        return f"[{len(self.told):>{width}}/{self._steps}]"

    def _show(self, text: str) -> None:
        if self._in_place:
            line = shortened(f"{self._count()} {text}", shutil.get_terminal_size().columns - 1)
            print(f"\r\033[K{line}", end="", flush=True)


def transcript(told: list[Told]) -> str:
    width = len(str(len(told)))
    lines: list[str] = []
    for number, step in enumerate(told, 1):
        lines.append(f"{number:>{width}}  {paint(step.title, 'bold')}")
        indent = " " * (width + 2)
        lines += [f"{indent}{paint(note, 'grey')}" for note in step.notes]
        lines += [f"{indent}{step.outcome}", ""]
    return "\n".join(lines)


def heading(text: str) -> str:
    return paint(text, "bold")


def timeline(entries: list[dict[str, Any]]) -> str:
    """What happened to a case, as staff read it: a line per event; what customers do not see is marked."""
    return "\n".join(_entry(entry) for entry in entries)


def mails(sent: list[dict[str, Any]]) -> str:
    """Each mail with its first words."""
    return "\n".join(
        f"  {paint(mail['time'][11:19], 'grey')} to {mail['recipients'][0]}: {paint(mail['subject'], 'bold')}\n"
        f"           {paint(shortened(mail['text']), 'grey')}"
        for mail in sent
    )


def _entry(entry: dict[str, Any]) -> str:
    message = entry["message"]
    author = (message or entry)["author"]["name"]
    said = f"“{shortened(message['text'])}”" if message else entry["stage"] or entry["status"] or ""
    seen = "·" if entry["audience"] == "internal" else " "
    line = f"{entry['sequence']:>3} {seen} {entry['type']:<20} {author}: {said}".rstrip(": ")
    return f"  {paint(entry['time'][11:19], 'grey')} {line}"
