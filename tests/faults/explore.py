"""Every way in which faults can hit a scenario, delivery by delivery, until the world is at rest again.

A delivery that fails is made again, as the platform or the client does. Between two deliveries all that there is stands
in the world, since every delivery meets a fresh process. So two ways that lead to the same world go on the same, and
are followed once: that is what makes all pairs of faults affordable, without leaving one out.
"""

import difflib
from collections import Counter
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from functions.cases.workflow import workflow
from functions.clock import now
from functions.failures import Failed
from functions.moment import stamp
from functions.settings import settings
from tests.faults import state
from tests.faults.crash import KINDS, Crash, Faults, Schedule
from tests.faults.state import Item
from tests.gateway import Answer, LambdaContext
from tests.rewind import Moment, has_events, messages
from tests.world import SYSTEM, World

Client = dict[str, Any]
"""What the client of a scenario knows: `answers` so far, and what its requests need."""
Ask = Callable[[World, Client], Answer | None]
"""A request; None where there is nothing to ask any more."""
Move = Callable[[], Any]

LambdaUnknown = type("Lambda.Unknown", (Exception,), {})
"""What Step Functions sees of a function that died."""


def all_of_it(item: Item) -> Item:
    return item


@dataclass(frozen=True)
class Scenario:
    """Something that is asked of Portico, and all that follows from it."""

    name: str
    prepare: Callable[[World], Client]
    asks: tuple[Ask, ...] = ()
    """The client's requests, each made again until it is answered, the next when the world is at rest."""
    compared: Callable[[Item], Item | None] = all_of_it
    """The part of an item that must be the same at the end; None leaves the item out."""
    same_answers: bool = True
    check: Callable[[World, Client], None] = lambda world, client: None
    """What must hold at the end besides."""
    is_followed: bool = True
    """False where what follows from its events is what another scenario is about."""
    stream_is_dead: bool = False
    """Nothing is published, so that only the sweeper finds events."""
    workflow_is_lost: bool = False
    """A case has no execution any more, until the sweeper gives it another."""
    deadlines_are_missed: bool = False
    """All that comes due, and the sweeper has it to do."""
    uploads_are_over: bool = False
    """The sweeper has them to delete."""


@dataclass(frozen=True)
class Place:
    """A world between two deliveries, and the faults that led there."""

    moment: Moment
    client: Client
    path: tuple[str, ...]
    text: str


@dataclass
class Found:
    """What exploring a scenario has shown."""

    deliveries: int = 0
    hit: set[str] = field(default_factory=set)
    """The calls to AWS, by where they are made, that met a fault."""
    broken: list[str] = field(default_factory=list)
    """Schedules of faults after which something is not as it is without them."""


