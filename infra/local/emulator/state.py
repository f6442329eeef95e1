"""State: saved every few seconds, not only at a clean stop, so that little is lost when the emulator is killed."""

import asyncio
import time
from typing import Any

from ministack import app
from ministack.core import persistence

SHORTEST_PAUSE = 5.0
SHARE_OF_TIME = 0.02
"""How much of the time may go into saving, however much there is to save."""


class _Saver:
    def __init__(self, serve: Any) -> None:
        self.serve_as_before = serve
        self.changed = False
        self.task: asyncio.Task[None] | None = None

    async def serve(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            self.task = asyncio.create_task(self.save_for_ever())
        self.changed = True
        await self.serve_as_before(scope, receive, send)

    async def save_for_ever(self) -> None:
        """On the emulator's own event loop: no request comes between one service's state and the next one's."""
        pause = SHORTEST_PAUSE
        while True:
            await asyncio.sleep(pause)
            if self.changed:
                began = time.monotonic()
                self.changed = False
                persistence.save_all(app._build_persistence_save_dict())
                pause = max(SHORTEST_PAUSE, (time.monotonic() - began) / SHARE_OF_TIME)


def install() -> None:
    app.app = _Saver(app.app).serve
