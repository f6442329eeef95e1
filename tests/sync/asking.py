"""How the tests of the outside speak for an internal system."""

import json
from typing import Any

from tests.world import World


def body(command: str, case_id: str, data: Any, command_id: str = "cmd-1", **more: Any) -> str:
    """A command as it stands in the queue."""
    document = {"specversion": "1.0", "id": command_id, "source": "/backoffice", "type": command}
    return json.dumps(document | {"subject": case_id, "data": data} | more)


def answers(world: World, command_id: str = "cmd-1") -> list[Any]:
    """What the system was told about its command."""
    world.collect_events()
    kinds = ("portico.command.accepted.v1", "portico.command.rejected.v1")
    return [event for event in world.told if event["type"] in kinds and event["data"]["command_id"] == command_id]


def code(answer: Any) -> str:
    return str(answer["data"]["problem"]["code"])


def task_of(world: World, case_id: str) -> str:
    """The newest task of the case, as the system was told of it."""
    opened = [event for event in world.events_told(case_id) if event["type"] == "portico.task.opened.v1"]
    return str(opened[-1]["data"]["task_id"])
