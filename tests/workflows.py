"""Step Functions in the test process: our own ASL, walked state by state with a real JSONata.

moto keeps executions but cannot run JSONata; this stands in for the service and knows only what our definitions use:
Choice, Succeed, and Task with `lambda:invoke`, with or without a task token.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import jsonata

MACHINES = Path(__file__).parents[1] / "statemachines"
WAITS = ".waitForTaskToken"


@dataclass
class Execution:
    """One run of a definition; `state` is where it stands."""

    machine: str
    name: str
    data: Any
    state: str
    token: str | None = None
    """Of the task that it waits for."""
    status: str = "RUNNING"
    visits: int = 0
    attempts: int = 0
    """How often the present state was retried."""
    path: list[str] = field(default_factory=list)


class Workflows:
    """All executions, moved on by `run`; `invoke` is the `workflow` door."""

    def __init__(self, invoke: Callable[[dict[str, Any]], None]) -> None:
        self.invoke = invoke
        self.executions: dict[str, Execution] = {}

    def start(self, machine: str, name: str, given: str) -> bool:
        """False where that name was used before."""
        if name in self.executions:
            return False
        definition = self.definition(machine)
        self.executions[name] = Execution(machine, name, json.loads(given), definition["StartAt"])
        return True

    def stop(self, name: str) -> bool:
        execution = self.executions.get(name)
        if execution and execution.status == "RUNNING":
            execution.status, execution.token = "ABORTED", None
        return execution is not None

    def succeed(self, token: str, output: str) -> bool:
        """False for a token that was used, is late or unknown, as AWS answers."""
        for execution in self.executions.values():
            if execution.token == token and execution.status == "RUNNING":
                execution.token = None
                self._leave(execution, json.loads(output))
                return True
        return False

    def lose(self, name: str) -> None:
        """What a restart of the emulator does to an execution."""
        self.executions[name].status, self.executions[name].token = "FAILED", None

    def time_out(self, name: str) -> None:
        """Nobody has ended the task that the execution waits for in time."""
        execution = self.executions[name]
        execution.token = None
        self._catch(execution, self.definition(execution.machine)["States"][execution.state], "States.Timeout")

    def run(self) -> bool:
        """Move every execution on until it waits or ends. True where anything moved."""
        moved = False
        for execution in list(self.executions.values()):
            while execution.status == "RUNNING" and execution.token is None:
                self._step(execution)
                moved = True
        return moved

    @staticmethod
    @cache
    def definition(machine: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((MACHINES / machine / f"{machine}.asl.json").read_text())
        return found

    def _step(self, execution: Execution) -> None:
        state = self.definition(execution.machine)["States"][execution.state]
        execution.path.append(execution.state)
        if state["Type"] == "Succeed":
            execution.status = "SUCCEEDED"
        elif state["Type"] == "Choice":
            taken = (rule["Next"] for rule in state["Choices"] if self._evaluate(rule["Condition"], execution))
            self._enter(execution, next(taken, state["Default"]))
        else:
            self._do(execution, state)

    def _do(self, execution: Execution, state: dict[str, Any]) -> None:
        waits = state["Resource"].endswith(WAITS)
        token = f"token-{execution.name}-{execution.visits}-{execution.attempts}" if waits else None
        arguments = self._filled(state["Arguments"], execution, token)
        visits, execution.token = execution.visits, token  # good even before the function has answered
        try:
            self.invoke(json.loads(json.dumps(arguments["Payload"])))
        except Exception as error:  # noqa: BLE001 (as Step Functions does: by its name)
            if execution.visits == visits and execution.status == "RUNNING":
                execution.token = None
                self._catch(execution, state, type(error).__name__)
            return
        if not waits and execution.status == "RUNNING":
            self._leave(execution, None)

    def _catch(self, execution: Execution, state: dict[str, Any], error: str) -> None:
        for retry in state.get("Retry", ()):
            failed = "States.TaskFailed" in retry["ErrorEquals"] and error != "States.Timeout"
            if not failed and error not in retry["ErrorEquals"]:
                continue
            if execution.attempts < retry["MaxAttempts"]:
                execution.attempts += 1
                return  # tried again with the next step
            break
        for catcher in state["Catch"]:
            if error in catcher["ErrorEquals"] or "States.ALL" in catcher["ErrorEquals"]:
                self._enter(execution, catcher["Next"])
                return
        execution.status = "FAILED"

    def _leave(self, execution: Execution, result: Any) -> None:
        state = self.definition(execution.machine)["States"][execution.state]
        execution.data = self._evaluate(state["Output"], execution, result)
        if state.get("End"):
            execution.status = "SUCCEEDED"
        else:
            self._enter(execution, state["Next"])

    def _enter(self, execution: Execution, state: str) -> None:
        execution.state = state
        execution.visits += 1
        execution.attempts = 0

    def _filled(self, node: Any, execution: Execution, token: str | None) -> Any:
        if isinstance(node, dict):
            return {name: self._filled(value, execution, token) for name, value in node.items()}
        return self._evaluate(node, execution, token=token) if isinstance(node, str) else node

    def _evaluate(self, expression: str, execution: Execution, result: Any = None, *, token: str | None = None) -> Any:
        if not expression.startswith("{%"):
            return expression
        compiled = _compiled(expression)
        context = {
            "Execution": {"Name": execution.name},
            "State": {"Name": execution.state, "EnteredTime": f"visit {execution.visits}"},
            "Task": {"Token": token},
        }
        compiled.assign("states", {"input": execution.data, "result": result, "context": context})
        return compiled.evaluate(None)


@cache
def _compiled(expression: str) -> jsonata.Jsonata:
    return jsonata.Jsonata(expression.removeprefix("{%").removesuffix("%}"))
