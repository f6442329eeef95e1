"""Work that waits for people: a team's list, and the decision that ends a task."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from functions.people.actions import add_staff_member
from tests.gateway import Answer
from tests.world import World


def tasks(world: World, token: str, **query: Any) -> Answer:
    return world.gateway("GET", f"/v1/tasks?{urlencode(query)}", token=token)


def complete(world: World, token: str, task_id: str, outcome: str = "ANSWERED") -> Answer:
    return world.gateway("POST", f"/v1/tasks/{task_id}/complete", {"outcome": outcome}, token=token)


def assign(world: World, token: str, task_id: str, team: str) -> Answer:
    return world.gateway("POST", f"/v1/tasks/{task_id}/assign", {"team": team}, token=token)


def task_of(world: World, case_id: str) -> str:
    """The newest task of the case, open or not."""
    opened = [event for event in world.events_told(case_id) if event["type"] == "portico.task.opened.v1"]
    return str(opened[-1]["data"]["task_id"])


def open_task(world: World, token: str) -> str:
    """The task with which a case about something else begins."""
    return task_of(world, world.open_case(token))


def test_a_team_sees_its_tasks_and_no_other_teams(world: World, ana: str) -> None:
    """The form sends the task to its team, and only that team's list holds it (O4)."""
    streets = world.create(ana, TOPIC="STREETS", PLACE="High Street 3").json
    other = world.create(ana, key="key-2").json
    world.settle()
    assert [task["case_id"] for task in tasks(world, world.staff("streets")).json["data"]] == [streets["case_id"]]
    [task] = tasks(world, world.staff("customer-relations")).json["data"]
    assert (task["case_id"], task["number"], task["subject"]) == (other["case_id"], other["number"], other["subject"])
    assert (task["stage"], task["outcomes"], task["outcome"]) == ("answer", ["ANSWERED", "PASS_ON"], None)
    assert "token" not in str(task)


def test_tasks_stand_oldest_due_first_and_in_pages(world: World, ana: str) -> None:
    """What is due next stands first, whatever was opened first; pages cover the list once."""
    staff, slow = world.staff("customer-relations"), []
    for number in range(2):
        world.move_clock(timedelta(minutes=1))
        slow.append(world.open_case(ana, key=f"slow-{number}"))
    complaint = f"/v1/cases/{slow[0]}/complaints"
    assert world.gateway("POST", complaint, {"text": "Nobody calls me back."}, token=ana).status == 201
    world.settle()
    first = tasks(world, staff, limit=2).json
    second = tasks(world, staff, limit=2, after=first["page"]["after"]).json
    assert [task["case_id"] for task in first["data"] + second["data"]] == [slow[0], *slow]
    due = [task["due_at"] for task in first["data"] + second["data"]]
    assert due == sorted(due)
    assert second["page"] == {"after": None, "has_more": False}


def test_a_person_in_two_teams_asks_for_one_of_them(world: World, ana: str) -> None:
    """Without a name the first team's tasks are shown, with it that team's; another's are refused (O16)."""
    add_staff_member("both@portico.example", "Both", ("noc", "customer-relations"))
    staff = world.sign_in("both@portico.example")
    open_task(world, ana)
    assert tasks(world, staff).json["data"] == []
    assert len(tasks(world, staff, team="customer-relations").json["data"]) == 1
    refused = tasks(world, staff, team="streets")
    assert (refused.status, refused.code) == (403, "staff_only")


def test_a_cursor_of_one_team_does_not_fit_another(world: World, ana: str) -> None:
    """The team is part of the query that a cursor is bound to (D8)."""
    add_staff_member("both@portico.example", "Both", ("customer-relations", "noc"))
    staff = world.sign_in("both@portico.example")
    for number in range(2):
        world.open_case(ana, key=f"key-{number}")
    cursor = tasks(world, staff, team="customer-relations", limit=1).json["page"]["after"]
    assert tasks(world, staff, team="customer-relations", after=cursor).status == 200
    assert tasks(world, staff, team="noc", after=cursor).code == "cursor_invalid"


def test_customers_have_no_tasks(world: World, ana: str) -> None:
    """Lists and decisions of tasks are the staff's, even about one's own case (F1)."""
    task_id = open_task(world, ana)
    for answer in (tasks(world, ana), complete(world, ana, task_id)):
        assert (answer.status, answer.code) == (403, "staff_only")


def test_a_decision_ends_the_task_and_leaves_the_list(world: World, ana: str) -> None:
    """Who decided and how is answered, recorded for staff, told inside, and the task is off the list (O2)."""
    task_id = open_task(world, ana)
    staff = world.staff("customer-relations")
    done = complete(world, staff, task_id)
    assert done.status == 200
    assert (done.json["outcome"], done.json["completed_by"]) == ("ANSWERED", "Customer-Relations")
    assert tasks(world, staff).json["data"] == []
    case_id = done.json["case_id"]
    last = world.gateway("GET", f"/v1/cases/{case_id}/timeline", token=staff).json["data"][-1]
    assert (last["type"], last["audience"]) == ("task.completed", "internal")
    world.settle()
    [told] = [event for event in world.events_told(case_id) if event["type"] == "portico.task.completed.v1"]
    assert (told["data"]["task_id"], told["data"]["outcome"]) == (task_id, "ANSWERED")
    assert told["data"]["actor"]["kind"] == "staff"


