"""The internal system itself: reads what the portal tells, keeps its twins, answers by its rules."""

import time
from collections.abc import Callable

from botocore.exceptions import BotoCoreError, ClientError

from demo.backoffice import rules, sentences
from demo.backoffice.commands import Command
from demo.backoffice.queues import LONGEST_WAIT, Arrival, Queues, Unreadable
from demo.backoffice.rules import Rule
from demo.backoffice.twins import Event, Twins

PAUSE = 2.0
"""Seconds until queues that did not answer are asked again."""


class Backoffice:
    def __init__(
        self,
        queues: Queues,
        script: tuple[Rule, ...] = (),
        twins: Twins | None = None,
        say: Callable[[str], None] = print,
    ) -> None:
        self.twins = twins or Twins()
        self._queues, self._script, self._say = queues, script, say

    def work(self, wait: int = 0) -> list[Event]:
        """Deal with one batch and return its events; wait that many seconds for a first one."""
        dealt_with: list[Event] = []
        blocked: set[str] = set()
        for arrival in self._queues.receive(wait):
            event = None if arrival.group in blocked else self._read(arrival)
            if event is None:
                blocked.add(arrival.group)  # what comes behind it in the same case keeps its place
                continue
            self._deal_with(event)
            self._queues.delete(arrival)
            dealt_with.append(event)
        return dealt_with

    def work_on(self) -> None:
        """Work until interrupted; queues that do not answer are asked again."""
        answering = True
        while True:
            try:
                self.work(LONGEST_WAIT)
                answering = True
            except (BotoCoreError, ClientError) as error:
                if answering:
                    self._say(sentences.paint(f"the queues do not answer, still trying: {error}", "red"))
                answering = False
                time.sleep(PAUSE)

    def send(self, command: Command) -> None:
        self._queues.send(command)
        self._say(sentences.sent(command, self.twins.find(command.get("subject", ""))))

    def _read(self, arrival: Arrival) -> Event | None:
        """None for what is no event: it stays in the queue, which sets it aside after a few attempts."""
        try:
            return arrival.event
        except Unreadable as reason:
            self._say(sentences.paint(f"left in the queue: {reason}", "red"))
            return None

    def _deal_with(self, event: Event) -> None:
        """An event without a number belongs to no case: it answers a command that named none of ours."""
        if "sequence" not in event:
            self._say(sentences.of_no_case(event))
            return
        twin = self.twins.of(event)
        reading = twin.apply(event)
        self._say(sentences.of_case(event, twin, reading))
        if not reading.late:
            for command in rules.answers(self._script, event, twin):
                self.send(command)
        self.twins.save()
