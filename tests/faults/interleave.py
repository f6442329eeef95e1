"""Two requests at once, in every order in which their calls to AWS can come.

Each runs in a thread of its own that is held before each of its calls; one at a time is let go on.
"""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.calls import hooked
from tests.rewind import Moment
from tests.world import World

Work = Callable[[], Any]


@dataclass
class _Actor:
    work: Work
    go: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    stopped: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    done: bool = False
    result: Any = None

    def start(self) -> None:
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        self.stopped.acquire()

    def step(self) -> None:
        """One call to AWS, up to the next one or the end."""
        self.go.release()
        self.stopped.acquire()

    def hold(self) -> None:
        self.stopped.release()
        self.go.acquire()

    def _run(self) -> None:
        try:
            self.result = self.work()
        except Exception as error:  # noqa: BLE001 (what it ended with is for the test to judge)
            self.result = error
        self.done = True
        self.stopped.release()


def interleavings(world: World, *works: Work) -> Iterator[list[Any]]:
    """The results of the works, for every order of their calls, each time from the world as it is now."""
    moment = Moment.of(world)
    open_orders: list[tuple[int, ...]] = [()]
    while open_orders:
        prefix = open_orders.pop()
        moment.restore(world)
        actors = [_Actor(work) for work in works]
        order: list[int] = []

        def hold(actors: list[_Actor] = actors, **_: Any) -> None:
            for actor in actors:
                if actor.thread is threading.current_thread():
                    actor.hold()

        with hooked({"before-call": hold}):
            for actor in actors:
                actor.start()
            while alive := [number for number, actor in enumerate(actors) if not actor.done]:
                if len(order) < len(prefix):
                    turn = prefix[len(order)]
                else:
                    turn = alive[0]
                    open_orders += [(*order, other) for other in alive[1:]]
                actors[turn].step()
                order.append(turn)
        yield [actor.result for actor in actors]
