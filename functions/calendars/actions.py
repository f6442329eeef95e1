"""What administrators can do with calendars."""

from collections.abc import Callable

from functions.calendars import repository
from functions.calendars.model import Calendar
from functions.clock import now
from functions.events import Actor
from functions.obeyed import Once
from functions.table import Item, commit, read, until_first


def keep_calendar(
    name: str, calendar: Calendar, by: Actor, check: Callable[[int], None], once: Once | None = None
) -> int:
    """Make a calendar, or put another in its place; return its version. `check` may refuse the version before.

    Cases that there are already keep the calendar as it was when they were submitted: what was promised stays so.
    """

    def attempt() -> int:
        key = repository.calendar_key(name)
        found = read(key, *([once.key] if once else []))
        if once:
            once.check(found.get(once.key))
        before = _version(found.get(key))
        check(before)
        moment = now()
        writes = repository.kept(name, calendar, before + 1, by, moment)
        commit(*([once.record(before + 1, moment)] if once else []), *writes)
        return before + 1

    return until_first(attempt)


def _version(item: Item | None) -> int:
    return int(item["version"]) if item else 0
