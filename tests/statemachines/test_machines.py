"""Every path of every machine, and every way in which a state can fail."""

import json
from collections.abc import Iterable
from typing import Any

import pytest

from functions.cases import services
from tests.statemachines.router import (
    ASKS_CUSTOMER,
    FORMS,
    GIVES_UP,
    NEXT,
    UNANSWERED,
    Path,
    all_paths,
    first,
)
from tests.statemachines.walking import Walk
from tests.workflows import MACHINES, Workflows

WAITING = [(service, stage) for service, stages in NEXT.items() for stage in stages]
AT_A_TEAM = [wait for wait in WAITING if wait[1] != ASKS_CUSTOMER]
DECISIONS = [(service, stage, outcome) for service, stage in WAITING for outcome in NEXT[service][stage]]
RETRIES = 6


def states(service: str) -> dict[str, Any]:
    found: dict[str, Any] = Workflows.definition(service)["States"]
    return found


def walked(path: Path) -> Walk:
    walk = Walk(path.service, path.answers)
    for outcome in path.outcomes:
        walk.decide(outcome)
    return walk


def test_the_processes_are_the_ones_that_are_tested() -> None:
    """A new folder without its paths here fails the suite (F8)."""
    assert {machine.parent.name for machine in MACHINES.glob("*/*.asl.json")} == set(FORMS)
    assert {service.process for service in services.all_services()} == set(FORMS)


@pytest.mark.parametrize("service", FORMS)
def test_form_and_stages_are_what_the_router_knows(service: str) -> None:
    """Every choice of the form and every outcome of a stage leads somewhere, and none is left out (O15)."""
    fields = json.loads((MACHINES / service / "form.json").read_text())["schema"]["properties"]
    described = json.loads((MACHINES / service / "service.json").read_text())
    assert {name: {choice["const"] for choice in fields[name]["oneOf"]} for name in described["condition_fields"]} == {
        name: {answers[name] for answers in FORMS[service]} for name in described["condition_fields"]
    }
    tasks = {name: set(stage["outcomes"]) for name, stage in described["stages"].items() if "outcomes" in stage}
    assert tasks == {stage: set(ways) for stage, ways in NEXT[service].items()} | {"stuck": {"TRY_AGAIN", "RESOLVE"}}
    assert all(stage["status"] for stage in described["stages"].values())


@pytest.mark.parametrize("path", all_paths(), ids=str)
def test_machine_and_router_agree_on_every_path(path: Path) -> None:
    """By form content, by decisions, and by decisions inside branches of the form (O1, O2, O3, O6, O7)."""
    walk = walked(path)
    assert tuple(walk.stages) == path.stages
    assert [command["command"] for command in walk.asked] == ["open_task"] * len(path.outcomes) + ["enter_stage"]
    assert [command["decisions"] for command in walk.asked] == list(range(len(path.stages)))
    assert walk.execution.status == "SUCCEEDED"


@pytest.mark.parametrize(("service", "stage", "outcome"), DECISIONS)
def test_a_successor_begins_where_the_case_stands(service: str, stage: str, outcome: str) -> None:
    """At the open task, or behind the decision that has ended it; never at the front (C5)."""
    answers = FORMS[service][0]
    assert Walk(service, answers, resume_at=stage).stages == [stage]
    behind = Walk(service, answers, resume_at=stage, decided=True, outcomes={stage: outcome}, decisions=3)
    assert (behind.stages[0], behind.asked[0]["decisions"]) == (NEXT[service][stage][outcome], 3)


@pytest.mark.parametrize(
    ("service", "stage", "outcome"), [*DECISIONS, *((service, "stuck", "RESOLVE") for service in FORMS)]
)
def test_an_execution_from_before_decisions_were_counted_goes_on(service: str, stage: str, outcome: str) -> None:
    """Each state counts from nothing where the input says nothing: AWS fails what is undefined there (C5, C13)."""
    start: dict[str, Any] = {"without": ["decisions"], "resume_at": stage}
    at = Walk(service, FORMS[service][0], **start)
    at.decide(outcome)
    behind = Walk(service, FORMS[service][0], **start, decided=True, outcomes={stage: outcome})
    assert [command["decisions"] for command in (*at.asked, behind.asked[0])] == [0, 1, 0]


