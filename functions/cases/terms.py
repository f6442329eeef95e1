"""What is promised: how long the first response and the resolution may take. Data of services, stages, agreements."""

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from functions.events import Frozen

Strategy = Literal["stage", "agreement", "service"]
"""A source that can promise: the stage that the case is in, its agreement, or its service (C44)."""
Unit = Literal[
    "working_minutes", "working_hours", "working_days", "calendar_minutes", "calendar_hours", "calendar_days"
]
_LENGTHS = {"minutes": timedelta(minutes=1), "hours": timedelta(hours=1), "days": timedelta(days=1)}


class Term(Frozen):
    """So much time. A working day is as long as the calendar's day (D15); a calendar day has 24 hours."""

    amount: Annotated[int, Field(ge=1, le=100_000)]
    unit: Unit
    calendar: str | None = None
    """The calendar that counts working time; without one, the more general one that is there (C45)."""
    rounding: Literal["exact", "end_of_day"] = "exact"
    """`end_of_day`: due when the work of that day ends (D15)."""
    lead_minutes: Annotated[int, Field(ge=1, le=100_000)] | None = None
    """With so much of that time left the deadline is approaching; without it, with a fifth left."""

    @model_validator(mode="after")
    def _rounded_by_a_calendar(self) -> Self:
        if self.rounding == "end_of_day" and not self.is_working:
            raise ValueError("only working time is rounded to the end of the day")
        return self

    @property
    def is_working(self) -> bool:
        return self.unit.startswith("working")

    def length(self, working_day: timedelta) -> timedelta:
        """The time itself."""
        unit = self.unit.partition("_")[2]
        return self.amount * (working_day if self.unit == "working_days" else _LENGTHS[unit])


class AutoClose(Frozen):
    """When a resolved case is closed by itself, and when its owner is reminded that it will be."""

    after: Term
    reminder: Term | None = None
    """Counted from the resolution, too, and in the same way."""

    @model_validator(mode="after")
    def _reminds_before(self) -> Self:
        if any(term and term.lead_minutes for term in (self.after, self.reminder)):
            raise ValueError("a closing has a reminder in place of `lead_minutes`")
        if self.reminder and self.reminder.model_copy(update={"amount": self.after.amount}) != self.after:
            raise ValueError("`reminder` must have the unit, the calendar and the rounding of `after`")
        if self.reminder and self.reminder.amount >= self.after.amount:
            raise ValueError("`reminder` must be earlier than `after`")
        return self


class Terms(Frozen):
    """What one source promises; what it does not say is left to the next of the chain (C44)."""

    response: Term | None = None
    """From registration until work starts (C7)."""
    resolution: Term | None = None
    """From registration until the case is resolved, without the time in which it waits for the customer (C8, D9)."""

    @property
    def calendars(self) -> tuple[str, ...]:
        """The names of those that may count."""
        return tuple(term.calendar for term in (self.response, self.resolution) if term and term.calendar)
