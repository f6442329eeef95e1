"""Erasing a person: asked for at once, worked off in steps, each one transaction, that can stop and go on anywhere."""

from itertools import islice

from functions.cases import repository as cases
from functions.cases import services, timeline
from functions.cases.item_keys import attachment_key, entry_key, took_part_key
from functions.cases.model import Case, CaseNotFound
from functions.clock import now
from functions.erasure import repository
from functions.erasure.model import CasesOpen, Erasure, concerns, erased_from, is_worked_on
from functions.events import Actor
from functions.ids import new_id
from functions.obeyed import Once
from functions.people import repository as people
from functions.people.actions import PersonNotFound
from functions.people.repository import address_ref
from functions.table import Key, commit, remove, until_first
from functions.uploads import repository as uploads

STEPS = 100
"""How many are made at once; the next sweep goes on."""
WRITES = 25
"""Events or other items in one step: with the longest texts, far under the 4 MB and 100 items of a transaction."""


def request_erasure(contact_id: str, by: Actor, once: Once | None) -> Erasure:
    """The login is off from now on, and the rest follows. Asked again, the same receipt is the answer.

    Raise `PersonNotFound`, or `CasesOpen`: by the cases that changed last, so that it costs the same at any number of
    them. Every other one that is open is left to its end.
    """

    def attempt() -> Erasure:
        contact = people.get(contact_id)
        if contact is None or contact.is_staff:
            raise PersonNotFound("There is no such person.")
        if contact.erasure:
            known = repository.find(contact.erasure)
            assert known is not None  # noqa: S101 (they were written in one transaction)
            return known
        moment = now()
        if still_open := repository.open_cases(contact_id, moment):
            raise CasesOpen(still_open)
        erasure = Erasure(
            receipt_id=new_id("erasure", moment),
            contact_id=contact_id,
            address_ref=address_ref(contact.email),
            requested_at=moment,
            requested_by=by,
        )
        obeyed = [once.record(erasure, moment)] if once else []
        commit(*obeyed, repository.written(erasure), people.replaced(contact.erasing(erasure.receipt_id, moment)))
        return erasure

    return until_first(attempt)


def go_on(receipt_id: str) -> bool:
    """Make some steps. False where there was none to make; `WriteConflict` where a case changed meanwhile.

    A case that is open is passed over, and the receipt says so; the person's own record goes after all cases.
    """
    erasure = repository.find(receipt_id)
    if erasure is None or erasure.state == "done":
        return False
    before, passed, waits_for = erasure, None, None
    for _ in range(STEPS):
        key = repository.next_case(erasure.contact_id, passed)
        case = _found(key) if key else None
        if case and is_worked_on(case, erasure.contact_id):
            passed, waits_for = key, waits_for or case.number
        elif case:
            erasure = _erase_case(case, erasure)
        elif waits_for:
            break
        else:
            erasure = _erase_person(erasure)
            if erasure.state == "done":
                return True
    has_gone_on = erasure != before
    if waits_for != erasure.waits_for:
        commit(repository.written(erasure.waiting(waits_for)))
    return has_gone_on


def _found(key: Key) -> Case:
    case = cases.find(repository.case_of(key))
    if case is None:
        raise CaseNotFound
    return case


def _erase_case(case: Case, erasure: Erasure) -> Erasure:
    """Some files of it, or else events; with the last ones the case itself, which leaves the person's list."""
    case_id = case.case_id
    position = erasure.position_in(case_id)
    up_to = min(position + WRITES, case.sequence)
    at_an_end = position == 0 or up_to == case.sequence  # files may have come in between
    if at_an_end and (files := _files(case, erasure.contact_id)):
        after = erasure.going_on()
        removed = [remove(attachment_key(case_id, attachment_id)) for attachment_id in files]
        commit(repository.written(after), *removed, *uploads.dying(files))
        return after
    entries = timeline.chained(case_id, position, up_to)
    theirs = [entry for entry in entries if entry.is_personal and concerns(entry.data, case, erasure.contact_id)]
    events = [timeline.event_erased(case_id, entry) for entry in theirs]
    if up_to < case.sequence:
        after = erasure.advanced(len(events), case_id, up_to)
        commit(repository.written(after), *events)
        return after
    saved, writes = cases.written(erased_from(case, erasure, now(), services.get(case.service).condition_fields))
    after = erasure.with_case(len(events), saved.case.head)
    done = [remove(key(erasure.contact_id, case_id)) for key in (entry_key, took_part_key)]
    commit(repository.written(after), *events, *writes, *done)
    return after


def _files(case: Case, contact_id: str) -> list[str]:
    """What goes with the person of what was attached, as many as one step takes."""
    is_theirs = case.owner_id == contact_id
    files = (
        each.attachment.attachment_id
        for each in timeline.attachments(case.case_id)
        if is_theirs or each.author_id == contact_id
    )
    return list(islice(files, WRITES))


def _erase_person(erasure: Erasure) -> Erasure:
    """What else there is; when that fits into one step, the person with it."""
    left = repository.left_of(erasure, WRITES)
    if len(left) == WRITES:
        after = erasure.going_on()
        commit(repository.written(after), *left)
        return after
    after = erasure.done(now())
    commit(repository.written(after), *left, *repository.person_removed(erasure))
    return after
