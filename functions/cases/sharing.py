"""What sharing makes of a case: who takes part in it, how far, and until when (A1, D14). Rules only, no I/O."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from functions.cases.change import Change, change_of
from functions.cases.model import Case, Participant, participant_id
from functions.errors import Conflict, Exhausted, FieldError, Invalid, NotFound
from functions.events import Actor, CaseParticipantChanged, ParticipantRole
from functions.people.budgets import Used
from functions.people.model import Person

PARTICIPANTS = 20
"""At most: each has an entry to be written with every change, and a transaction has 100 items (DynamoDB)."""
ADDED_PER_DAY = 20
"""By one person, to whichever cases: each addition mails somebody who may never have asked for it."""


class ParticipantNotFound(NotFound):
    def __init__(self) -> None:
        super().__init__("Nobody takes part in the case under this id.")


class ParticipantUnavailable(Conflict):
    """Who is being erased begins nothing new; whoever shares the case is not told that it is so."""

    def __init__(self) -> None:
        super().__init__("Nobody with this address can be added to a case for now.")


class OwnerTakesPart(Conflict):
    """Who owns a case is no participant beside."""


class TooManyParticipants(Conflict):
    pass


class UntilPast(Invalid):
    pass


class TooManyAdditions(Exhausted):
    """Whoever shares cases has done so with enough people for now."""


def participant_set(
    case: Case,
    actor: Actor,
    now: datetime,
    person_id: str,
    email: str,
    role: ParticipantRole,
    until: datetime | None,
    additions: Used,
    contact: Person | None = None,
) -> Change:
    """That person takes part from now on, in that role while `now < until` (D16); `contact` becomes one by it.

    Whose time is over makes room. `additions` are the actor's; who takes part already costs none.
    """
    case.check_kept()
    if person_id == case.owner_id:
        raise OwnerTakesPart("The owner of a case takes part in it already.")
    if until is not None and until <= now:
        error = FieldError(pointer="/until", code="past", message="must be in the future")
        raise UntilPast("Nobody can take part until a time that is past.", errors=[error])
    nothing = change_of(case, actor, now)
    before = case.participant(person_id, now)
    if before and (before.email, before.role, before.until) == (email, role, until):
        return nothing
    others = [each for each in case.participants if each.takes_part(now) and each.person_id != person_id]
    if len(others) >= PARTICIPANTS:
        raise TooManyParticipants(f"At most {PARTICIPANTS} people take part in a case; remove somebody first.")
    after = Participant(
        participant_id=before.participant_id if before else participant_id(case.case_id, case.sequence + 1),
        person_id=person_id,
        email=email,
        role=role,
        until=until,
        added_at=before.added_at if before else now,
    )
    event = CaseParticipantChanged(change="changed" if before else "added", **_told(after))
    participants = tuple(sorted((*others, after), key=lambda each: each.added_at))
    used = None if before else one_more(additions, now)
    return replace(nothing.then(event, participants=participants), contact=contact, additions=used)


def one_more(additions: Used, now: datetime) -> Used:
    """Raise `TooManyAdditions`, with the seconds to wait, where there were enough within a day."""
    if wait := additions.wait(now, times=ADDED_PER_DAY):
        raise TooManyAdditions(f"At most {ADDED_PER_DAY} people can be added within a day.", retry_after=wait)
    return additions.and_now(now)


def participant_removed(case: Case, actor: Actor, now: datetime, participant_id: str) -> Change:
    """Nobody takes part under that id any more; also for one whose time was over."""
    removed = next((each for each in case.participants if each.participant_id == participant_id), None)
    if removed is None:
        raise ParticipantNotFound
    event = CaseParticipantChanged(change="removed", **_told(removed) | {"role": None})
    left = tuple(each for each in case.participants if each != removed)
    return change_of(case, actor, now).then(event, participants=left)


def _told(participant: Participant) -> dict[str, Any]:
    return participant.model_dump(exclude={"added_at"})
