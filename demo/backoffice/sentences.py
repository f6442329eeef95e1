"""Events as a person reads them: one line each."""

import os
import sys
from collections.abc import Callable
from typing import Any, TextIO

from demo.backoffice.commands import Command
from demo.backoffice.twins import Event, Reading, Twin

COLOURS = {"grey": 90, "red": 31, "green": 32, "yellow": 33, "blue": 34, "cyan": 36, "bold": 1}
LONGEST_TEXT = 100
TICKET, KIND = 11, 24
"""Widths of the columns."""


def paint(text: str, colour: str, out: TextIO = sys.stdout) -> str:
    """In colour on a terminal, unless NO_COLOR is set; plain anywhere else."""
    if not out.isatty() or os.environ.get("NO_COLOR"):
        return text
    return f"\033[{COLOURS[colour]}m{text}\033[0m"


def shortened(text: str, longest: int = LONGEST_TEXT) -> str:
    line = " ".join(text.split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def of_case(event: Event, twin: Twin, reading: Reading) -> str:
    """An event of a case, and what its number gave away."""
    kind = kind_of(event)
    line = " ".join(
        (
            paint(_clock(event), "grey"),
            paint(f"{twin.ticket:<{TICKET}}", "bold"),
            f"{twin.number} {int(event['sequence']):>3}",
            paint(f"{kind:<{KIND}}", _COLOUR_OF.get(kind, "grey")),
            about(event),
        )
    )
    if reading.late:
        line += paint("  (late)", "yellow")
    if reading.missing:
        numbers = reading.missing
        which = f"{numbers[0]}" if len(numbers) == 1 else f"{numbers[0]} to {numbers[-1]}"
        line += paint(f"  (missing: {which})", "yellow")
    return line.rstrip()


def of_no_case(event: Event) -> str:
    """The answer to a command that named no case of ours."""
    return f"{paint(_clock(event), 'grey')} {' ' * TICKET} {paint(kind_of(event), 'red')} {about(event)}"


def sent(command: Command, twin: Twin | None) -> str:
    ticket = twin.ticket if twin else ""
    said = ", ".join(f"{name}: {shortened(str(value), 60)}" for name, value in command["data"].items())
    line = f"{paint(_clock(command), 'grey')} {paint(f'{ticket:<{TICKET}}', 'bold')}"
    return f"{line} {paint(f'asks for {kind_of(command)}', 'blue')} ({said})"


def of_twin(twin: Twin) -> str:
    """A case as it stands in a list."""
    waits = f", waits for {twin.tasks[0]['team']}: {' | '.join(twin.tasks[0]['outcomes'])}" if twin.tasks else ""
    line = f"{paint(f'{twin.ticket:<{TICKET}}', 'bold')} {twin.number} {twin.case['status']}"
    return f"{line} “{twin.case['subject']}” of {twin.case['owner_name']}{waits}"


def in_full(twin: Twin) -> list[str]:
    """A case with its conversation."""
    said = [f"  {message['sequence']:>3} {message['from']}: {message['text']}" for message in twin.messages]
    reference = twin.case["internal_ref"]
    return [of_twin(twin), f"  {twin.case_id}, {f'linked as {reference}' if reference else 'not linked yet'}", *said]


def kind_of(envelope: dict[str, Any]) -> str:
    """The type of an event or command, without what is the same for all."""
    return str(envelope["type"]).removeprefix("portico.").removesuffix(".v1")


def about(event: Event) -> str:
    """What the event says, in a few words; nothing for a type that is not known here."""
    kind = kind_of(event)
    return _ABOUT[kind](event["data"]) if kind in _ABOUT else ""


def _clock(envelope: dict[str, Any]) -> str:
    return str(envelope.get("time", ""))[11:19]


def _message(data: dict[str, Any]) -> str:
    aside = " (internal)" if data["audience"] == "internal" else ""
    author = data.get("author_name") or data["actor"]["name"] or data["actor"]["kind"]
    files = ", ".join(file["name"] for file in data.get("attachments", ()))
    return f"{author}{aside}: “{shortened(data['text'])}”" + (f" with {files}" if files else "")


def _status(data: dict[str, Any]) -> str:
    reason = f" ({data['reason']})" if data.get("reason") else ""
    return f"{data['before']} -> {data['after']}{reason}, by {_who(data)}"


def _rejected(data: dict[str, Any]) -> str:
    problem = data["problem"]
    wrong = "; ".join(f"{error['pointer'] or '/'} {error['message']}" for error in problem.get("errors", ()))
    return f"{data['command']}: {problem['code']}: {problem.get('detail', '')}" + (f" {wrong}" if wrong else "")


def _feedback(data: dict[str, Any]) -> str:
    notes = f": “{shortened(data['notes'])}”" if data.get("notes") else ""
    return f"grade {data['grade']} for resolution {data['cycle']}{notes}"


def _participant(data: dict[str, Any]) -> str:
    role = f" as {data['role']}" if data.get("role") else ""
    until = f" until {data['until']}" if data.get("until") else ""
    return f"{data['email'] or data['person_id']} {data['change']}{role}{until}, by {_who(data)}"


def _who(data: dict[str, Any]) -> str:
    return str(data["actor"]["name"] or data["actor"]["kind"])


_ABOUT: dict[str, Callable[[dict[str, Any]], str]] = {
    "case.created": lambda data: f"“{data['case']['subject']}” of {data['case']['owner_name']}",
    "message.posted": _message,
    "complaint.filed": lambda data: f"complaint of {_message(data)}",
    "mail.received": lambda data: f"not a message ({data['reason']}): “{shortened(data['subject'])}”",
    "case.status_changed": _status,
    "case.participant_changed": _participant,
    "case.owner_changed": lambda data: f"now of {data['case']['owner_name']}, by {_who(data)}",
    "feedback.given": _feedback,
    "deadline.approaching": lambda data: f"{data['kind']} is due at {data['due_at']}",
    "deadline.breached": lambda data: f"{data['kind']} was due at {data['due_at']}",
    "contact.erased": lambda data: f"{data['contact_id']}: what they said is forgotten here, too",
    "stage.entered": lambda data: f"{data['stage']}: {data['title']}",
    "task.opened": lambda data: f"{data['task_id']} for {data['team']}: {' | '.join(data['outcomes'])}",
    "task.assigned": lambda data: f"{data['task_id']}: {data['before']} -> {data['team']}",
    "task.completed": lambda data: f"{data['stage']}: {data['outcome']}, by {data['actor']['name']}",
    "command.accepted": lambda data: data["command"],
    "command.rejected": _rejected,
}
_COLOUR_OF = {
    "case.created": "cyan",
    "message.posted": "cyan",
    "complaint.filed": "red",
    "deadline.breached": "red",
    "deadline.approaching": "yellow",
    "case.status_changed": "bold",
    "task.opened": "yellow",
    "command.accepted": "green",
    "command.rejected": "red",
}
