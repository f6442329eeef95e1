"""What a state machine must be like before it is deployed; neither AWS nor the emulator checks all of it.

The list of what is not allowed is short and has its reasons: each of it works differently in AWS and in the local
cloud, or leaves a case behind without anybody noticing.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

State = dict[str, Any]
States = dict[str, State]
Stages = Mapping[str, Mapping[str, Any]]
"""As service.json describes them."""

INVOKES = {"arn:aws:states:::lambda:invoke", "arn:aws:states:::lambda:invoke.waitForTaskToken"}
KINDS = {"Choice", "Fail", "Parallel", "Pass", "Succeed", "Task", "Wait"}
SUBSTITUTED = {"WorkflowFunction"}


class MachineInvalid(Exception):
    """The definition of a process would not run, or not everywhere alike; the text says what is wrong and where."""


def check(process: str, definition: dict[str, Any], stages: Stages) -> None:
    """What a workflow asks for must be among them, and come as said."""
    if found := [*complaints(definition), *_undescribed(definition, stages)] or [*_unexpected(definition, stages)]:
        raise MachineInvalid("\n".join([f"{process}:", *(f"  {complaint}" for complaint in found)]))


def _undescribed(definition: dict[str, Any], stages: Stages) -> Iterator[str]:
    for scope in _scopes(definition):
        for name, state in scope["States"].items():
            stage = _stage(state)
            if stage is not None and stage not in stages:
                yield f"{name}: service.json does not describe the stage {stage!r}, and so no status of it"


def _unexpected(definition: dict[str, Any], stages: Stages) -> Iterator[str]:
    """Where `leads_to` of a stage says what comes next, some branch must lead there."""
    for scope in _scopes(definition):
        states: States = scope["States"]
        for name, state in states.items():
            expected = stages.get(_stage(state) or "", {}).get("leads_to")
            if expected and expected not in _stages_next(state, states):
                yield f"{name}: service.json expects the stage {expected!r} next, to which no branch leads from here"


def _stages_next(state: State, states: States) -> set[str]:
    """The stages for which is asked next, behind any choices; not where errors lead."""
    found: set[str] = set()
    seen: set[str] = set()
    ahead = [state]
    while ahead:
        for target in set(_targets(ahead.pop() | {"Catch": []})) - seen:
            seen.add(target)
            stage = _stage(states[target])
            if stage is None:
                ahead.append(states[target])
            else:
                found.add(stage)
    return found


def _stage(state: State) -> str | None:
    """The stage for which a state asks."""
    stage: str | None = state.get("Arguments", {}).get("Payload", {}).get("stage")
    return stage


def complaints(definition: dict[str, Any]) -> list[str]:
    """Everything that is wrong, each with its place."""
    if unknown := [
        f"{name}: the kind {kind} is not supported" for name, kind in _kinds(definition) if kind not in KINDS
    ]:
        return unknown
    return [*_in_machine(definition), *(complaint for scope in _scopes(definition) for complaint in _in_scope(scope))]


def _scopes(definition: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The machine itself, and each branch and each item processor in it: names of states are good within one."""
    yield definition
    for state in definition["States"].values():
        for inner in (*state.get("Branches", ()), state.get("ItemProcessor"), state.get("Iterator")):
            if inner:
                yield from _scopes(inner)


def _kinds(definition: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for scope in _scopes(definition):
        yield from ((name, state["Type"]) for name, state in scope["States"].items())


def _in_machine(definition: dict[str, Any]) -> Iterator[str]:
    if "TimeoutSeconds" in definition:
        yield "a time-out of the whole machine is ignored by the local cloud"
    unknown = set(re.findall(r"\$\{(\w+)\}", str(definition))) - SUBSTITUTED
    yield from (f"nothing is put in place of ${{{name}}}" for name in sorted(unknown))


def _in_scope(scope: dict[str, Any]) -> Iterator[str]:
    states: States = scope["States"]
    if scope.get("StartAt") not in states:
        yield f"StartAt: there is no state {scope.get('StartAt')!r}"
        return
    for name, state in states.items():
        yield from (f"{name}: there is no state {target!r}" for target in _targets(state) if target not in states)
        yield from (f"{name}: {complaint}" for complaint in _in_state(state))
    yield from (f"{name}: no way leads here" for name in sorted(states.keys() - _reached(scope["StartAt"], states)))


def _in_state(state: State) -> Iterator[str]:
    if "HeartbeatSeconds" in state:
        yield "heartbeats are ignored by the local cloud"
    if state["Type"] not in {"Choice", "Succeed", "Fail"} and ("Next" in state) == (state.get("End") is True):
        yield "it must have Next or End, and not both"
    if state["Type"] == "Choice" and "Default" not in state:
        yield "a choice without a default can end nowhere"
    if state["Type"] == "Task":
        yield from _in_task(state)


def _in_task(state: State) -> Iterator[str]:
    if state["Resource"] not in INVOKES:
        yield f"a workflow asks Portico and nobody else, so not {state['Resource']}"
    for needed in ("Retry", "Catch", "TimeoutSeconds"):
        if needed not in state:
            yield f"a task needs {needed}"
    if not isinstance(state.get("TimeoutSeconds", 0), int):
        yield "a computed time-out fails in the local cloud"
    if not any("States.ALL" in catcher["ErrorEquals"] for catcher in state.get("Catch", [])):
        yield "an error that nobody catches leaves the case behind"
    if "decisions" not in state.get("Arguments", {}).get("Payload", {}):
        yield "it does not say how many decisions the workflow knows"
    if ".waitForTaskToken" in state["Resource"]:
        if "Task.Token" not in str(state):
            yield "it waits for a token that it hands to nobody"
        if "decisions" not in state.get("Output", ""):
            yield "it does not count the decision that it waits for"


def _targets(state: State) -> list[str]:
    ways = [state, *state.get("Choices", ()), *state.get("Catch", ())]
    return [target for way in ways for key in ("Next", "Default") if (target := way.get(key)) is not None]


def _reached(start: str, states: States) -> set[str]:
    reached: set[str] = set()
    ahead = [start]
    while ahead:
        name = ahead.pop()
        if name not in reached and name in states:
            reached.add(name)
            ahead.extend(_targets(states[name]))
    return reached
