"""Add a staff member, in the environment of a stage's functions, which `make staff` gives it."""

import argparse
import sys
from collections.abc import Sequence

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import ValidationError

from functions.people.actions import AddressTaken, add_staff_member
from functions.people.model import NewStaffMember


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="functions.people", description=__doc__)
    parser.add_argument("--email", required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--teams", type=_words, default=(), help="whose tasks they work on, with commas")
    parser.add_argument("--roles", type=_words, default=(), help="administrator: keeps the records")
    try:
        wanted = NewStaffMember.model_validate(vars(parser.parse_args(arguments)))
        added = add_staff_member(wanted.email, wanted.name, wanted.teams, wanted.roles)
    except ValidationError as error:
        sys.exit("; ".join(f"{found['loc'][0]}: {found['msg']}" for found in error.errors(include_url=False)))
    except AddressTaken as refusal:
        sys.exit(refusal.detail)
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"AWS refused: {error}")
    sys.stdout.write(f"{added.person_id} {added.name} <{added.email}>: added\n")


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


if __name__ == "__main__":
    main()
