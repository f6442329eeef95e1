"""Who a right code makes somebody: a contact, once; or the staff member that the address belongs to."""

from datetime import timedelta
from typing import Any

import pytest

from functions.people.actions import AddressTaken, add_staff_member
from tests.calls import hooked
from tests.front_door import ANA, BEN, ask, enter
from tests.world import World


def test_a_new_address_becomes_a_contact(world: World) -> None:
    """Whoever proves an address may own cases; nothing is asked beyond it (D2)."""
    token = world.sign_in(ANA)
    me = world.gateway("GET", "/v1/me", token=token).json
    assert me["person_id"].startswith("contact_")
    assert me == {
        "person_id": me["person_id"],
        "kind": "contact",
        "email": ANA,
        "name": "",
        "teams": [],
        "roles": [],
        "case_mails": True,
    }


def test_asking_for_a_code_makes_nobody_a_contact(world: World) -> None:
    """A person exists when the address is proven, not when somebody types it (L4)."""
    challenge = ask(world, ANA)
    enter(world, challenge, "WRONG")
    assert _people(world) == []


def test_a_contact_comes_to_be_once(world: World) -> None:
    """Two sign-ins with one address are one person with two sessions."""
    first = world.sign_in(ANA)
    world.move_clock(timedelta(minutes=1))
    second = world.sign_in(ANA)
    one, other = (world.gateway("GET", "/v1/me", token=token).json["person_id"] for token in (first, second))
    assert one == other
    assert _people(world) == [one]


def test_a_contact_comes_to_be_once_with_two_challenges_in_flight(world: World) -> None:
    """Of two codes that were mailed to a new address one signs in, as one person; the other is void."""
    challenges = [(ask(world, ANA), world.pin(ANA))]
    world.move_clock(timedelta(minutes=1))
    challenges.append((ask(world, ANA), world.pin(ANA)))
    answers = [enter(world, *challenge).status for challenge in reversed(challenges)]
    assert answers == [200, 410]
    assert len(_people(world)) == 1


def test_two_addresses_are_two_people(world: World) -> None:
    """Each sees own cases only, so nobody is somebody else (F18)."""
    ana, ben = world.sign_in(ANA), world.sign_in(BEN)
    assert world.create(ana).status == 201
    assert len(world.gateway("GET", "/v1/cases", token=ana).json["data"]) == 1
    assert world.gateway("GET", "/v1/cases", token=ben).json["data"] == []


def test_staff_sign_in_the_same_way(world: World) -> None:
    """A code by mail makes a staff member of whom the organisation has named one, with name and teams."""
    added = add_staff_member("Sam@Portico.example", "Sam Stone", ("streets", "housing"))
    token = world.sign_in("sam@portico.example")
    me = world.gateway("GET", "/v1/me", token=token).json
    assert me == {
        "person_id": added.person_id,
        "kind": "staff",
        "email": "sam@portico.example",
        "name": "Sam Stone",
        "teams": ["streets", "housing"],
        "roles": [],
        "case_mails": True,
    }
    assert _people(world) == [added.person_id]


@pytest.mark.parametrize("spelling", [ANA, "ANA@Example.org"])
def test_an_address_belongs_to_one_person(world: World, spelling: str) -> None:
    """The address of a contact cannot be given to a staff member as well, in no spelling; nothing is written."""
    token = world.sign_in(ANA)
    before = world.items()
    with pytest.raises(AddressTaken):
        add_staff_member(spelling, "Ana", ("streets",))
    assert world.items() == before
    assert world.gateway("GET", "/v1/me", token=token).json["kind"] == "contact"


def test_an_address_that_was_only_asked_for_may_still_become_staff(world: World) -> None:
    """A stranger who typed the address first has not taken it; the code that is out signs the staff member in."""
    challenge = ask(world, "sam@portico.example")
    added = add_staff_member("sam@portico.example", "Sam", ("streets",))
    assert enter(world, challenge, world.pin("sam@portico.example")).json["person_id"] == added.person_id


def test_an_address_that_becomes_staff_in_the_midst_of_a_sign_in_makes_no_contact(world: World) -> None:
    """The code is compared, and then the address is somebody's: the sign-in is refused as a whole."""
    challenge = ask(world, "sam@portico.example")
    people: list[str] = []

    def add_first(model: Any, **_: Any) -> None:
        if model.name == "TransactWriteItems" and not people:
            people.append("about to be added")
            people[0] = add_staff_member("sam@portico.example", "Sam", ("streets",)).person_id

    with hooked({"before-call": add_first}):
        refused = enter(world, challenge, world.pin("sam@portico.example"))
    assert (refused.status, refused.code) == (410, "otp_expired")
    assert _people(world) == people


def _people(world: World) -> list[str]:
    return [
        item["pk"]["S"].removeprefix("PERSON#")
        for item in world.items()
        if item["pk"]["S"].startswith("PERSON#") and item["sk"]["S"] == "RECORD"
    ]