class Explorer:
    def __init__(self, world: World, scenario: Scenario, depth: int) -> None:
        self.world, self.scenario, self.depth = world, scenario, depth
        self.faults, self.found = Faults(), Found()
        self._seen: dict[str, int] = {}
        self._undisturbed: tuple[list[str], Counter[str]] | None = None

    def explore(self) -> Found:
        """Follow every schedule of at most `depth` faults to its end, and compare that with the undisturbed one."""
        client = {"answers": [], "asking": False} | self.scenario.prepare(self.world)
        before, self.world.workflows.invoke = self.world.workflows.invoke, self._invoke
        try:
            with self.faults.attached():
                self._follow([self._place(client, ())])
        finally:
            self.world.workflows.invoke = before
        return self.found

    def _follow(self, places: list[Place]) -> None:
        while places:
            place = places.pop()
            if self._come_to(place) is None:
                self._end(place)
            else:
                places += reversed(list(self._nexts(place)))

    def _place(self, client: Client, path: tuple[str, ...]) -> Place:
        return Place(Moment.of(self.world), client, path, state.everything(self.world, client))

    def _come_to(self, place: Place) -> Move | None:
        """Bring the world back to that place; return what comes next there, None where it is at rest."""
        place.moment.restore(self.world)
        world, client = self.world, deepcopy(place.client)
        self.client = client
        if self.scenario.stream_is_dead or not self.scenario.is_followed:
            world.delivered = len(world.stream_records())
        if client["asking"]:
            return self._ask
        if has_events(world):
            return world.deliver_stream
        queues = {
            settings.mail_queue_url: world.deliver_mail,
            world.queue_url(f"from-{SYSTEM}"): world.deliver_commands,
            world.queue_url("posted"): world.deliver_uploads,
            world.queue_url("mail-in"): world.deliver_arrived_mail,
        }
        for url, deliver in queues.items():
            if messages(url):
                return deliver
        if any(run.status == "RUNNING" and run.token is None for run in world.workflows.executions.values()):
            return world.run_workflows
        return self._sweeps() or (self._ask if len(client["answers"]) < len(self.scenario.asks) else None)

    def _sweeps(self) -> Move | None:
        due = [item["due"]["S"].partition("#")[0] for item in self.world.items() if "due" in item]
        running = [run for run in self.world.workflows.executions.values() if run.status == "RUNNING"]
        untold = self.scenario.stream_is_dead and "EVENT" in due
        lost = self.scenario.workflow_is_lost and due.count("CASE") > len(running)
        missed = self.scenario.deadlines_are_missed and any(self._alarms())
        over = self.scenario.uploads_are_over and "UPLOAD" in due
        is_needed = untold or lost or missed or over or "ERASURE" in due
        return (lambda: self.world.sweep(everything=True)) if is_needed else None

    def _alarms(self) -> Iterator[Item]:
        """What has come due by the clock."""
        for item in self.world.items():
            if item.get("due", {"S": ""})["S"].startswith("DEADLINE") and item["due_at"]["S"] <= stamp(now()):
                yield item

    def _ask(self) -> None:
        """Ask, and ask again where nothing came back, or that it was not possible now."""
        self.client["asking"] = True
        answer = self.scenario.asks[len(self.client["answers"])](self.world, self.client)
        if answer is None or not may_be_repeated(answer):
            self.client["asking"] = False
            self.client["answers"].append(answer and (answer.status, answer.body.decode()))
        if answer is not None and answer.status < HTTPStatus.BAD_REQUEST and "refuse" in self.faults.kinds_met():
            self.found.broken.append(f"{'; '.join(self.faults.met())}: answered {answer.status} although AWS refused")

    def _nexts(self, place: Place) -> Iterator[Place]:
        """Where the next delivery can lead, at first without a fault; only places where nobody was yet."""
        schedules: list[Schedule] = [()]
        while schedules:
            schedule = schedules.pop()
            self._deliver(place, schedule)
            path = (*place.path, *self.faults.met())
            left = self.depth - len(path)
            if left > 0:
                first = schedule[-1][0] + 1 if schedule else 0
                calls = range(first, len(self.faults.calls))
                schedules += [(*schedule, (call, kind)) for call in calls for kind in KINDS]
            text = state.everything(self.world, self.client)
            if text == place.text and not schedule:
                self.found.broken.append(f"{'; '.join(path)}: never comes to rest")
            if self._seen.get(text, -1) < left:
                self._seen[text] = left
                yield Place(Moment.of(self.world), deepcopy(self.client), path, text)

    def _deliver(self, place: Place, schedule: Schedule) -> None:
        move = self._come_to(place)
        assert move is not None
        self.found.deliveries += 1
        with self.faults.during(schedule):
            try:
                move()
            except Crash:
                pass
            except Failed:
                if "refuse" not in self.faults.kinds_met():
                    raise
        self.found.hit |= {self.faults.calls[number].site for number in self.faults.schedule}

    def _invoke(self, command: dict[str, Any]) -> None:
        """The workflow's door, as Step Functions sees it: a function that died is another error than one that fails."""
        try:
            workflow(command, LambdaContext())
        except Crash:
            self.faults.start_process()
            raise LambdaUnknown from None

    def _end(self, place: Place) -> None:
        answers = self.client["answers"] if self.scenario.same_answers else None
        lines = state.end(self.world, answers, self.scenario.compared, late=self.scenario.stream_is_dead)
        sent = state.sent(self.world)
        undisturbed = self._undisturbed = self._undisturbed or (lines, sent)
        if difference := _difference(undisturbed, (lines, sent), len(place.path)):
            self.found.broken.append("\n".join(["", *place.path, *difference]))
        self.scenario.check(self.world, self.client)


def may_be_repeated(answer: Answer) -> bool:
    return answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR or answer.status == HTTPStatus.TOO_MANY_REQUESTS


def _difference(
    wanted: tuple[list[str], Counter[str]], found: tuple[list[str], Counter[str]], faults: int
) -> list[str]:
    """What is not the same. Of each mail there may be one more per fault, since SES knows no idempotency; never none.

    So it is with what goes into quarantine.
    """
    lines = list(difflib.unified_diff(wanted[0], found[0], "undisturbed", "found", n=1, lineterm=""))
    lost = [f"lost: {mail}" for mail in wanted[1] if not found[1][mail]]
    surplus = [f"too often: {mail}" for mail, times in found[1].items() if times > wanted[1][mail] + faults]
    return [*lines[:40], *lost, *surplus]
