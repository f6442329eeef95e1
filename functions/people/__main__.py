"""Add a staff member, or change one, in the environment of a stage's functions, which `make staff` gives it."""

import argparse
import sys
from collections.abc import Sequence

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import ValidationError

from functions.errors import Conflict, field_errors
from functions.events import Actor
from functions.people.actions import AddressTaken, add_staff_member, change_staff_member
from functions.people.model import NewStaffMember, Person

OPERATOR = Actor(kind="system", id="operator", name="the operator")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="functions.people", description=__doc__)
    parser.add_argument("--email", required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--teams", type=_words, default=(), help="whose tasks they work on, with commas")
    parser.add_argument("--roles", type=_words, default=(), help="administrator: keeps the records")
    try:
        wanted = NewStaffMember.model_validate(vars(parser.parse_args(arguments)))
        person, done = _keep(wanted)
    except ValidationError as error:
        sys.exit("; ".join(f"{found['pointer'][1:]}: {found['message']}" for found in field_errors(error)))
    except Conflict as refusal:
        sys.exit(refusal.detail)
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"AWS refused: {error}")
    teams, roles = (", ".join(words) or "none" for words in (person.teams, person.roles))
    sys.stdout.write(f"{person.person_id} {person.name} <{person.email}>: {done}; teams: {teams}; roles: {roles}\n")


def _keep(wanted: NewStaffMember) -> tuple[Person, str]:
    """The staff member as wanted, and what was done for it. Raise `AddressTaken` where a contact has the address."""
    try:
        return add_staff_member(wanted.email, wanted.name, wanted.teams, wanted.roles), "added"
    except AddressTaken:
        return change_staff_member(wanted, OPERATOR), "as said now"


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


if __name__ == "__main__":
    main()
