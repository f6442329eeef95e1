"""What a person may do within 24 hours, whatever they do it to: how often, and how much. Rules only, no I/O."""

import math
from datetime import datetime, timedelta
from typing import NamedTuple

from functions.events import Frozen
from functions.moment import Moment

DAY = timedelta(days=1)


class Use(NamedTuple):
    at: Moment
    amount: int


class Used(Frozen):
    """What a person has used of a budget, as far as it counts still."""

    uses: tuple[Use, ...] = ()
    version: int = 0

    def counted(self, now: datetime) -> tuple[Use, ...]:
        return tuple(use for use in self.uses if use.at > now - DAY)

    def wait(self, now: datetime, *, times: int, in_all: float = math.inf, amount: int = 1) -> int:
        """Seconds until that amount more is within both limits, of times and of what they come to; 0 where it is."""
        counted = self.counted(now)
        for gone in range(len(counted) + 1):
            left = counted[gone:]
            if len(left) < times and sum(use.amount for use in left) + amount <= in_all:
                break
        return math.ceil((counted[gone - 1].at + DAY - now).total_seconds()) if gone else 0

    def and_now(self, now: datetime, amount: int = 1) -> "Used":
        """With one use more."""
        return Used(uses=(*self.counted(now), Use(now, amount)), version=self.version + 1)