def test_an_execution_from_before_decisions_were_counted_gives_up_as_ever() -> None:
    """Also behind a wait that nobody has ended (C12, D9)."""
    walk = Walk("report-incident", {}, without=["decisions"], resume_at=ASKS_CUSTOMER)
    walk.time_out()
    assert [(command["stage"], command["decisions"]) for command in walk.asked] == [(ASKS_CUSTOMER, 0), (UNANSWERED, 0)]


@pytest.mark.parametrize("service", FORMS)
@pytest.mark.parametrize("resume_at", [None, "nowhere", ""])
def test_without_a_known_stage_a_workflow_begins_at_the_front(service: str, resume_at: str | None) -> None:
    """A new case, and one whose stage is no more, is routed by its form (O3)."""
    for answers in FORMS[service]:
        assert Walk(service, answers, resume_at=resume_at).stages == [first(service, answers)]


@pytest.mark.parametrize(("service", "stage"), AT_A_TEAM)
def test_a_task_that_is_not_done_in_time_goes_to_the_supervisors(service: str, stage: str) -> None:
    """Every wait has a time-out with somewhere to go: try again from the front, or end (C12)."""
    answers = FORMS[service][0]
    walk = Walk(service, answers, resume_at=stage)
    walk.time_out()
    assert walk.stages == [stage, "stuck"]
    walk.decide("TRY_AGAIN")
    assert walk.stages[2:] == [first(service, answers)]
    walk.time_out()
    walk.time_out()
    assert walk.stages[3:] == ["stuck", "stuck"]
    walk.decide("RESOLVE")
    assert (walk.stages[-1], walk.execution.status) == (GIVES_UP[service], "SUCCEEDED")


def test_a_customer_who_does_not_answer_is_not_waited_for_for_ever() -> None:
    """The wait for an answer ends the case; nobody at the desk is to blame (D9)."""
    walk = unanswered()
    assert walk.stages == [ASKS_CUSTOMER, UNANSWERED]
    assert walk.execution.status == "SUCCEEDED"


@pytest.mark.parametrize("asked_by", ["diagnose", "diagnose_network"])
def test_a_successor_brings_an_answer_back_to_who_asked(asked_by: str) -> None:
    """Whichever team it was, also where the workflow was lost behind the answer (C5, D9)."""
    outcomes = {asked_by: "NEED_CUSTOMER", ASKS_CUSTOMER: "ANSWERED"}
    walk = Walk("report-incident", {}, resume_at=ASKS_CUSTOMER, decided=True, outcomes=outcomes)
    assert walk.stages == [asked_by]


def unanswered(errors: Iterable[str] = ()) -> Walk:
    """The customer was asked, and did not answer; behind that, these errors happen."""
    walk = Walk("report-incident", {}, resume_at=ASKS_CUSTOMER)
    walk.errors = list(errors)
    walk.time_out()
    return walk


@pytest.mark.parametrize("service", FORMS)
@pytest.mark.parametrize("outcome", ["", "TRY_AGAIN", "RESOLVE"])
def test_a_stuck_case_stays_stuck_when_its_workflow_is_lost(service: str, outcome: str) -> None:
    """The supervisors' task, and their decision, survive like any other (C5)."""
    answers = FORMS[service][0]
    walk = Walk(service, answers, resume_at="stuck", decided=bool(outcome), outcomes={"stuck": outcome})
    expected = {"": "stuck", "TRY_AGAIN": first(service, answers), "RESOLVE": GIVES_UP[service]}
    assert walk.stages == [expected[outcome]]


ASKING = [(service, name) for service in FORMS for name, state in states(service).items() if state["Type"] == "Task"]


