"""Calendars in the table, each with all its earlier versions."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from functions.calendars.model import Calendar
from functions.events import Actor
from functions.moment import stamp
from functions.table import Item, Key, Write, put, versioned


def calendar_key(name: str) -> Key:
    return f"CALENDAR#{name}", "RECORD"


def calendar_of(item: Item) -> Calendar:
    return Calendar.model_validate_json(item["data"])


def calendars_in(found: Mapping[Key, Item], names: Iterable[str]) -> dict[str, Calendar]:
    """Those of the named calendars that are among items which were read."""
    return {name: calendar_of(found[calendar_key(name)]) for name in names if calendar_key(name) in found}


def kept(name: str, calendar: Calendar, version: int, by: Actor, now: datetime) -> tuple[Write, Write]:
    """The next version of a calendar, unless another writer kept it first; and, for good, who made it and when."""
    item = {
        "data": calendar.model_dump_json(),
        "version": version,
        "changed_at": stamp(now),
        "changed_by": by.id,
    }
    key = calendar_key(name)
    in_history = put((key[0], f"VERSION#{version:06}"), item, condition="attribute_not_exists(pk)")
    return versioned(key, item, version), in_history
