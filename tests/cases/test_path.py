"""The path of a case through its process, as a workflow bar shows it: what was, what is, what is expected."""

from tests.sync.asking import task_of
from tests.world import World

Path = tuple[list[str], str | None, list[str]]
SOLVED = ["solved"]


def path(world: World, token: str, case_id: str) -> Path:
    """The stages that are done, the present one, and those that lie ahead."""
    stages = world.view(token, case_id)["stages"]
    states = [stage["state"] for stage in stages]
    assert states == sorted(states, key=["done", "current", "future"].index)
    assert all((stage["entered_at"] is None) == (stage["state"] == "future") for stage in stages)
    done, current, future = (
        [s["name"] for s in stages if s["state"] == state] for state in ("done", "current", "future")
    )
    assert len(current) <= 1
    return done, current[0] if current else None, future


def decide(world: World, case_id: str, outcome: str) -> None:
    task_id = task_of(world, case_id)
    world.command("task.complete", case_id, {"task_id": task_id, "outcome": outcome}, f"{task_id}-{outcome}")


def test_the_path_shows_what_was_what_is_and_what_is_expected(world: World, ana: str) -> None:
    """Each stage that was entered, in order; behind the present one where the process leads if all goes well (C5)."""
    case_id = str(world.create(ana, "report-incident", AFFECTED="NETWORK", IMPACT="MANY").json["case_id"])
    assert path(world, ana, case_id) == ([], None, [])
    world.settle()
    assert path(world, ana, case_id) == ([], "diagnose_network", SOLVED)
    decide(world, case_id, "NEED_CUSTOMER")
    taken = ["diagnose_network"]
    assert path(world, ana, case_id) == (taken, "ask_customer", ["diagnose_network", *SOLVED])
    world.gateway("POST", f"/v1/cases/{case_id}/messages", {"text": "Since five this morning."}, token=ana)
    world.settle()
    taken += ["ask_customer"]
    assert path(world, ana, case_id) == (taken, "diagnose_network", SOLVED)
    decide(world, case_id, "ESCALATE")
    taken += ["diagnose_network"]
    assert path(world, ana, case_id) == (taken, "escalated", SOLVED)
    decide(world, case_id, "VENDOR")
    taken += ["escalated"]
    assert path(world, ana, case_id) == (taken, "solved_by_vendor", [])


def test_a_reopened_case_leads_on_and_an_ended_one_does_not(world: World, ana: str) -> None:
    """From where its next workflow begins, even before that has come there; nothing lies ahead of an end (C5, C31)."""
    case_id = world.open_case(ana, TOPIC="STREETS", PLACE="High Street 3")
    assert path(world, ana, case_id) == ([], "inspect", ["repair", "repaired"])
    decide(world, case_id, "NO_ACTION")
    taken = ["inspect"]
    assert path(world, ana, case_id) == (taken, "no_action", [])
    assert world.gateway("POST", f"/v1/cases/{case_id}/reopen", token=ana).status == 200
    assert path(world, ana, case_id) == (taken, "no_action", ["answer", "answered"])
    world.settle()
    taken += ["no_action"]
    assert path(world, ana, case_id) == (taken, "answer", ["answered"])
    canceled = world.gateway("POST", f"/v1/cases/{case_id}/cancel", token=ana).json
    assert [stage["state"] for stage in canceled["stages"]] == ["done", "done", "done"], "it stands nowhere any more"