def test_a_task_of_another_team_answers_like_an_unknown_one(world: World, ana: str) -> None:
    """Staff learn nothing of other teams' tasks (G1)."""
    task_id = open_task(world, ana)
    stranger, items = world.staff("streets"), world.items()
    foreign, unknown = complete(world, stranger, task_id), complete(world, stranger, f"{task_id}9")
    assert (foreign.status, foreign.code) == (404, "task_not_found")
    ids = ("instance", "request_id")
    assert {k: v for k, v in foreign.json.items() if k not in ids} == {
        k: v for k, v in unknown.json.items() if k not in ids
    }
    assert world.items() == items


@pytest.mark.parametrize("outcome", ["ANSWERED", "PASS_ON"])
def test_the_second_decision_is_refused(world: World, ana: str, outcome: str) -> None:
    """Two agents cannot both decide, alike or not; the first one's outcome stays (C2)."""
    task_id = open_task(world, ana)
    staff = world.staff("customer-relations")
    first = complete(world, staff, task_id)
    second = complete(world, staff, task_id, outcome)
    assert (second.status, second.code) == (409, "task_closed")
    world.settle()
    assert complete(world, staff, task_id, outcome).code == "task_closed"
    assert world.view(ana, first.json["case_id"])["stage"]["name"] == "answered"


@pytest.mark.parametrize("outcome", ["REPAIR", "answered", "ANSWERED "])
def test_an_unknown_outcome_names_the_field(world: World, ana: str, outcome: str) -> None:
    """Only the outcomes that branches know are accepted, and the task stays open (O2, O15)."""
    task_id = open_task(world, ana)
    staff = world.staff("customer-relations")
    answer = complete(world, staff, task_id, outcome)
    assert (answer.status, answer.code) == (422, "outcome_unknown")
    assert [error["pointer"] for error in answer.json["errors"]] == ["/outcome"]
    assert [task["task_id"] for task in tasks(world, staff).json["data"]] == [task_id]


@pytest.mark.parametrize("status", ["canceled", "closed", "resolved"])
def test_the_end_of_a_case_ends_its_tasks(world: World, ana: str, status: str) -> None:
    """A finished case waits for nobody: its task is off the list and takes no decision (C3, C13)."""
    case_id = world.case_in(status, ana)
    staff = world.staff("customer-relations")
    assert tasks(world, staff).json["data"] == []
    answer = complete(world, staff, task_of(world, case_id))
    assert (answer.status, answer.code) == (409, "task_closed")


@pytest.mark.parametrize("task_id", ["task_", "case_1", "task_%00_1", "task_" + "x" * 500 + "_1"])
def test_a_malformed_task_is_just_unknown(world: World, task_id: str) -> None:
    """Whatever stands in the path, it is a 404 and no fault."""
    answer = complete(world, world.staff("streets"), task_id)
    assert (answer.status, answer.code) == (404, "task_not_found")


def test_a_task_is_due_as_its_stage_says(world: World, ana: str) -> None:
    """Each stage has its own time (O17)."""
    task_id = open_task(world, ana)
    [task] = tasks(world, world.staff("customer-relations")).json["data"]
    assert task["task_id"] == task_id
    opened, due = (datetime.fromisoformat(task[name]) for name in ("opened_at", "due_at"))
    assert due - opened == timedelta(hours=120)


def test_a_task_is_passed_on_to_another_team(world: World, ana: str) -> None:
    """The list it stands in, the event, and who may read the case and decide; the decision wakes the workflow (O16)."""
    desk, streets = world.staff("customer-relations"), world.staff("streets")
    task_id = open_task(world, ana)
    before = tasks(world, desk).json["data"]
    passed = assign(world, desk, task_id, "streets")
    assert (passed.status, passed.json) == (200, before[0] | {"team": "streets"})
    assert (tasks(world, desk).json["data"], tasks(world, streets).json["data"]) == ([], [passed.json])
    assert complete(world, desk, task_id).code == "task_not_found"
    assert {world.view(token, passed.json["case_id"])["open_tasks"][0]["team"] for token in (desk, streets)} == {
        "streets"
    }
    assert complete(world, streets, task_id).status == 200
    world.settle()
    assert world.view(ana, passed.json["case_id"])["stage"]["name"] == "answered"
    told = [event["data"] for event in world.events_told(passed.json["case_id"]) if ".assigned." in event["type"]]
    assert [(data["task_id"], data["before"], data["team"]) for data in told] == [
        (task_id, "customer-relations", "streets")
    ]


def test_a_task_goes_to_a_team_of_its_process_only(world: World, ana: str) -> None:
    """Elsewhere nobody would look for it; to the team that has it, it goes without a word (O16)."""
    desk = world.staff("customer-relations")
    task_id = open_task(world, ana)
    refused = assign(world, desk, task_id, "noc")
    assert (refused.status, refused.code, refused.json["errors"][0]["pointer"]) == (422, "team_unknown", "/team")
    assert assign(world, desk, task_id, "customer-relations").status == 200
    assert len(tasks(world, desk).json["data"]) == 1
    assert complete(world, desk, task_id).status == 200
    assert assign(world, desk, task_id, "streets").code == "task_closed"


def test_the_task_of_a_complaint_is_passed_on_too(world: World, ana: str) -> None:
    """It is looked after by whoever has it now, and the case goes on without it (C41)."""
    desk, streets = world.staff("customer-relations"), world.staff("streets")
    case_id = world.open_case(ana)
    world.gateway("POST", f"/v1/cases/{case_id}/complaints", {"text": "Nobody calls me back."}, token=ana)
    alert = next(task for task in tasks(world, desk).json["data"] if task["stage"] == "complaint")
    assert assign(world, desk, alert["task_id"], "streets").status == 200
    assert complete(world, streets, alert["task_id"], "HANDLED").status == 200
    assert world.view(ana, case_id)["has_open_complaint"] is False
