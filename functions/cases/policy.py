"""Who may do what with a case: one table. Strangers are told that there is none. Rules only, no I/O."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from functions.cases.model import ActionNotAllowed, Case, CaseNotFound
from functions.cases.status import CONVERSING, Action
from functions.errors import Forbidden
from functions.people.model import Person, masked, reads_organisation


class Relation(StrEnum):
    """What a person is to a case: the first of these that holds."""

    owner = "owner"
    team = "team"
    """A staff member of a team that has, or had, a task of it."""
    delegate = "delegate"
    participant = "participant"
    viewer = "viewer"
    organisation = "organisation"
    """Reads all cases of the account to which the owner belonged when the case became theirs."""
    stranger = "stranger"


class Right(StrEnum):
    """What a relation gives in every status; what depends on the status, too, is an `Action`."""

    read = "read"
    mark = "mark"
    """Keep a mark of one's own of what was read."""
    hear = "hear"
    """Be mailed what is new."""
    save = "save"
    """Send back the fields that it was saved with."""
    share = "share"
    """Say who takes part, whose addresses one sees then."""
    work = "work"
    """Decide its tasks, move it, read and write what is internal."""


RIGHTS: dict[Relation, frozenset[Action | Right]] = {
    Relation.owner: frozenset({*Action, Right.read, Right.mark, Right.hear, Right.save, Right.share}),
    Relation.team: frozenset({*CONVERSING, Right.read, Right.share, Right.work}),
    Relation.delegate: frozenset({*Action, Right.read, Right.mark, Right.hear, Right.save}),
    Relation.participant: frozenset({*CONVERSING, Action.complain, Right.read, Right.mark, Right.hear}),
    Relation.viewer: frozenset({Right.read, Right.mark}),
    Relation.organisation: frozenset({Right.read}),
    Relation.stranger: frozenset(),
}
"""D14, A1, A25."""


class StaffOnly(Forbidden):
    """Only who works on cases may do this."""


class OwnerOnly(Forbidden):
    """Only who owns the case, or whom its owner lets do this (D14)."""


def relation_of(case: Case, person: Person, now: datetime) -> Relation:
    """Staff members own cases like anybody, but take part in those of others only by their teams."""
    if case.owner_id == person.person_id:
        return Relation.owner
    if person.is_staff:
        return Relation.team if set(case.teams) & set(person.teams) else Relation.stranger
    participant = case.participant(person.person_id, now)
    if participant:
        return Relation(participant.role)
    if reads_organisation(person) and person.account_id == case.account_id:
        return Relation.organisation
    return Relation.stranger


def check_may(case: Case, person: Person, what: Action | Right, now: datetime) -> None:
    """Raise `CaseNotFound` for strangers; `StaffOnly` or `OwnerOnly` for those who may do other things."""
    relation = relation_of(case, person, now)
    if relation is Relation.stranger:
        raise CaseNotFound
    if what in RIGHTS[relation]:
        return
    if what is Right.work:
        raise StaffOnly("Only those who work on the case may do this.")
    raise OwnerOnly("Only the owner of the case may do this, or whom the owner lets do it.")


def check_removes(case: Case, person: Person, participant_id: str, now: datetime) -> None:
    """Everybody may leave a case; who shares it removes anybody. Raise as `check_may`."""
    own = case.participant(person.person_id, now)
    leaves = own is not None and own.participant_id == participant_id
    check_may(case, person, Right.read if leaves else Right.share, now)


def customers(case: Case, may: Action | Right, now: datetime) -> tuple[str, ...]:
    """Who owns the case, and who takes part in it now and may do that: the ids of people."""
    others = (each.person_id for each in case.reading(now) if may in RIGHTS[Relation(each.role)])
    return (case.owner_id, *others)


@dataclass(frozen=True, slots=True)
class Reader:
    """A person with a case before them: what they may see in it."""

    person_id: str
    relation: Relation
    gone: frozenset[str] = frozenset()
    """Who owned the case before, and takes part in it no longer."""

    @classmethod
    def of(cls, case: Case, person: Person, now: datetime) -> "Reader":
        gone = frozenset(case.owners_before) - {each.person_id for each in case.participants}
        return cls(person.person_id, relation_of(case, person, now), gone)

    def may(self, what: Action | Right) -> bool:
        return what in RIGHTS[self.relation]

    @property
    def inside(self) -> bool:
        """Whether what is internal is shown."""
        return self.may(Right.work)

    def allowed_actions(self, case: Case) -> tuple[Action, ...]:
        """Of what the status allows, what the relation gives."""
        return tuple(action for action in case.allowed_actions if self.may(action))

    @contextmanager
    def asking(self) -> Iterator[None]:
        """A refusal of what they ask names what they may do instead, and not what others may."""
        try:
            yield
        except ActionNotAllowed as refusal:
            allowed = refusal.members["allowed_actions"]
            refusal.members["allowed_actions"] = [action for action in allowed if self.may(action)]
            raise

    def name(self, name: str, person_id: str) -> str:
        """What that customer is called: an address is shown to who has it, and to who shares the case.

        That of an owner before is no matter of the next one's.
        """
        shares = self.may(Right.share) and (self.inside or person_id not in self.gone)
        return name if shares or person_id == self.person_id else masked(name)
