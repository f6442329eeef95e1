"""In this folder the clock stands still, so that boundaries are met to the millisecond; only `move_clock` moves it."""

from datetime import UTC, datetime, tzinfo
from typing import Self

import pytest

from functions import clock


class StandingClock(datetime):
    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        return cls(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def standing_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "datetime", StandingClock)
