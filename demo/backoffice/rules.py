"""How the internal system answers by itself: a script of rules, each saying what to send upon which event.

A rule is a JSON object: `on` (type of the event), `where` (members of the event's data, by dotted path, and the values
they must have), `once` (only for the first such event of a case), `send` (type of the command) and `data` (its data, in
which `${ticket}`, `${number}` and every member of the event's data may stand).
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from string import Template
from typing import Any

from demo.backoffice.commands import Command, command
from demo.backoffice.twins import Event, Twin

BUILT_IN = Path(__file__).with_name("script.json")


class ScriptInvalid(Exception):
    """The script can't be read, or a rule in it is none; the text says which, and why."""


@dataclass(frozen=True)
class Rule:
    on: str
    send: str
    data: dict[str, str]
    where: dict[str, str] = field(default_factory=dict)
    once: bool = False

    @property
    def name(self) -> str:
        return f"{self.on} {self.where}: {self.send} {self.data}"

    def answer(self, event: Event, twin: Twin) -> Command | None:
        """The command that follows from the event, if any; the same id however often the event comes."""
        fits = event["type"] == f"portico.{self.on}.v1" and all(
            _member(event["data"], path) == value for path, value in self.where.items()
        )
        if not fits or (self.once and self.name in twin.answered):
            return None
        if self.once:
            twin.answered.append(self.name)
        known = {**event["data"], "ticket": twin.ticket, "number": twin.number}
        data = {name: Template(text).safe_substitute(known) for name, text in self.data.items()}
        return command(self.send, twin.case_id, data, because_of=event["id"])


def completing(stage: str, outcome: str) -> Rule:
    """Complete every task of a stage with the same outcome."""
    return Rule(
        on="task.opened",
        where={"stage": stage},
        send="task.complete",
        data={"task_id": "${task_id}", "outcome": outcome},
    )


def read(script: Path) -> tuple[Rule, ...]:
    """Raise `ScriptInvalid`."""
    try:
        rules = json.loads(script.read_text())["rules"]
        return tuple(_rule(given, f"rule {number}") for number, given in enumerate(rules, 1))
    except (OSError, ValueError, KeyError, TypeError, ScriptInvalid) as error:
        raise ScriptInvalid(f"{script}: {error}") from None


def answers(rules: tuple[Rule, ...], event: Event, twin: Twin) -> Iterator[Command]:
    for rule in rules:
        answer = rule.answer(event, twin)
        if answer:
            yield answer


def _rule(given: dict[str, Any], place: str) -> Rule:
    try:
        return Rule(**given)
    except TypeError as error:
        raise ScriptInvalid(f"{place}: {str(error).partition('() ')[2]}") from None


def _member(data: Any, path: str) -> Any:
    for name in path.split("."):
        data = data.get(name) if isinstance(data, dict) else None
    return data
