"""Complaints: taken in every status, and looked after by somebody."""

import pytest

from tests.world import World

STATUSES = ("new", "in_progress", "waiting_for_response", "resolved", "reopened", "closed", "canceled")


def complain(world: World, token: str, case_id: str, key: str = "complaint-1") -> dict[str, object]:
    body = {"text": "Nobody has called me back."}
    answer = world.gateway(
        "POST", f"/v1/cases/{case_id}/complaints", body, token=token, headers={"Idempotency-Key": key}
    )
    assert answer.status == 201, answer.body
    world.deliver_stream()
    filed: dict[str, object] = answer.json
    return filed


@pytest.mark.parametrize("status", STATUSES)
def test_a_complaint_is_taken_in_every_status(world: World, ana: str, status: str) -> None:
    """It stands in the conversation as a complaint, changes no status and is told inside (C39, C40, C41, RI-19)."""
    case_id = world.case_in(status, ana)
    world.deliver_stream()
    before = len(world.events_told(case_id))
    filed = complain(world, ana, case_id)
    seen = world.view(ana, case_id)
    assert (seen["status"], seen["has_open_complaint"]) == (status, True)
    assert (filed["kind"], seen["messages"][-1]["kind"]) == ("complaint", "complaint")
    told = [event["type"] for event in world.events_told(case_id)[before:]]
    assert told[-2:] == ["portico.complaint.filed.v1", "portico.task.opened.v1"]


@pytest.mark.parametrize("status", ["in_progress", "closed"])
def test_a_complaint_is_a_task_until_somebody_has_handled_it(world: World, ana: str, status: str) -> None:
    """The team for complaints finds it in its list, once however often the customer complains (C41)."""
    case_id = world.case_in(status, ana)
    staff = world.staff("customer-relations", "complaints@portico.example")
    complain(world, ana, case_id)
    complain(world, ana, case_id, "complaint-2")
    world.settle()
    tasks = world.gateway("GET", "/v1/tasks", token=staff).json["data"]
    [task] = [task for task in tasks if task["stage"] == "complaint"]
    done = world.gateway("POST", f"/v1/tasks/{task['task_id']}/complete", {"outcome": "HANDLED"}, token=staff)
    assert done.status == 200, done.body
    world.settle()
    seen = world.view(ana, case_id)
    assert (seen["has_open_complaint"], seen["status"]) == (False, status)


def test_a_complaint_does_not_disturb_the_workflow(world: World, ana: str) -> None:
    """The task that the workflow waits for stays open when the complaint is handled, and still decides (C41)."""
    case_id = world.case_in("in_progress", ana)
    staff = world.staff("customer-relations", "complaints@portico.example")
    complain(world, ana, case_id)
    for outcome in ("HANDLED", "ANSWERED"):
        tasks = world.gateway("GET", "/v1/tasks", token=staff).json["data"]
        [task] = [task for task in tasks if outcome in task["outcomes"]]
        world.gateway("POST", f"/v1/tasks/{task['task_id']}/complete", {"outcome": outcome}, token=staff)
        world.settle()
    assert world.view(ana, case_id)["status"] == "resolved"


def test_only_the_owner_complains(world: World, ana: str) -> None:
    """Staff may read the case, and still not complain in the customer's name (D14)."""
    case_id = world.case_in("in_progress", ana)
    staff = world.staff("customer-relations", "complaints@portico.example")
    refused = world.gateway("POST", f"/v1/cases/{case_id}/complaints", {"text": "Not mine."}, token=staff)
    assert (refused.status, refused.code) == (403, "owner_only")
