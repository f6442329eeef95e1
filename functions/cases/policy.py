"""Who may do what with a case: strangers are told that there is none. Rules only, no I/O."""

from functions.cases.model import Case, CaseNotFound
from functions.cases.status import Action
from functions.errors import Forbidden
from functions.people.model import Person


class StaffOnly(Forbidden):
    """Only who works on cases may do this."""


class OwnerOnly(Forbidden):
    """Only who owns the case may do this (D14)."""


def works_on(case: Case, person: Person) -> bool:
    """Whether a team of the person has, or had, a task of the case; its owner is its customer, whatever the team."""
    is_inside = person.is_staff and case.owner_id != person.person_id
    return is_inside and bool(set(case.teams) & set(person.teams))


def check_reader(case: Case, person: Person) -> None:
    """Raise `CaseNotFound` unless the person owns the case or works on it (D14, G1)."""
    if case.owner_id != person.person_id and not set(case.teams) & set(person.teams):
        raise CaseNotFound


def check_owner(case: Case, person: Person) -> None:
    """Raise `CaseNotFound` for strangers and `OwnerOnly` for those who may only read (D14)."""
    check_reader(case, person)
    if case.owner_id != person.person_id:
        raise OwnerOnly("Only the owner of the case may do this.")


def mail_writers(case: Case) -> tuple[str, ...]:
    """Whose mails about the case become messages: those of who owns it, by the ids of people."""
    return (case.owner_id,)


def check_works_on(case: Case, person: Person) -> None:
    """Raise `CaseNotFound` for strangers and `StaffOnly` for those who do not work on the case."""
    check_reader(case, person)
    if not works_on(case, person):
        raise StaffOnly("Only those who work on the case may do this.")


def allowed_actions(case: Case, person: Person) -> tuple[Action, ...]:
    """What this person may do now: owners what the status allows, others of it only what is no decision (D14)."""
    if case.owner_id == person.person_id:
        return case.allowed_actions
    return tuple(action for action in case.allowed_actions if action is Action.comment)
