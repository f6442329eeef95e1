"""A case and its executions: started once, woken by decisions, stopped by the end, followed by another when lost."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from functions.cases import executions
from functions.cases.model import Case
from tests.sync.asking import body
from tests.workflows import Execution
from tests.world import World

CHECK = timedelta(minutes=15, seconds=1)
"""After which the sweeper looks whether a workflow runs."""


def open_task(world: World, case_id: str) -> dict[str, Any] | None:
    """The task that the case waits for now, as the newest event tells it."""
    tasks = world.events_told(case_id)[-1]["data"]["case"]["open_tasks"]
    return tasks[0] if tasks else None


def decide(world: World, case_id: str, outcome: str) -> None:
    task = open_task(world, case_id)
    assert task
    wish = {"task_id": task["task_id"], "outcome": outcome}
    world.command("task.complete", case_id, wish, f"{task['task_id']}-{outcome}")


def runs(world: World, case_id: str) -> list[Execution]:
    """The executions of the case, first one first."""
    return [run for name, run in world.workflows.executions.items() if name.startswith(case_id)]


def stage(world: World, token: str, case_id: str) -> str:
    return str(world.view(token, case_id)["stage"]["name"])


def token_of(world: World, case_id: str) -> str:
    """The token that the case's open task keeps."""
    task = open_task(world, case_id)
    assert task
    [item] = [item for item in world.items() if item["sk"]["S"] == f"TASK#{task['task_id']}"]
    return str(item["task_token"]["S"])


# Started once


def test_a_case_has_one_execution_however_often_it_is_started(world: World, ana: str) -> None:
    """Its name is the case's and the start's number, so a second start finds the first (C4, R4)."""
    case_id = world.open_case(ana)
    for _ in range(2):
        world.delivered = 0
        world.settle()
    assert [(run.name, run.status) for run in runs(world, case_id)] == [(f"{case_id}-1", "RUNNING")]
    assert len(runs(world, case_id)[0].path) == 3


def test_a_case_that_was_canceled_before_it_was_started_starts_none(world: World, ana: str) -> None:
    """What has ended needs no workflow (C3)."""
    case_id = world.create(ana).json["case_id"]
    world.gateway("POST", f"/v1/cases/{case_id}/cancel", token=ana)
    world.settle()
    assert runs(world, case_id) == []
    assert world.view(ana, case_id)["status"] == "canceled"


# Waiting and waking


def failing_after(door: Callable[[dict[str, Any]], None], then: Callable[[], None]) -> Callable[[dict[str, Any]], None]:
    """The door, whose first answer is lost after it has had its effect and `then` has happened."""
    lost: list[dict[str, Any]] = []

    def flaky(command: dict[str, Any]) -> None:
        door(command)
        if not lost:
            lost.append(command)
            then()
            raise TimeoutError

    return flaky


