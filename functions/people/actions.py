"""What can be done with people."""

from typing import Any

from functions.clock import now
from functions.errors import Conflict, NotFound
from functions.events import Actor
from functions.ids import new_id
from functions.obeyed import Once
from functions.people import repository
from functions.people.model import Contact, Login, NewContact, NewStaffMember, Person, Role, canonical_email
from functions.people.repository import ACCOUNTS, DEPARTMENTS
from functions.records import RecordChanged, ReferenceUnknown
from functions.table import WriteConflict, anew, commit, until_first


class AddressTaken(Conflict):
    pass


class PersonNotFound(NotFound):
    pass


class OwnLogin(Conflict):
    """Whoever keeps the records would lock themselves out, and be the last one who could mend it."""


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
        commit(*repository.added(person), repository.owned(address, person.person_id))
    except WriteConflict:
        raise AddressTaken("This address belongs to somebody already.") from None
    return person


def change_staff_member(wanted: NewStaffMember, by: Actor) -> Person:
    """With another name, other teams and roles; who is so already stays. Login and sessions are as before.

    Raise `AddressTaken` where the address belongs to no staff member, or `BeingErased`.
    """

    def attempt() -> Person:
        before = repository.get_by_email(wanted.email)
        if before is None or not before.is_staff:
            raise AddressTaken("This address belongs to somebody already.")
        changed = before.as_staff(wanted)
        if changed.model_copy(update={"version": before.version}) == before:
            return before
        commit(repository.replaced(changed), repository.kept(changed, by, now()))
        return changed

    return until_first(attempt)


def add_contact(contact: NewContact, by: Actor, once: Once | None) -> Person:
    """A contact, whom the portal knows again when the address signs in.

    Raise `AddressTaken` where it belongs to somebody, with the id of the contact if it is one, and `ReferenceUnknown`.
    """
    _check_references(contact)
    moment = now()
    person = Person(
        person_id=new_id("contact", moment), kind="contact", email=contact.email, sessions_valid_from=moment
    )
    person = person.described(contact).model_copy(update={"version": 1})
    writes = [*repository.added(person), repository.kept(person, by, moment)]
    if once:
        writes.append(once.record(person, moment))

    def taken() -> AddressTaken:
        owner = repository.get_by_email(contact.email)
        members: dict[str, Any] = {"contact_id": owner.person_id} if owner and not owner.is_staff else {}
        return AddressTaken("This address belongs to somebody already.", **members)

    until_first(lambda: commit(repository.owned(contact.email, person.person_id, taken), *writes))
    return person


def change_contact(before: Person, contact: Contact, by: Actor, once: Once | None) -> Person:
    """With another name, account or department. Raise `ReferenceUnknown`, or `RecordChanged` by somebody else."""
    _check_references(contact)
    changed = before.described(contact)
    if changed.model_copy(update={"version": before.version}) == before:
        return before
    moment = now()
    obeyed = [once.record(changed, moment)] if once else []
    until_first(
        lambda: commit(*obeyed, repository.replaced(changed, RecordChanged), repository.kept(changed, by, moment))
    )
    return changed


def _check_references(contact: Contact) -> None:
    """Raise `ReferenceUnknown` unless the account is there, and the department is one of it."""
    if contact.account_id and ACCOUNTS.find(contact.account_id) is None:
        raise ReferenceUnknown("/account_id")
    if contact.department_id:
        department = DEPARTMENTS.find(contact.department_id)
        if department is None or department.record.account_id != contact.account_id:
            raise ReferenceUnknown("/department_id")


def set_case_mails(before: Person, wanted: bool, once: Once | None) -> Person:  # noqa: FBT001 (what the person says)
    """Whether mails about cases come from now on, also those that are queued already (C36). Raise `BeingErased`."""
    read_person = anew(before, lambda: repository.get(before.person_id) or before)

    def attempt() -> Person:
        person = read_person()
        same = person.case_mails == wanted
        after = person if same else person.with_case_mails(wanted)
        writes = [*([] if same else [repository.replaced(after)]), *([once.record(after, now())] if once else [])]
        if writes:
            commit(*writes)
        return after

    return until_first(attempt)


def set_login(person_id: str, login: Login, by: Actor, once: Once | None = None) -> Person:
    """Switch a login on or off; sessions end with their next request (A11). One that is so already stays as it is.

    Raise `PersonNotFound`, `BeingErased`, or `OwnLogin` for who asks.
    """
    if person_id == by.id:
        raise OwnLogin("Another administrator must do this.")

    def switch() -> Person:
        person, moment = repository.get(person_id), now()
        if person is None:
            raise PersonNotFound("There is no such person.")
        same = person.login == login
        switched = person if same else person.with_login(login, moment)
        writes = [] if same else [repository.replaced(switched), repository.kept(switched, by, moment)]
        writes += [once.record(switched, moment)] if once else []
        if writes:
            commit(*writes)
        return switched

    return until_first(switch)
