"""The check of state machines finds what neither AWS nor the emulator would tell us in time."""

import copy
from typing import Any

import pytest

from functions.cases import services
from infra import asl, templates

Change = dict[str, Any]

GOOD: dict[str, Any] = {
    "StartAt": "Ask",
    "States": {
        "Ask": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
            "Arguments": {
                "FunctionName": "${WorkflowFunction}",
                "Payload": {"decisions": "{% $d %}", "token": "{% $states.context.Task.Token %}"},
            },
            "Output": "{% {'decisions': $d + 1} %}",
            "TimeoutSeconds": 60,
            "Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 2}],
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "End"}],
            "Next": "Which",
        },
        "Which": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.a", "IsPresent": True, "Next": "End"}],
            "Default": "End",
        },
        "End": {"Type": "Succeed"},
    },
}


@pytest.mark.parametrize("process", templates.processes())
def test_every_process_has_a_sound_machine(process: str) -> None:
    """StartAt and every Next exist, every state is reached, every task has time-out, Retry and Catch."""
    assert asl.complaints(templates.definition_of(process)) == []


@pytest.mark.parametrize("process", templates.processes())
def test_a_machine_calls_no_function_but_the_workflow_door(process: str) -> None:
    """Every Lambda that it names exists, and is the one that may be asked."""
    properties = templates.process(process)["Resources"]["StateMachine"]["Properties"]
    assert set(properties["DefinitionSubstitutions"]) == asl.SUBSTITUTED
    assert text_of(properties["DefinitionSubstitutions"]["WorkflowFunction"]).endswith(
        ":function:portico-${Stage}-workflow"
    )


def test_a_sound_machine_gives_no_cause_for_complaint() -> None:
    """The check does not refuse what is right."""
    assert asl.complaints(GOOD) == []


@pytest.mark.parametrize(
    ("state", "change", "complaint"),
    [
        ("Ask", {"Next": "Nowhere"}, "Ask: there is no state 'Nowhere'"),
        (
            "Ask",
            {"Catch": [{"ErrorEquals": ["X"], "Next": "End"}]},
            "Ask: an error that nobody catches leaves the case behind",
        ),
        ("Ask", {"TimeoutSeconds": "{% 60 %}"}, "Ask: a computed time-out fails in the local cloud"),
        ("Ask", {"HeartbeatSeconds": 5}, "Ask: heartbeats are ignored by the local cloud"),
        ("Ask", {"End": True}, "Ask: it must have Next or End, and not both"),
        ("Ask", {"Arguments": {}}, "Ask: it waits for a token that it hands to nobody"),
        ("Ask", {"Arguments": {}}, "Ask: it does not say how many decisions the workflow knows"),
        ("Ask", {"Output": "{% $states.input %}"}, "Ask: it does not count the decision that it waits for"),
        ("Ask", {"Arguments": {"a": "${Other} Task.Token"}}, "nothing is put in place of ${Other}"),
        ("Ask", {"Next": "End"}, "Which: no way leads here"),
        ("Which", {"Default": None}, "Which: a choice without a default can end nowhere"),
        (
            "Ask",
            {"Resource": "arn:aws:states:::http:invoke"},
            "Ask: a workflow asks Portico and nobody else, so not arn:aws:states:::http:invoke",
        ),
    ],
)
def test_each_fault_is_named_with_its_place(state: str, change: Change, complaint: str) -> None:
    """Whoever wrote the machine reads what to mend."""
    machine = copy.deepcopy(GOOD)
    machine["States"][state] |= change
    machine["States"][state] = {key: value for key, value in machine["States"][state].items() if value is not None}
    assert complaint in asl.complaints(machine)


@pytest.mark.parametrize("needed", ["Retry", "Catch", "TimeoutSeconds"])
def test_a_task_without_retry_catch_or_timeout_is_refused(needed: str) -> None:
    """Each wait has a time-out with somewhere to go."""
    machine = copy.deepcopy(GOOD)
    del machine["States"]["Ask"][needed]
    assert f"Ask: a task needs {needed}" in asl.complaints(machine)


def test_a_kind_that_is_not_supported_is_refused_before_anything_is_deployed() -> None:
    """The first thing that is said of it, with its place (F9)."""
    machine = copy.deepcopy(GOOD)
    machine["States"]["Ask"] = {"Type": "HotOperation", "Next": "Which"}
    with pytest.raises(asl.MachineInvalid, match="contact-us:\n  Ask: the kind HotOperation is not supported"):
        asl.check("contact-us", machine, {})


def test_a_stage_that_is_not_described_is_refused() -> None:
    """It would have no status (F14)."""
    machine = copy.deepcopy(GOOD)
    machine["States"]["Ask"]["Arguments"]["Payload"]["stage"] = "inspect"
    asl.check("contact-us", machine, {"inspect": {}})
    with pytest.raises(asl.MachineInvalid, match=r"Ask: service\.json does not describe the stage 'inspect'"):
        asl.check("contact-us", machine, {"answer": {}})


def test_the_stage_that_is_expected_next_is_one_to_which_a_branch_leads() -> None:
    """Behind choices, in the machine itself; where an error leads is nowhere that anybody expects (C5)."""
    process = "report-incident"
    machine, stages = templates.definition_of(process), services.load(process).model_dump()["stages"]
    asl.check(process, machine, stages)
    for wrong in ("solved_by_vendor", "stuck"):
        expected = stages | {"diagnose": {"leads_to": wrong}}
        with pytest.raises(asl.MachineInvalid, match=f"Diagnose: service.json expects the stage '{wrong}' next"):
            asl.check(process, machine, expected)


def test_faults_inside_a_branch_are_found() -> None:
    """A parallel branch is a machine of its own, with names of its own."""
    branch = {"StartAt": "Inner", "States": {"Inner": {"Type": "Pass", "Next": "Ask"}}}
    machine = copy.deepcopy(GOOD)
    machine["States"]["Which"] = {"Type": "Parallel", "Branches": [branch], "Next": "End"}
    assert asl.complaints(machine) == ["Inner: there is no state 'Ask'"]


def text_of(value: Any) -> str:
    return str(value["Fn::Sub"])