def walk_to(service: str, state: str, errors: list[str]) -> Walk:
    """An execution that comes to that state, at which these errors happen."""
    for path in all_paths():
        if path.service == service and (found := _failing_at(path, state, errors)):
            return found
    if state == "Unanswered":
        return unanswered(errors)
    walk = Walk(service, FORMS[service][0])
    walk.errors = errors
    walk.time_out()
    assert "Stuck" in walk.execution.path
    return walk


def _failing_at(path: Path, state: str, errors: list[str]) -> Walk | None:
    sound = walked(path).execution.path
    asked = [name for name in sound if states(path.service)[name]["Type"] == "Task"]
    if state not in asked:
        return None
    before = asked.index(state)
    if before == 0:
        return Walk(path.service, path.answers, errors)
    walk = Walk(path.service, path.answers)
    for outcome in path.outcomes[: before - 1]:
        walk.decide(outcome)
    walk.errors = errors
    walk.decide(path.outcomes[before - 1])
    return walk


@pytest.mark.parametrize("error", ["ThrottlingException", "Lambda.Unknown", "WriteConflict", "ClientError"])
@pytest.mark.parametrize(("service", "state"), ASKING)
def test_a_passing_fault_is_tried_again(service: str, state: str, error: str) -> None:
    """Six failures in a row change nothing but the number of tries (C6)."""
    walk = walk_to(service, state, [error] * RETRIES)
    assert walk.execution.path.count(state) == 1 + RETRIES
    assert walk.stages[-1] == states(service)[state]["Arguments"]["Payload"]["stage"]


@pytest.mark.parametrize(("service", "state"), ASKING)
def test_a_lasting_fault_goes_to_the_supervisors(service: str, state: str) -> None:
    """The seventh failure ends the patience: the case is stuck, and never silently dead (C12)."""
    walk = walk_to(service, state, ["ThrottlingException"] * (RETRIES + 1))
    assert (walk.execution.state, walk.execution.status) == ("Stuck", "RUNNING")
    assert walk.stages[-1] == "stuck"


@pytest.mark.parametrize(("service", "state"), ASKING)
def test_a_workflow_that_runs_the_case_no_more_ends(service: str, state: str) -> None:
    """Refused as stale it is not tried again and opens no task (C3, C13)."""
    walk = walk_to(service, state, ["StaleWorkflow"])
    assert walk.execution.path[-2:] == [state, "Superseded"]
    assert walk.execution.status == "SUCCEEDED"


@pytest.mark.parametrize("service", FORMS)
def test_every_state_is_walked(service: str) -> None:
    """The paths, the time-outs and the stale ones together leave no state untried (O1)."""
    seen = {state for path in all_paths() if path.service == service for state in walked(path).execution.path}
    stuck = Walk(service, FORMS[service][0])
    stuck.time_out()
    stuck.decide("RESOLVE")
    stale = Walk(service, FORMS[service][0], ["StaleWorkflow"])
    late = {"Unanswered"} & set(unanswered().execution.path) if service == "report-incident" else set()
    assert seen | late | set(stuck.execution.path) | set(stale.execution.path) == set(states(service))


@pytest.mark.parametrize(("service", "stage"), AT_A_TEAM)
def test_a_retried_command_is_the_same_and_the_next_visit_another(service: str, stage: str) -> None:
    """Execution, state and time of entering make its id, so that it is obeyed once however often it is sent (C6)."""
    sent: list[str] = []
    walk = Walk(service, FORMS[service][0], resume_at=stage)
    door = walk.workflows.invoke

    def lost(command: dict[str, Any]) -> None:
        sent.append(command["command_id"])
        if len(sent) < 3:
            raise TimeoutError
        door(command)

    walk.workflows.invoke = lost
    walk.time_out()
    walk.decide("TRY_AGAIN")
    stuck, again = sent[:3], sent[3]
    assert len(set(stuck)) == 1
    assert again not in {stuck[0], walk.asked[0]["command_id"]}
