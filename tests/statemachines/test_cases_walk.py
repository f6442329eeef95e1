"""A case on every path, with everything in place: what its customer, its teams and the internal system see."""

import json
from typing import Any

import pytest

from tests.statemachines.router import ASKS_CUSTOMER, Path, distinct_paths
from tests.workflows import MACHINES
from tests.world import World


def described(service: str) -> dict[str, Any]:
    stages: dict[str, Any] = json.loads((MACHINES / service / "service.json").read_text())["stages"]
    return stages


def answer(world: World, token: str, case_id: str) -> None:
    """The customer writes what was asked for."""
    url = f"/v1/cases/{case_id}/messages"
    assert world.gateway("POST", url, {"text": "It is the one in the hall."}, token=token).status == 201
    world.settle()


@pytest.mark.parametrize("path", distinct_paths(), ids=str)
def test_a_case_goes_through_its_stages_and_is_resolved(world: World, ana: str, path: Path) -> None:
    """Each stage is told, sets the status, opens one task for its team; the end resolves the case (F14, O2, O4, O7)."""
    place = {"PLACE": "High Street 3"} if "STREETS" in path.answers.values() else {}
    case_id = world.open_case(ana, path.service, **path.answers, **place)
    for stage, outcome in zip(path.stages, path.outcomes, strict=False):
        seen = world.view(ana, case_id)
        [task] = world.events_told(case_id)[-1]["data"]["case"]["open_tasks"]
        expected = described(path.service)[stage]
        assert (seen["status"], seen["stage"]["name"]) == (expected["status"], stage)
        assert (task["stage"], task["team"], task["title"]) == (stage, expected["team"], expected["title"])
        if stage == ASKS_CUSTOMER:
            answer(world, ana, case_id)
            continue
        wish = {"task_id": task["task_id"], "outcome": outcome}
        world.command("task.complete", case_id, wish, task["task_id"])
    seen = world.view(ana, case_id)
    assert (seen["status"], seen["stage"]["name"]) == ("resolved", path.stages[-1])
    assert seen["first_resolution_at"] == seen["actual_resolution_at"] == seen["changed_at"]
    told = world.events_told(case_id)
    entered = [event["data"]["stage"] for event in told if event["type"] == "portico.stage.entered.v1"]
    assert tuple(entered) == path.stages
    assert told[-1]["data"]["case"]["open_tasks"] == []
    [execution] = world.workflows.executions.values()
    assert (execution.name, execution.status) == (f"{case_id}-1", "SUCCEEDED")
