"""Cases in the table, and how a change of one is saved: with its events, tasks and entries, all or nothing."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from functions.cases.change import Change
from functions.cases.item_keys import additions_key, alarm_key, case_key, number_key, took_part_key
from functions.cases.lists import entries_deleted, entries_written
from functions.cases.model import Case
from functions.cases.sharing import ParticipantUnavailable
from functions.cases.tasks import task_ended, task_moved, task_waits
from functions.cases.timeline import TrackedEvent, attachment_written, events_written, tracked_of
from functions.clock import now
from functions.errors import Refusal
from functions.events import Actor, CaseOwnerChanged, CaseParticipantChanged, MailReceived, attachments_of
from functions.obeyed import Mandate, Once
from functions.people.model import BeingErased
from functions.people.repository import added, address_key, address_ref, owned, stays, used_written
from functions.table import Item, Key, Write, anew, apply, commit, due, put, query, read, until_first, update, versioned
from functions.uploads.repository import claimed

WORKFLOW_CHECK = timedelta(minutes=15)
"""How long after a change of an open case the sweeper looks whether its workflow runs."""
WORKFLOW_CHECK_OF_QUIET = timedelta(days=1)
"""How often it looks at one in which nothing happens: its work grows with what happens, not with what exists."""
NEWEST_MESSAGES = 25


def case_of(item: Item) -> Case:
    return Case.model_validate_json(item["data"])


def find(case_id: str, once: Once | None = None) -> Case | None:
    """The case, where it exists. Raise `AlreadyObeyed` where the request has had its effect."""
    key = case_key(case_id)
    found = read(key, *([once.key] if once else []))
    if once:
        once.check(found.get(once.key))
    return case_of(found[key]) if key in found else None


def read_to_share(person_id: str, email: str) -> Mapping[Key, Item]:
    """What must be known for a person to share a case with that address."""
    return read(additions_key(person_id), address_key(address_ref(email)))


def find_with_messages(case_id: str) -> tuple[Case | None, list[TrackedEvent]]:
    """A case and its newest messages, oldest of them first, in one query."""
    page = query(case_key(case_id)[0], between=("MESSAGE#", "RECORD"), limit=NEWEST_MESSAGES + 1, newest_first=True)
    if not page.items or page.items[0]["sk"] != "RECORD":
        return None, []
    return case_of(page.items[0]), [tracked_of(item) for item in reversed(page.items[1:])]


def save(change: Change, once: Once | None = None) -> Change:
    """Write the case, what has happened, every reader's entry and the record of the request: all or nothing.

    Where nothing has happened, no more than that record. Raise `WriteConflict` where another writer saved the case
    first.
    """
    if change.is_nothing and not (once and once.acknowledge):
        if once:
            commit(once.record(change, change.at))
        return change
    saved, writes = written(change, once)
    commit(*writes)
    return saved


def written(change: Change, once: Once | None = None) -> tuple[Change, list[Write]]:
    """What `save` writes."""
    saved = change.saved(once.acknowledge, once.cause) if once else change.saved()
    writes = [once.record(saved, saved.at)] if once else []
    events, head = events_written(saved)
    saved = saved.then(head=head)
    writes.append(_case_written(saved))
    if saved.before is None:
        item = {"case_id": saved.case.case_id}
        writes.append(put(number_key(saved.case.number), item, condition="attribute_not_exists(pk)"))
    writes += [*_alarm_set(saved), *events]
    writes += [attachment_written(each, event) for event in saved.events() for each in attachments_of(event.what)]
    writes += [claimed(upload, place, saved.at) for place, upload in enumerate(saved.attached)]
    writes += [task_ended(task, saved) for task in saved.ended]
    if saved.opened:
        writes.append(task_waits(saved.opened, saved.task_token, saved.case))
    if saved.assigned:
        writes.append(task_moved(saved.assigned, saved.case))
    if saved.contact:
        writes += [*added(saved.contact), owned(saved.contact.email, saved.contact.person_id)]
    writes += _people_stay(saved)
    if saved.additions:
        writes.append(used_written(additions_key(saved.actor.id), saved.additions))
    writes += _parts_noted(saved)
    if saved.is_visible or saved.ended:
        writes += [*entries_written(saved), *entries_deleted(saved)]
    return saved, writes


def change(case: Case, rule: Callable[[Case, Actor, datetime], Change], by: Mandate) -> Change:
    """Apply a rule to the case and save what follows; where another writer was first, read again and decide anew."""
    read_case = anew(case, lambda: find(case.case_id, by.once) or case)

    def attempt() -> Change:
        latest = read_case()
        by.check(latest)
        return save(rule(latest, by.actor, now()), by.once)

    return until_first(attempt)


def looked_after(case: Case, moment: datetime, *, ran: bool) -> None:
    """Where the workflow ran, the sweeper looks again when the case has been quiet for twice as long; else soon."""
    quiet = min(max(moment - case.changed_at, WORKFLOW_CHECK), WORKFLOW_CHECK_OF_QUIET)
    wait = quiet if ran else WORKFLOW_CHECK
    values = {**due("CASE", case.case_id, moment + wait), "version": case.version}
    apply(update(case_key(case.case_id), "SET due = :due, due_at = :due_at", values, condition="version = :version"))


def _case_written(saved: Change) -> Write:
    case = saved.case
    watched = due("CASE", case.case_id, saved.at + WORKFLOW_CHECK) if case.workflow.running else {}
    return versioned(case_key(case.case_id), {"data": case.model_dump_json(), **watched}, case.version)


def _alarm_set(saved: Change) -> list[Write]:
    """Puts the case on the sweeper's list for when something of it is due; or takes it off."""
    alarm_at = saved.case.alarm_at
    if alarm_at == (saved.before.alarm_at if saved.before else None):
        return []
    case_id = saved.case.case_id
    return [put(alarm_key(case_id), due("DEADLINE", case_id, alarm_at) if alarm_at else {})]


def _people_stay(saved: Change) -> list[Write]:
    """Nobody takes part, gets or gives a case away who is being erased; whoever becomes a contact by it is not."""
    checked: dict[str, type[Refusal]] = {}
    for what in saved.whats:
        match what:
            case CaseParticipantChanged(change="added", person_id=person_id):
                checked[person_id] = ParticipantUnavailable
            case CaseOwnerChanged(before=before, owner_id=owner_id):
                checked |= {before: BeingErased, owner_id: BeingErased}
    if saved.contact:
        del checked[saved.contact.person_id]
    return [stays(person_id, refused) for person_id, refused in checked.items()]


def _parts_noted(saved: Change) -> list[Write]:
    """Kept for the time when a person is erased: where somebody took part, owned the case, or sent a mail to it.

    By the number of the event: the first by which they took part, the last that they owned, the last such mail.
    """
    parts = []
    for event in saved.events():
        match event.what:
            case CaseParticipantChanged(change="added", person_id=person_id):
                kept = "SET first_seq = if_not_exists(first_seq, :sequence)"
            case CaseOwnerChanged(before=person_id):
                kept = "SET owned_seq = :sequence"
            case MailReceived(person_id=str(person_id)) if person_id != saved.case.owner_id:
                kept = "SET mail_seq = :sequence"
            case _:
                continue
        parts.append(update(took_part_key(person_id, event.case_id), kept, {"sequence": event.sequence}))
    return parts
