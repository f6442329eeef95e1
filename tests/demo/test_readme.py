"""The README says what is so: its files, commands, samples and lists are those of the source."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from functions.cases.status import Status
from functions.events import TYPES
from functions.settings import Settings
from functions.sync.cloudevents import Command
from functions.sync.commands import COMMANDS
from infra.stage import Stage
from tests.world import World

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def samples() -> list[dict[str, Any]]:
    return [json.loads(block) for block in re.findall(r"```json\n(.*?)```", README, re.DOTALL)]


def words_of(section: str) -> set[str]:
    """What stands in code type between that heading and the next."""
    text = README.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    return set(re.findall(r"`([^`\n]+)`", text))


def test_every_file_that_it_names_exists() -> None:
    """Paths with a placeholder or a star name many files, and so at least one."""
    named = re.findall(r"`((?:functions|demo|infra|statemachines|tests)/[^`\s]*)`", README)
    missing = [path for path in named if not list(ROOT.glob(re.sub("<[^>]+>", "*", path.rstrip("/"))))]
    assert len(named) > 30
    assert missing == []


def test_every_command_that_it_shows_can_be_given() -> None:
    """Each `make …` in it is a target."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    code = "\n".join(re.findall(r"```sh\n.*?```|`make [^`]+`", README, re.DOTALL))
    shown = set(re.findall(r"\bmake ([a-z-]+)", code))
    assert shown
    assert shown <= targets


def test_its_event_has_the_shape_of_a_real_one(world: World) -> None:
    """Every member of the sample, at any depth, is one that the internal system is told, and the other way round."""
    case_id = world.open_case(world.sign_in("ana@example.org"), TOPIC="STREETS", PLACE="12 Mill Lane")
    opened = next(event for event in world.events_told(case_id) if event["type"] == "portico.task.opened.v1")
    assert shape(samples()[0]) == shape(opened)


def test_its_command_is_one() -> None:
    """The sample is read as the door reads it."""
    command = Command.model_validate(samples()[1])
    wish, _ = COMMANDS[command.type.removeprefix("portico.").removesuffix(".v1")]
    wish.model_validate(command.data)


@pytest.mark.parametrize(
    ("section", "all_of_them"),
    [
        ("Attaching an internal system", TYPES | COMMANDS.keys()),
        ("Words", {status.value for status in Status}),
        ("Deploying", {name.upper() for name in Settings.__slots__} | (Stage.model_fields.keys() - {"name"})),
    ],
)
def test_its_lists_are_complete(section: str, all_of_them: set[str]) -> None:
    """Types of events, commands, statuses, settings."""
    assert all_of_them - words_of(section) == set()


def shape(value: Any) -> Any:
    """A JSON value without its contents."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shape(inner) for inner in value[:1]]
    return type(value).__name__
