"""The demonstration organisation: staff members with their teams, added to a running stack. Safe to repeat.

`make run` does it, with the environment that the functions of the stack run with: `python -m demo.organisation`.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from functions.people.actions import AddressTaken, add_staff_member

FILE = Path(__file__).with_name("organisation.json")


@dataclass(frozen=True, kw_only=True)
class StaffMember:
    name: str
    email: str
    about: str
    teams: tuple[str, ...]


def staff() -> list[StaffMember]:
    """As the file names them."""
    members = json.loads(FILE.read_text())["staff"]
    return [StaffMember(**member | {"teams": tuple(member["teams"])}) for member in members]


def load() -> None:
    """Add who is missing; who is there stays as they are."""
    for member in staff():
        try:
            add_staff_member(member.email, member.name, member.teams)
            done = "added"
        except AddressTaken:
            done = "there already"
        print(f"  {member.name} <{member.email}>, {member.about}: {done}")


if __name__ == "__main__":
    load()