def test_a_retried_wait_takes_the_new_token_and_opens_no_second_task(
    world: World, ana: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Step Functions gives every try a token of its own; the task keeps the one that wakes (C6)."""
    world.create(ana)
    monkeypatch.setattr(world.workflows, "invoke", failing_after(world.workflows.invoke, lambda: None))
    world.settle()
    [run] = world.workflows.executions.values()
    case_id = run.data["case_id"]
    assert run.attempts == 1
    assert token_of(world, case_id) == run.token
    opened = [event for event in world.events_told(case_id) if event["type"] == "portico.task.opened.v1"]
    assert len(opened) == 1
    decide(world, case_id, "ANSWERED")
    assert (stage(world, ana, case_id), run.status) == ("answered", "SUCCEEDED")


def test_a_task_that_ended_before_its_wait_was_retried_wakes_the_retry(
    world: World, ana: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Decided between the lost answer and the retry: the new token is woken at once with that outcome (C6, R7)."""
    case_id = world.create(ana).json["case_id"]

    def decide_now() -> None:
        while world.deliver_stream():
            pass
        world.workflows.executions[f"{case_id}-1"].token = None  # the lost try's token is worth nothing any more
        task = open_task(world, case_id)
        assert task
        wish = {"task_id": task["task_id"], "outcome": "ANSWERED"}
        world.receive([body("task.complete", case_id, wish)])
        while world.deliver_stream():
            pass

    monkeypatch.setattr(world.workflows, "invoke", failing_after(world.workflows.invoke, decide_now))
    world.settle()
    assert (stage(world, ana, case_id), runs(world, case_id)[0].status) == ("answered", "SUCCEEDED")


def test_a_used_token_is_no_failure(world: World, ana: str) -> None:
    """A decision that is told again finds its workflow gone on, which is success (C1)."""
    case_id = world.open_case(ana, TOPIC="STREETS", PLACE="High Street 3")
    decide(world, case_id, "REPAIR")
    path = list(runs(world, case_id)[0].path)
    world.delivered = 0
    world.settle()
    assert runs(world, case_id)[0].path == path
    assert stage(world, ana, case_id) == "repair"


@pytest.mark.parametrize("end", ["time_out", "stop", "lose"])
def test_a_late_token_is_no_failure(world: World, ana: str, end: str) -> None:
    """After a time-out, a stop or a loss the decision still counts, and nothing is left untold (C1, R7)."""
    case_id = world.open_case(ana)
    getattr(world.workflows, end)(f"{case_id}-1")
    decide(world, case_id, "ANSWERED")
    told = [event for event in world.events_told(case_id) if event["type"] == "portico.task.completed.v1"]
    assert [event["data"]["outcome"] for event in told] == ["ANSWERED"]
    assert world.sweep(everything=True)["events"] == 0


# Ended from outside


@pytest.mark.parametrize("by", ["cancel", "command"])
def test_the_end_of_a_case_stops_its_workflow_and_ends_its_task(world: World, ana: str, by: str) -> None:
    """Whoever ends the case: the execution is stopped, the task is withdrawn and its token wakes nobody (C3, C13)."""
    case_id = world.open_case(ana)
    if by == "cancel":
        world.gateway("POST", f"/v1/cases/{case_id}/cancel", token=ana)
        world.settle()
    else:
        wish = {"status": "resolved", "based_on_sequence": world.view(ana, case_id)["sequence"]}
        world.command("case.set_status", case_id, wish)
    assert [run.status for run in runs(world, case_id)] == ["ABORTED"]
    assert open_task(world, case_id) is None
    assert [item for item in world.items() if "work_of" in item] == []
    world.move_clock(CHECK)
    assert set(world.sweep().values()) == {0}


def test_closing_a_waiting_case_stops_its_workflow(world: World, ana: str) -> None:
    """The customer needs no more: the task that was open under it is withdrawn (C30, C3)."""
    case_id = world.case_in("waiting_for_response", ana)
    assert [run.status for run in runs(world, case_id)] == ["RUNNING"]
    world.gateway("POST", f"/v1/cases/{case_id}/close", token=ana)
    world.settle()
    assert [run.status for run in runs(world, case_id)] == ["ABORTED"]
    assert open_task(world, case_id) is None


def test_a_workflow_that_ends_its_case_is_not_stopped(world: World, ana: str) -> None:
    """It ends by itself, successfully, and is no lost one afterwards."""
    case_id = world.open_case(ana)
    decide(world, case_id, "ANSWERED")
    assert [run.status for run in runs(world, case_id)] == ["SUCCEEDED"]
    world.move_clock(CHECK)
    assert world.sweep(everything=True)["workflows"] == 0
    assert len(runs(world, case_id)) == 1


# Reopened


@pytest.mark.parametrize("how", ["by the workflow", "from inside"])
def test_a_reopened_case_gets_a_successor_at_the_stage_for_it(world: World, ana: str, how: str) -> None:
    """A second execution begins at `reopen_at`, with no outcome of before; the status stays reopened (C31, C10)."""
    if how == "from inside":
        case_id = world.case_in("resolved", ana)
    else:
        case_id = world.open_case(ana, TOPIC="STREETS", PLACE="High Street 3")
        decide(world, case_id, "NO_ACTION")
    world.gateway("POST", f"/v1/cases/{case_id}/reopen", token=ana)
    world.settle()
    first, second = runs(world, case_id)
    assert (second.name, second.status, second.path) == (f"{case_id}-2", "RUNNING", ["Resume", "Answer"])
    assert second.data["outcomes"] == {}
    seen = world.view(ana, case_id)
    assert (seen["status"], seen["stage"]["name"]) == ("reopened", "answer")
    decide(world, case_id, "ANSWERED")
    assert world.view(ana, case_id)["status"] == "resolved"
    assert first.status in ("SUCCEEDED", "ABORTED")


def test_a_case_may_be_reopened_again_and_again(world: World, ana: str) -> None:
    """Each time another number stands in the execution's name, which AWS keeps for 90 days (C10)."""
    case_id = world.open_case(ana)
    for number in (1, 2, 3):
        decide(world, case_id, "ANSWERED")
        assert [run.status for run in runs(world, case_id)] == ["SUCCEEDED"] * number
        world.gateway("POST", f"/v1/cases/{case_id}/reopen", token=ana)
        world.settle()
    assert [run.name for run in runs(world, case_id)] == [f"{case_id}-{number}" for number in (1, 2, 3, 4)]


def test_reopening_a_waiting_case_keeps_its_running_workflow(world: World, ana: str) -> None:
    """Its task is still open, and the same execution goes on (C31, D9)."""
    case_id = world.case_in("waiting_for_response", ana)
    task = open_task(world, case_id)
    world.gateway("POST", f"/v1/cases/{case_id}/reopen", token=ana)
    world.settle()
    assert [run.status for run in runs(world, case_id)] == ["RUNNING"]
    assert open_task(world, case_id) == task
    decide(world, case_id, "ANSWERED")
    assert [run.status for run in runs(world, case_id)] == ["SUCCEEDED"]


# Lost


def lose(world: World, case_id: str) -> None:
    world.workflows.lose(runs(world, case_id)[-1].name)


def sweep(world: World) -> int:
    """The sweeper comes when it is time, and what it starts runs."""
    world.move_clock(CHECK)
    found = world.sweep()["workflows"]
    world.settle()
    return found


def test_a_lost_workflow_is_followed_by_one_that_goes_on_where_the_case_stands(world: World, ana: str) -> None:
    """Same stage, same task, same outcomes so far; only the token is new, and nobody sees a difference (C5, R17)."""
    case_id = world.open_case(ana)
    decide(world, case_id, "PASS_ON")
    before, task = world.view(ana, case_id), open_task(world, case_id)
    lose(world, case_id)
    assert world.sweep()["workflows"] == 0
    assert sweep(world) == 1
    assert [(run.name, run.status) for run in runs(world, case_id)] == [
        (f"{case_id}-1", "FAILED"),
        (f"{case_id}-2", "RUNNING"),
    ]
    assert runs(world, case_id)[1].path == ["Resume", "Inspect"]
    assert world.view(ana, case_id) == before
    assert open_task(world, case_id) == task
    assert token_of(world, case_id) == runs(world, case_id)[1].token
    decide(world, case_id, "REFER")
    assert stage(world, ana, case_id) == "referred"
    assert sweep(world) == 0


def test_a_decision_made_while_the_workflow_was_lost_is_not_asked_for_again(world: World, ana: str) -> None:
    """The successor goes on behind it, on the branch of its outcome (C5, O2)."""
    case_id = world.open_case(ana, TOPIC="STREETS", PLACE="High Street 3")
    lose(world, case_id)
    decide(world, case_id, "REPAIR")
    assert stage(world, ana, case_id) == "inspect"
    assert sweep(world) == 1
    assert runs(world, case_id)[1].path == ["Resume", "Inspected?", "Repair"]
    assert stage(world, ana, case_id) == "repair"
    decide(world, case_id, "REPAIRED")
    assert world.view(ana, case_id)["status"] == "resolved"


def test_a_workflow_that_was_never_started_is_started(world: World, ana: str) -> None:
    """The start was lost altogether: the sweeper starts the first one, not a second (C5)."""
    case_id = world.create(ana).json["case_id"]
    while world.deliver_stream():
        pass
    world.workflows.executions.clear()
    assert sweep(world) == 1
    assert [(run.name, run.status) for run in runs(world, case_id)] == [(f"{case_id}-1", "RUNNING")]
    assert stage(world, ana, case_id) == "answer"


def test_a_reopened_case_whose_workflow_is_lost_at_once_still_begins_where_it_should(world: World, ana: str) -> None:
    """The stage for reopened cases, not the end at which the one before had stopped, and not the front (C31, C5)."""
    case_id = world.open_case(ana, TOPIC="STREETS", PLACE="High Street 3")
    decide(world, case_id, "NO_ACTION")
    world.gateway("POST", f"/v1/cases/{case_id}/reopen", token=ana)
    while world.deliver_stream():
        pass
    lose(world, case_id)
    assert sweep(world) == 1
    assert runs(world, case_id)[-1].path == ["Resume", "Answer"]
    assert stage(world, ana, case_id) == "answer"


def test_a_stuck_case_stays_with_the_supervisors_when_its_workflow_is_lost(world: World, ana: str) -> None:
    """Their task is one like any other (C5, C12)."""
    case_id = world.open_case(ana)
    world.workflows.time_out(f"{case_id}-1")
    world.settle()
    lose(world, case_id)
    assert sweep(world) == 1
    task = open_task(world, case_id)
    assert task
    assert task["team"] == "supervisors"


def test_a_running_workflow_is_looked_at_and_left_alone(world: World, ana: str) -> None:
    """However often the sweeper comes, a sound case changes in nothing (C5)."""
    case_id = world.open_case(ana)
    before = world.gateway("GET", f"/v1/cases/{case_id}", token=ana)
    for _ in range(3):
        assert sweep(world) == 0
    after = world.gateway("GET", f"/v1/cases/{case_id}", token=ana)
    assert (after.body, after.headers["ETag"]) == (before.body, before.headers["ETag"])
    assert len(runs(world, case_id)) == 1


@pytest.mark.parametrize(
    ("quiet", "wait"), [(timedelta(hours=3), timedelta(hours=3)), (timedelta(days=9), timedelta(days=1))]
)
def test_a_quiet_case_is_looked_at_ever_more_seldom(world: World, ana: str, quiet: timedelta, wait: timedelta) -> None:
    """So that a million open cases are no million calls each time; but at least once a day (C5)."""
    case_id = world.open_case(ana)
    world.move_clock(quiet)
    assert world.sweep()["workflows"] == 0
    lose(world, case_id)
    world.move_clock(wait - timedelta(seconds=30))
    assert world.sweep()["workflows"] == 0
    world.move_clock(timedelta(minutes=1))
    assert world.sweep()["workflows"] == 1


def test_many_lost_workflows_are_all_followed(world: World, ana: str) -> None:
    """A restart that loses everything loses no case (R17)."""
    cases = [world.open_case(ana, key=f"key-{number}") for number in range(5)]
    for case_id in cases:
        lose(world, case_id)
    assert sweep(world) == 5
    assert [[run.status for run in runs(world, case_id)] for case_id in cases] == [["FAILED", "RUNNING"]] * 5


# Stale


def test_a_workflow_that_was_replaced_is_refused_and_ends(world: World, ana: str) -> None:
    """Only the newest execution may move the case; another one ends as superseded and leaves no trace (C3, C14)."""
    case_id = world.open_case(ana)
    first = runs(world, case_id)[0]
    lose(world, case_id)
    sweep(world)
    before = world.view(ana, case_id)
    first.status = "RUNNING"  # it was not lost after all
    world.settle()
    assert (first.path[-1], first.status) == ("Superseded", "SUCCEEDED")
    assert world.view(ana, case_id) == before
    assert runs(world, case_id)[1].status == "RUNNING"


def test_a_workflow_that_reaches_a_stage_after_the_cancel_ends(world: World, ana: str) -> None:
    """The cancel was first; what the workflow asks for then is refused, and the case stays canceled (C3, C13)."""
    case_id = world.create(ana).json["case_id"]
    while world.deliver_stream():
        pass
    world.gateway("POST", f"/v1/cases/{case_id}/cancel", token=ana)
    world.run_workflows()
    [run] = runs(world, case_id)
    assert (run.path, run.status) == (["Resume", "ByTopic", "Answer", "Superseded"], "SUCCEEDED")
    world.settle()
    assert world.view(ana, case_id)["status"] == "canceled"
    assert open_task(world, case_id) is None


# Stuck


def test_a_task_that_is_not_done_in_time_becomes_the_supervisors(world: World, ana: str) -> None:
    """The late task is withdrawn and theirs is opened, in their list, once; what they decide happens (C12)."""
    case_id = world.open_case(ana)
    late = open_task(world, case_id)
    world.workflows.time_out(f"{case_id}-1")
    world.settle()
    staff = world.staff("supervisors")
    [task] = world.gateway("GET", "/v1/tasks", token=staff).json["data"]
    assert (task["case_id"], task["stage"], task["outcomes"]) == (case_id, "stuck", ["TRY_AGAIN", "RESOLVE"])
    assert late
    world.command("task.complete", case_id, {"task_id": late["task_id"], "outcome": "ANSWERED"}, "too-late")
    assert stage(world, ana, case_id) == "stuck"
    done = world.gateway("POST", f"/v1/tasks/{task['task_id']}/complete", {"outcome": "TRY_AGAIN"}, token=staff)
    assert done.status == 200
    world.settle()
    assert stage(world, ana, case_id) == "answer"


def test_a_stage_that_keeps_failing_becomes_the_supervisors(
    world: World, ana: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A case is never left behind by an error that nobody reads (C12)."""
    door = world.workflows.invoke

    def broken(asked: dict[str, Any]) -> None:
        if asked["stage"] == "answer":
            raise RuntimeError
        door(asked)

    monkeypatch.setattr(world.workflows, "invoke", broken)
    case_id = world.open_case(ana)
    assert stage(world, ana, case_id) == "stuck"
    [task] = world.gateway("GET", "/v1/tasks", token=world.staff("supervisors")).json["data"]
    assert task["case_id"] == case_id


# Waiting for the customer


def asked(world: World, token: str, key: str = "key-1") -> str:
    """A case whose engineer needs to know more from its customer; its id."""
    case_id = world.open_case(token, "report-incident", key)
    decide(world, case_id, "NEED_CUSTOMER")
    assert world.view(token, case_id)["status"] == "waiting_for_response"
    return case_id


def write(world: World, token: str, case_id: str) -> None:
    url = f"/v1/cases/{case_id}/messages"
    assert world.gateway("POST", url, {"text": "The one in the hall."}, token=token).status == 201


def test_an_execution_that_does_not_count_decisions_goes_on(world: World, ana: str) -> None:
    """It keeps the definition that it began with, whose commands do not say how many there were (C5, C13)."""
    case_id = asked(world, ana)
    [run] = runs(world, case_id)
    command = {"command": "enter_stage", "case_id": case_id, "stage": "escalated", "execution": run.name}
    world.workflows.invoke(command | {"outcomes": run.data["outcomes"], "command_id": "uncounted"})
    assert (stage(world, ana, case_id), run.data["decisions"]) == ("escalated", 1)


def test_an_answer_brings_the_case_back_to_who_asked(world: World, ana: str) -> None:
    """One change: the message, the status, and the end of the wait, which wakes the workflow (D9, O7)."""
    case_id = asked(world, ana)
    before = world.events_told(case_id)[-1]["data"]["case"]["sequence"]
    write(world, ana, case_id)
    world.settle()
    told = [event for event in world.events_told(case_id) if int(event["sequence"]) > before]
    assert [event["type"].removeprefix("portico.").removesuffix(".v1") for event in told] == [
        "message.posted",
        "case.status_changed",
        "task.completed",
        "stage.entered",
        "task.opened",
    ]
    assert (stage(world, ana, case_id), world.view(ana, case_id)["status"]) == ("diagnose", "in_progress")


@pytest.mark.parametrize(("move", "status"), [("reopen", "reopened"), ("in_progress", "in_progress")])
def test_whoever_ends_the_waiting_lets_the_workflow_go_on(world: World, ana: str, move: str, status: str) -> None:
    """The customer reopens, or the internal system was told by telephone: nobody waits any more (C31, D9)."""
    case_id = asked(world, ana)
    if move == "reopen":
        assert world.gateway("POST", f"/v1/cases/{case_id}/reopen", token=ana).status == 200
        world.settle()
    else:
        wish = {"status": move, "based_on_sequence": world.view(ana, case_id)["sequence"]}
        world.command("case.set_status", case_id, wish, "heard")
    seen = world.view(ana, case_id)
    assert (seen["stage"]["name"], seen["status"]) == ("diagnose", status)
    assert len(runs(world, case_id)) == 1


@pytest.mark.parametrize("time", ["first", "second"])
def test_an_answer_that_comes_as_the_wait_ends_is_not_lost(world: World, ana: str, time: str) -> None:
    """The workflow has given up, the row says answered: it is stale, and its successor goes on from the answer (C3).

    An answer of before is not taken for the one that was missed.
    """
    case_id = asked(world, ana)
    if time == "second":
        write(world, ana, case_id)
        world.settle()
        decide(world, case_id, "NEED_CUSTOMER")
    write(world, ana, case_id)
    world.workflows.time_out(f"{case_id}-1")
    world.settle()
    assert world.view(ana, case_id)["status"] == "in_progress"
    world.move_clock(CHECK)
    world.sweep()
    world.settle()
    assert [run.status for run in runs(world, case_id)] == ["SUCCEEDED", "RUNNING"]
    assert (stage(world, ana, case_id), world.view(ana, case_id)["status"]) == ("diagnose", "in_progress")


def test_a_decision_that_comes_as_its_second_wait_ends_is_not_lost(world: World, ana: str) -> None:
    """It is the same as the first was; the successor obeys it, and the supervisors are not asked (C3, C12)."""
    case_id = asked(world, ana)
    write(world, ana, case_id)
    world.settle()
    task = open_task(world, case_id)
    assert task
    url, desk = f"/v1/tasks/{task['task_id']}/complete", world.staff("service-desk")
    assert world.gateway("POST", url, {"outcome": "NEED_CUSTOMER"}, token=desk).status == 200
    world.workflows.time_out(f"{case_id}-1")
    world.settle()
    world.move_clock(CHECK)
    world.sweep()
    world.settle()
    assert stage(world, ana, case_id) == "ask_customer"


def test_without_an_answer_the_case_is_resolved_and_can_be_reopened(world: World, ana: str) -> None:
    """The customer reads why, and the case goes on where it was (C31, D9)."""
    case_id = asked(world, ana)
    world.workflows.time_out(f"{case_id}-1")
    world.settle()
    seen = world.view(ana, case_id)
    assert (seen["status"], seen["stage"]["title"]) == (
        "resolved",
        "We have not heard from you, so we take it as solved",
    )
    assert world.gateway("POST", f"/v1/cases/{case_id}/reopen", token=ana).status == 200
    world.settle()
    assert stage(world, ana, case_id) == "diagnose"


def test_the_customers_task_is_nobody_elses(world: World, ana: str) -> None:
    """It stands in no team's list, and no team reads the case because of it (O4)."""
    case_id = asked(world, ana)
    stranger = world.staff("customer")
    assert world.gateway("GET", "/v1/tasks", token=stranger).json["data"] == []
    assert world.gateway("GET", f"/v1/cases/{case_id}", token=stranger).status == 404


# Failing again and again


def fail_at_once(world: World, case_id: str, times: int) -> None:
    """So often the workflow of the case fails before it has done anything, and the sweeper comes."""
    for _ in range(times):
        lose(world, case_id)
        world.move_clock(CHECK)
        assert world.sweep()["workflows"] == 1


@pytest.fixture
def stuck(world: World, ana: str) -> str:
    """A case whose workflow and three successors have failed."""
    case_id = world.open_case(ana)
    fail_at_once(world, case_id, 4)
    world.settle()
    return case_id


def test_a_workflow_that_always_fails_is_left_to_the_supervisors(world: World, ana: str, stuck: str) -> None:
    """After three successors in vain nobody starts a fourth; their task is opened once, and it is all (C5, C12)."""
    assert len(runs(world, stuck)) == 4
    for _ in range(3):
        assert sweep(world) == 0
    assert len(runs(world, stuck)) == 4
    opened = [event["data"]["stage"] for event in world.events_told(stuck) if event["type"] == "portico.task.opened.v1"]
    assert opened == ["answer", "stuck"]
    [task] = world.gateway("GET", "/v1/tasks", token=world.staff("supervisors")).json["data"]
    assert (task["case_id"], task["outcomes"]) == (stuck, ["TRY_AGAIN", "RESOLVE"])
    assert world.gateway("GET", "/v1/tasks", token=world.staff("customer-relations")).json["data"] == []
    seen = world.view(ana, stuck)
    assert (seen["status"], seen["stage"]["title"]) == ("in_progress", "We are looking after your case")
    assert [item for item in world.items() if item.get("due", {}).get("S", "").startswith("CASE#")] == []


@pytest.mark.parametrize(("outcome", "stage_then"), [("TRY_AGAIN", "answer"), ("RESOLVE", "answered")])
def test_what_the_supervisors_decide_starts_a_workflow_again(
    world: World, ana: str, stuck: str, outcome: str, stage_then: str
) -> None:
    """Exactly one, behind their decision; the sweeper looks after it as after any other (C5, C12)."""
    decide(world, stuck, outcome)
    assert stage(world, ana, stuck) == stage_then
    world.delivered = 0
    world.settle()
    assert [run.name for run in runs(world, stuck)][4:] == [f"{stuck}-5"]
    if outcome == "TRY_AGAIN":
        lose(world, stuck)
        assert sweep(world) == 1
        decide(world, stuck, "ANSWERED")
        assert world.view(ana, stuck)["status"] == "resolved"


def test_a_case_may_be_stuck_again(world: World, ana: str, stuck: str) -> None:
    """What is tried again has three successors of its own, and then there is another task (C12)."""
    task = open_task(world, stuck)
    assert task
    world.receive([body("task.complete", stuck, {"task_id": task["task_id"], "outcome": "TRY_AGAIN"})])
    while world.deliver_stream():
        pass
    fail_at_once(world, stuck, 4)
    world.settle()
    assert len(runs(world, stuck)) == 8
    again = open_task(world, stuck)
    assert again
    assert again["stage"] == "stuck"
    assert again["task_id"] != task["task_id"]


def test_a_workflow_that_fails_before_its_first_stage_is_left_to_the_supervisors(world: World, ana: str) -> None:
    """A machine that cannot even begin ends at the same task (C12)."""
    case_id = world.create(ana).json["case_id"]
    while world.deliver_stream():
        pass
    fail_at_once(world, case_id, 4)
    world.settle()
    assert len(runs(world, case_id)) == 4
    assert stage(world, ana, case_id) == "stuck"


def test_a_workflow_that_waits_again_was_not_in_vain(world: World, ana: str) -> None:
    """However often the place where workflows run is restarted, a case that waits for its task is not stuck (R17)."""
    case_id = world.open_case(ana)
    for _ in range(5):
        lose(world, case_id)
        assert sweep(world) == 1
    assert len(runs(world, case_id)) == 6
    assert stage(world, ana, case_id) == "answer"


@pytest.mark.parametrize("how", ["within", "before"])
def test_a_workflow_that_fails_while_the_customer_is_asked_makes_up_no_answer(
    world: World, ana: str, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """Nobody is told that the customer has answered: the question is withdrawn for the supervisors' task (C12, D9)."""
    case_id = asked(world, ana)
    if how == "before":
        fail_at_once(world, case_id, 4)
    else:
        [run] = runs(world, case_id)
        run.token, run.attempts = None, 6
        world.workflows._catch(run, world.workflows.definition(run.machine)["States"][run.state], "States.Runtime")
    world.settle()
    told = world.events_told(case_id)
    decided = [event["data"]["stage"] for event in told if event["type"] == "portico.task.completed.v1"]
    assert (stage(world, ana, case_id), decided) == ("stuck", ["diagnose"])
    decide(world, case_id, "TRY_AGAIN")
    assert stage(world, ana, case_id) == "diagnose"


def test_a_case_that_ends_while_its_workflow_is_looked_after_gets_no_other(
    world: World, ana: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sweeper read the case before it was canceled: what it wants then comes too late (C3, C13)."""
    case_id = world.open_case(ana)
    lose(world, case_id)
    found_out = executions.state

    def canceled_meanwhile(case: Case) -> str:
        answer = found_out(case)
        world.gateway("POST", f"/v1/cases/{case_id}/cancel", token=ana)
        return answer

    monkeypatch.setattr(executions, "state", canceled_meanwhile)
    assert sweep(world) == 0
    assert len(runs(world, case_id)) == 1
    assert world.view(ana, case_id)["status"] == "canceled"
