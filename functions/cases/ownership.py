"""What a change of owner makes of a case: somebody else's to see from then on (F18). Rules only, no I/O."""

from dataclasses import replace
from datetime import datetime

from functions.cases.change import Change, change_of
from functions.cases.model import Case
from functions.cases.sharing import one_more
from functions.errors import Conflict
from functions.events import Actor, CaseOwnerChanged
from functions.people.budgets import Used
from functions.people.model import Person

OWNERS_BEFORE = 20
"""At most: the case keeps all of them, and is read with every request about it."""


class TooManyOwners(Conflict):
    pass


def owner_changed(case: Case, actor: Actor, now: datetime, owner: Person, additions: Used | None = None) -> Change:
    """That person owns it from now on, in whatever status, and takes part beside no longer.

    With the owner goes the organisation that reads the case; what it was saved with stays (C10), and who else takes
    part. Where the owner becomes a contact by it, it is one of the actor's `additions`.
    """
    case.check_kept()
    nothing = change_of(case, actor, now)
    if owner.person_id == case.owner_id:
        return nothing
    before = tuple(dict.fromkeys((*case.owners_before, case.owner_id)))
    if len(before) > OWNERS_BEFORE:
        raise TooManyOwners(f"This case has had {OWNERS_BEFORE} other owners already.")
    change = nothing.then(
        CaseOwnerChanged(before=case.owner_id, owner_id=owner.person_id),
        owner_id=owner.person_id,
        owner_name=owner.actor.name,
        account_id=owner.account_id,
        owners_before=before,
        participants=tuple(each for each in case.participants if each.person_id != owner.person_id),
    )
    return replace(change, contact=owner, additions=one_more(additions, now)) if additions else change
