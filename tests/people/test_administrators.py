"""A role that a staff member can have, beside the work on cases."""

import pytest

from functions.people.model import AdministratorOnly, Person, check_administrator
from tests.world import World


def test_a_person_sees_the_own_roles(world: World) -> None:
    """Who signs in can tell what they may do (A12)."""
    seen = world.gateway("GET", "/v1/me", token=world.administrator()).json
    assert (seen["kind"], seen["roles"]) == ("staff", ["administrator"])


@pytest.mark.parametrize(("kind", "roles"), [("staff", []), ("contact", []), ("contact", ["administrator"])])
def test_only_staff_members_with_the_role_are_administrators(kind: str, roles: list[str]) -> None:
    """Neither other staff nor a customer may keep the records, whatever stands in the customer's record (A12)."""
    person = Person.model_validate(
        {"person_id": "p", "kind": kind, "email": "p@x.example", "roles": roles, "sessions_valid_from": 0}
    )
    with pytest.raises(AdministratorOnly):
        check_administrator(person)
