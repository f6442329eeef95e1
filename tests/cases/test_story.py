"""The main job in one test: from the form to the solution, with everybody told."""

from tests.world import World


def test_a_case_travels_from_the_form_to_its_solution(world: World) -> None:
    """A case is submitted once, decided by a person in a branch, and everybody sees it (C1, F2, F6, F23, O2, O3)."""
    ana = world.sign_in("ana@example.org")
    created = world.create(ana, TOPIC="STREETS", PLACE="High Street 3", MESSAGE="A deep hole in the road.")
    assert created.status == 201, created.body
    case_id = created.json["case_id"]
    world.settle()
    told = world.events_told(case_id)
    assert [event["type"] for event in told] == [
        "portico.case.created.v1",
        "portico.message.posted.v1",
        "portico.stage.entered.v1",
        "portico.case.status_changed.v1",
        "portico.task.opened.v1",
    ]
    staff = world.staff("streets")
    tasks = world.gateway("GET", "/v1/tasks", token=staff)
    assert tasks.status == 200, tasks.body
    [task] = tasks.json["data"]
    done = world.gateway("POST", f"/v1/tasks/{task['task_id']}/complete", {"outcome": "NO_ACTION"}, token=staff)
    assert done.status == 200, done.body
    world.settle()
    seen = world.gateway("GET", f"/v1/cases/{case_id}", token=ana)
    assert seen.status == 200, seen.body
    assert (seen.json["status"], seen.json["stage"]["title"]) == ("resolved", "No repair is needed")
    assert [mail.subject for mail in world.mailbox() if mail.to == "ana@example.org"] == [
        "Your sign-in code for Portico Town",
        f"[{created.json['number']}] We have received your case",
        f"[{created.json['number']}] Your case is resolved",
        f"[{created.json['number']}] How did we do?",
    ]
