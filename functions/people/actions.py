"""What can be done with people."""

from typing import Literal

from functions.clock import now
from functions.errors import Conflict, NotFound
from functions.ids import new_id
from functions.people import repository
from functions.people.model import Person, Role, canonical_email
from functions.table import WriteConflict, commit, until_first


class AddressTaken(Conflict):
    pass


class PersonNotFound(NotFound):
    pass


def add_staff_member(email: str, name: str, teams: tuple[str, ...], roles: tuple[Role, ...] = ()) -> Person:
    """A staff member who may sign in with that address. Raise `AddressTaken` where it belongs to somebody."""
    moment, address = now(), canonical_email(email)
    person = Person(
        person_id=new_id("staff", moment),
        kind="staff",
        email=address,
        name=name,
        teams=teams,
        roles=roles,
        sessions_valid_from=moment,
    )
    try:
        commit(repository.added(person), repository.owned(address, person.person_id))
    except WriteConflict:
        raise AddressTaken("This address belongs to somebody already.") from None
    return person


def set_login(person_id: str, login: Literal["enabled", "disabled"]) -> Person:
    """Switch a login on or off; sessions end with their next request (A11)."""

    def switch() -> Person:
        person = repository.get(person_id)
        if person is None:
            raise PersonNotFound("There is no such person.")
        switched = person.with_login(login, now())
        commit(repository.replaced(switched))
        return switched

    return until_first(switch)
