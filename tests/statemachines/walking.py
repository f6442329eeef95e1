"""A machine walked by itself: the door behind it only writes down what it was asked."""

import json
from collections.abc import Iterable
from typing import Any

from tests.workflows import Execution, Workflows


class Walk:
    """One execution; `fail` makes the door raise errors of these names first. `without`: not in its input."""

    def __init__(
        self,
        machine: str,
        answers: dict[str, str],
        fail: Iterable[str] = (),
        without: Iterable[str] = (),
        **given: Any,
    ) -> None:
        self.asked: list[dict[str, Any]] = []
        self.errors = list(fail)
        self.workflows = Workflows(self.door)
        start: dict[str, Any] = {"case_id": "case_1", "resume_at": None, "decided": False, "answers": answers}
        start |= {"outcomes": {}, "decisions": 0}
        start = {name: value for name, value in (start | given).items() if name not in without}
        self.workflows.start(machine, "case_1-1", json.dumps(start))
        self.workflows.run()

    def door(self, command: dict[str, Any]) -> None:
        if self.errors:
            raise type(self.errors.pop(0), (Exception,), {})
        self.asked.append(command)

    @property
    def execution(self) -> Execution:
        return self.workflows.executions["case_1-1"]

    @property
    def stages(self) -> list[str]:
        """The stages that it has come to."""
        return [command["stage"] for command in self.asked]

    def decide(self, outcome: str) -> None:
        """The task that it waits for has ended so."""
        assert self.workflows.succeed(self.execution.token or "", json.dumps({"outcome": outcome}))
        self.workflows.run()

    def time_out(self) -> None:
        """The task that it waits for has not ended in time."""
        self.workflows.time_out("case_1-1")
        self.workflows.run()
