"""The demonstration organisation: staff with their teams, calendars, the default agreement, added to a running stack.

`make run` does it, with the environment that the functions of the stack run with: `python -m demo.organisation`. Safe
to repeat: what is there stays as it is.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from functions.admin.actions import keep_agreement
from functions.calendars.actions import keep_calendar
from functions.calendars.model import NewCalendar
from functions.cases.agreements import Agreement
from functions.events import Actor
from functions.people.actions import AddressTaken, add_staff_member
from functions.people.model import Role
from functions.records import IdTaken

FILE = Path(__file__).with_name("organisation.json")
WHO = Actor(kind="system", id="demonstration", name="the demonstration")


@dataclass(frozen=True, kw_only=True)
class StaffMember:
    name: str
    email: str
    about: str
    teams: tuple[str, ...]
    roles: tuple[Role, ...] = ()


class ThereAlready(Exception):
    pass


def staff() -> list[StaffMember]:
    """As the file names them."""
    return [
        StaffMember(**member | {"teams": tuple(member["teams"]), "roles": tuple(member.get("roles", ()))})
        for member in _read("staff")
    ]


def calendars() -> dict[str, NewCalendar]:
    """As the file describes them, checked."""
    return {name: NewCalendar.model_validate(calendar) for name, calendar in _read("calendars").items()}


def agreements() -> list[Agreement]:
    """The default one, without which a portal with agreements takes no case."""
    return [Agreement.model_validate_json(json.dumps(agreement)) for agreement in _read("agreements")]


def load() -> None:
    for member in staff():
        _add(
            f"{member.name} <{member.email}>, {member.about}",
            partial(add_staff_member, member.email, member.name, member.teams, member.roles),
        )
    for name, calendar in calendars().items():
        _add(
            f"calendar {name}, {calendar.title}, {calendar.time_zone}",
            partial(keep_calendar, name, calendar, WHO, _only_the_first),
        )
    for agreement in agreements():
        _add(
            f"agreement {agreement.agreement_id}, {agreement.title}",
            partial(keep_agreement, agreement, None, WHO, None),
        )


def _add(what: str, adding: Callable[[], object]) -> None:
    try:
        adding()
        done = "added"
    except (AddressTaken, ThereAlready, IdTaken):
        done = "there already"
    print(f"  {what}: {done}")


def _only_the_first(version: int) -> None:
    if version:
        raise ThereAlready


def _read(part: str) -> Any:
    return json.loads(FILE.read_text())[part]


if __name__ == "__main__":
    load()
