"""Cases, their events and tasks, and every reader's list, in the table."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from functions.cases import chain
from functions.cases.model import Additions, Case, Change, OpenTask
from functions.cases.services import CUSTOMER
from functions.cases.sharing import DAY, PARTICIPANTS
from functions.clock import now
from functions.events import (
    Actor,
    Attachment,
    Audience,
    CaseParticipantChanged,
    Event,
    Frozen,
    MailReceived,
    Message,
    TaskCompleted,
    What,
    attachments_of,
)
from functions.moment import Moment, Stamp, stamp
from functions.obeyed import Mandate, Once
from functions.people.repository import added, address_key, address_ref, owned, stays
from functions.table import (
    Item,
    Key,
    Page,
    Write,
    apply,
    commit,
    due,
    put,
    query,
    query_all,
    query_index,
    read,
    remove,
    until_first,
    untold,
    update,
)
from functions.uploads.repository import claimed

WORKFLOW_CHECK = timedelta(minutes=15)
"""How long after a change of an open case the sweeper looks whether its workflow runs."""
WORKFLOW_CHECK_OF_QUIET = timedelta(days=1)
"""How often it looks at one in which nothing happens: its work grows with what happens, not with what exists."""
NUMBERS_LEASED = 10
"""How many case numbers a function takes at once, so that no counter is written for every case."""
NEWEST_MESSAGES = 25
MAILS_PER_EVENT = 4 * (1 + PARTICIPANTS)
LOOKED_AT = 100
"""Entries among which one page of a list is found, where only some of them are wanted."""

EntryRelation = Literal["mine", "shared", "organisation"]
"""Whose case it is, for the reader in whose list its entry stands."""

_leases: dict[str, list[int]] = {}


class CaseEntry(Frozen):
    """A case as it stands in a reader's list."""

    case_id: str
    number: str
    subject: str
    service: str
    category: str
    status: str
    stage: str | None
    has_open_task: bool
    created_at: Stamp
    changed_at: Stamp
    due_at: Stamp | None = None
    """Of its running deadlines, the first to be due."""


class ReadMark(Frozen):
    """How far a reader has read, and the newest message by others."""

    read_sequence: int = 0
    others_sequence: int = 0

    @property
    def unread(self) -> bool:
        return self.others_sequence > self.read_sequence


class SettledMail(Frozen):
    """A mail about a case, and the event that it is for."""

    sequence: int
    template: str
    person_id: str
    sent_at: Moment | None
    """None where it was suppressed, since the case had sent enough."""


class Task(OpenTask):
    """A task with its case, as staff see it, open or not."""

    case_id: str
    number: str
    subject: str
    outcome: str | None = None
    completed_by: str | None = None
    """None for customers, whose names stand where they can be erased."""


class Attached(Frozen):
    """A file of a case, who has sent it, and who may see the message that brought it."""

    attachment: Attachment
    author_id: str
    audience: Audience


@dataclass(frozen=True, slots=True)
class Entry:
    """An event as it stands in the timeline, and whether the internal system has been told of it."""

    event: Event
    delivery: Literal["pending", "sent", "unsent"] = "pending"


def case_key(case_id: str) -> Key:
    return f"CASE#{case_id}", "RECORD"


def number_key(number: str) -> Key:
    return f"NUMBER#{number}", "RECORD"


def alarm_key(case_id: str) -> Key:
    return case_key(case_id)[0], "ALARM"


def case_of_alarm(key: Key) -> str:
    return key[0].removeprefix("CASE#")


def task_key(task_id: str) -> Key:
    """A task's id tells its case."""
    return case_key(case_of_task(task_id))[0], f"TASK#{task_id}"


def case_of_task(task_id: str) -> str:
    return f"case_{task_id.removeprefix('task_').rpartition('_')[0]}"


def mail_key(case_id: str, sequence: int, template: str, person_id: str) -> Key:
    return case_key(case_id)[0], f"{mail_sort_key(sequence, template)}#{person_id}"


def mail_sort_key(sequence: int, template: str) -> str:
    return f"MAIL#{sequence:012}#{template}"


def attachment_key(case_id: str, attachment_id: str) -> Key:
    return case_key(case_id)[0], f"ATTACHMENT#{attachment_id}"


def message_keys(case_id: str, message_id: str) -> tuple[Key, ...]:
    """Where a message can stand, whose id tells its number; whether customers see it, its id does not tell."""
    number = message_id.rpartition("_")[2]
    if not (number.isascii() and number.isdigit()):
        return ()
    return tuple((case_key(case_id)[0], f"{row}#{number:0>12}") for row in ("MESSAGE", "INTERNAL"))


def entry_key(person_id: str, case_id: str) -> Key:
    return f"PERSON#{person_id}", f"CASE#{case_id}"


def took_part_key(person_id: str, case_id: str) -> Key:
    """Stays when the person takes part no longer, so that what they did there can be found and erased."""
    return f"PERSON#{person_id}", f"PART#{case_id}"


def additions_key(person_id: str) -> Key:
    return f"PERSON#{person_id}", "ADDITIONS"


def organisation_entry_key(account_id: str, case_id: str) -> Key:
    return f"ORGANISATION#{account_id}", f"CASE#{case_id}"


def event_sort_key(what: What, sequence: int) -> str:
    """Conversation, what else customers see, and what they do not, each stand in a row of their own."""
    row = "INTERNAL" if what.audience == "internal" else "MESSAGE" if isinstance(what, Message) else "EVENT"
    return f"{row}#{sequence:012}"


def case_of(item: Item) -> Case:
    return Case.model_validate_json(item["data"])


def event_of(item: Item) -> Event:
    return Event.model_validate_json(item["data"])


def entry_of(item: Item) -> Entry:
    state: Literal["pending", "sent", "unsent"] = "pending" if "due" in item else "sent"
    return Entry(event_of(item), "unsent" if "given_up_at" in item else state)


def attached_of(item: Item) -> Attached:
    return Attached.model_validate_json(item["data"])


def _chain_entry(item: Item) -> chain.Entry:
    return chain.Entry(item["sk"], item.get("data", ""), item.get("link", ""), item.get("salt"), item.get("seal"))


def task_of(item: Item) -> Task:
    return Task.model_validate_json(item["data"])


def mark_of(item: Item | None) -> ReadMark:
    if item is None:
        return ReadMark()
    return ReadMark(read_sequence=item.get("read_seq", 0), others_sequence=item.get("others_seq", 0))


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


def additions_in(found: Mapping[Key, Item], person_id: str) -> Additions:
    """Whom that person has let take part in cases, of what was read."""
    item = found.get(additions_key(person_id))
    return Additions.model_validate_json(item["data"]) if item else Additions()


def numbered(numbers: list[str]) -> str | None:
    """The id of the case with the first of these numbers that there is."""
    keys = [number_key(number) for number in numbers]
    found = read(*keys)
    return next((found[key].get("case_id") for key in keys if key in found), None)


def find_with_messages(case_id: str, limit: int = NEWEST_MESSAGES) -> tuple[Case | None, list[Entry]]:
    """A case and its newest messages, oldest of them first, in one query."""
    page = query(case_key(case_id)[0], between=("MESSAGE#", "RECORD"), limit=limit + 1, newest_first=True)
    if not page.items or page.items[0]["sk"] != "RECORD":
        return None, []
    return case_of(page.items[0]), [entry_of(item) for item in reversed(page.items[1:])]


def events(
    case_id: str, rows: tuple[str, ...], *, after: int | None, limit: int, newest_first: bool
) -> tuple[list[Entry], bool]:
    """Events of some rows (`EVENT`, `MESSAGE`, `INTERNAL`) in order of their numbers; and whether more follow."""
    found: list[Entry] = []
    read_up_to: list[int] = []
    for row in rows:
        low = f"{row}#" if newest_first or after is None else f"{row}#{after + 1:012}"
        high = f"{row}#{after - 1:012}" if newest_first and after is not None else f"{row}#~"
        page = query(case_key(case_id)[0], between=(low, high), limit=limit + 1, newest_first=newest_first)
        entries = [entry_of(item) for item in page.items]
        if page.last and entries:
            read_up_to.append(entries[-1].event.sequence)
        found += entries
    if read_up_to:  # what lies behind the end of a row that goes on may have others before it
        edge = max(read_up_to) if newest_first else min(read_up_to)
        found = [entry for entry in found if (entry.event.sequence - edge) * (-1 if newest_first else 1) <= 0]
    found.sort(key=lambda entry: entry.event.sequence, reverse=newest_first)
    return found[:limit], bool(read_up_to) or len(found) > limit


def chained(case_id: str, after: int, up_to: int | None) -> list[chain.Entry]:
    """The events behind that number, in order, up to another or to the end, each as the table keeps it."""
    found = []
    for row in ("EVENT", "INTERNAL", "MESSAGE"):
        low, high = f"{row}#{after + 1:012}", f"{row}#{up_to:012}" if up_to is not None else f"{row}#~"
        found += [_chain_entry(item) for item in query_all(case_key(case_id)[0], between=(low, high))]
    return sorted(found, key=lambda entry: entry.number)


def attached(case_id: str) -> list[Attached]:
    """Every file of a case."""
    pk, prefix = attachment_key(case_id, "")
    return [attached_of(item) for item in query_all(pk, between=(prefix, f"{prefix}~"))]


def event_erased(case_id: str, entry: chain.Entry) -> Write:
    """What is personal in it goes, with the salt that would help to guess it; its place in the chain stays."""
    values = {"data": chain.erased(entry.data), "seal": chain.seal_of(entry.salt or "", entry.data)}
    key = case_key(case_id)[0], entry.place
    return update(key, "SET #data = :data, seal = :seal REMOVE salt", values, names={"#data": "data"})


def mails(case_id: str, sequences: list[int]) -> list[SettledMail]:
    """The mails sent or suppressed, for events between the least and the greatest of these numbers."""
    if not sequences:
        return []
    between = mail_sort_key(min(sequences), ""), mail_sort_key(max(sequences), "~")
    found = query(case_key(case_id)[0], between=between, limit=MAILS_PER_EVENT * len(sequences))
    return [_settled(item) for item in found.items if item.keys() & {"sent_at", "suppressed_at"}]


def _settled(item: Item) -> SettledMail:
    _, sequence, template, person_id = item["sk"].split("#")
    return SettledMail(sequence=int(sequence), template=template, person_id=person_id, sent_at=item.get("sent_at"))


def entries(
    of: str,
    relation: EntryRelation,
    moment: datetime,
    *,
    limit: int,
    after: Key | None = None,
    since: datetime | None = None,
    unread: bool = False,
    takes: Callable[[Item], bool] | None = None,
) -> Page:
    """Entries of a person or an account that changed `since`, newest change first; unread: newest message first.

    Of those that `takes` wants, no more than are found among `LOOKED_AT`, so that a page costs the same at any size.
    """
    pk = (organisation_entry_key if relation == "organisation" else entry_key)(of, "")[0]
    index, sort = ("unread", "unread_since") if unread else ("by_change", "by_change")
    low = stamp(since) if since and not unread else ""
    found = query(
        pk,
        between=(f"{relation}#{low}", f"{relation}#~"),
        limit=LOOKED_AT if takes else limit,
        newest_first=True,
        index=index,
        after=after,
    )
    kept = [item for item in found.items if _is_shown(item, moment) and (takes is None or takes(item))]
    if len(kept) <= limit:
        return Page(kept, found.last)
    end = kept[limit - 1]
    return Page(kept[:limit], (end["sk"], end[sort]))


def count_unread(person_id: str, at_most: int, moment: datetime) -> int:
    pk = entry_key(person_id, "")[0]
    found = query(pk, between=("0", "~"), limit=at_most, index="unread").items
    return sum(1 for item in found if _is_shown(item, moment))


def team_tasks(team: str, *, limit: int, after: Item | None) -> tuple[list[Item], Item | None]:
    """Open tasks of a team, oldest due first; the index may lag."""
    return query_index("work", f"TEAM#{team}", up_to="~", limit=limit, after=after)


def mark_read(person_id: str, case_id: str, mark: ReadMark, sequence: int) -> None:
    """Move a reader's mark on. Raise `WriteConflict` where the mark or the newest message moved since `mark`."""
    clears = " REMOVE unread_since" if sequence >= mark.others_sequence else ""
    write = update(
        entry_key(person_id, case_id),
        f"SET read_seq = :read{clears}",
        {"read": sequence, "before": mark.read_sequence, "others": mark.others_sequence},
        condition="others_seq = :others AND read_seq = :before",
    )
    apply(write)


def replace_token(task_id: str, token: str) -> Item:
    """Give a task, open or not, the token that wakes its workflow now; return its item."""
    return apply(update(task_key(task_id), "SET task_token = :token", {"token": token}))


def next_number(template: str, moment: datetime) -> str:
    """The next of the numbers that this function has leased: unique, with gaps where a lease was not used up (C3)."""
    prefix, _, rest = template.replace("{yyyy}", f"{moment.year}").partition("{seq:")
    width, _, suffix = rest.partition("}")
    counter = f"{prefix}{suffix}"
    lease = _leases.setdefault(counter, [])
    if not lease:
        values = {"block": NUMBERS_LEASED}
        leased = apply(update((f"COUNTER#{counter}", "RECORD"), "ADD leased :block", values))["leased"]
        lease += range(leased, leased - NUMBERS_LEASED, -1)
    return f"{prefix}{lease.pop():0{int(width)}}{suffix}"


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
    events, head = _events_written(saved)
    saved = saved.then(head=head)
    writes.append(_case_written(saved))
    if saved.before is None:
        item = {"case_id": saved.case.case_id}
        writes.append(put(number_key(saved.case.number), item, condition="attribute_not_exists(pk)"))
    writes += [*_alarm_set(saved), *events]
    writes += [_attached(each, event) for event in saved.events() for each in attachments_of(event.what)]
    writes += [claimed(upload, place, saved.at) for place, upload in enumerate(saved.attached)]
    writes += [_task_ended(task, saved) for task in saved.ended]
    if saved.opened:
        writes.append(_task_waits(saved.opened, saved.task_token, saved.case))
    if saved.assigned:
        writes.append(_task_moved(saved.assigned, saved.case))
    if saved.contact:
        writes += [*added(saved.contact), owned(saved.contact.email, saved.contact.person_id)]
    else:
        writes += [stays(person_id) for person_id in _joined(saved)]
    if saved.additions:
        writes.append(_additions_written(saved.additions, saved.actor.id))
    writes += _parts_noted(saved)
    if saved.is_visible or saved.ended:
        writes += [*_entries_written(saved), *_entries_deleted(saved)]
    return saved, writes


def change(case: Case, rule: Callable[[Case, Actor, datetime], Change], by: Mandate) -> Change:
    """Apply a rule to the case and save what follows; where another writer was first, read again and decide anew."""
    unused = [case]

    def attempt() -> Change:
        latest = unused.pop() if unused else find(case.case_id, by.once) or case
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
    item = {"data": case.model_dump_json(), "version": case.version, **watched}
    if saved.before is None:
        return put(case_key(case.case_id), item, condition="attribute_not_exists(pk)")
    values = {"before": saved.before.version}
    return put(case_key(case.case_id), item, condition="version = :before", values=values)


def _alarm_set(saved: Change) -> list[Write]:
    """Puts the case on the sweeper's list for when something of it is due; or takes it off."""
    alarm_at = saved.case.alarm_at
    if alarm_at == (saved.before.alarm_at if saved.before else None):
        return []
    case_id = saved.case.case_id
    return [put(alarm_key(case_id), due("DEADLINE", case_id, alarm_at) if alarm_at else {})]


def _joined(saved: Change) -> list[str]:
    """Who takes part from now on."""
    changed = (what for what in saved.whats if isinstance(what, CaseParticipantChanged))
    return [what.person_id for what in changed if what.change == "added"]


def _parts_noted(saved: Change) -> list[Write]:
    """For whom it begins to be theirs, too, by which event first; and who left only a machine's mail in it."""
    parts = []
    for event in saved.events():
        match event.what:
            case CaseParticipantChanged(change="added", person_id=person_id):
                kept = "SET first_seq = if_not_exists(first_seq, :sequence)"
            case MailReceived(person_id=str(person_id)) if person_id != saved.case.owner_id:
                kept = "SET mail_seq = :sequence"
            case _:
                continue
        parts.append(update(took_part_key(person_id, event.case_id), kept, {"sequence": event.sequence}))
    return parts


def _additions_written(additions: Additions, person_id: str) -> Write:
    item = {
        "data": additions.model_dump_json(),
        "version": additions.version,
        "expires": int((additions.times[-1] + DAY).timestamp()),
    }
    condition, values = "attribute_not_exists(pk) OR version = :before", {"before": additions.version - 1}
    return put(additions_key(person_id), item, condition=condition, values=values)


def _events_written(saved: Change) -> tuple[list[Write], str]:
    """Each linked to the one before it; and the link of the last."""
    writes, head = [], saved.case.head
    for event in saved.events():
        place, data, salt = event_sort_key(event.what, event.sequence), event.model_dump_json(), secrets.token_hex(16)
        head = chain.link(head, place, data, salt)
        item = {"type": event.type, "data": data, "salt": salt, "link": head, **untold(event.id, event.time)}
        writes.append(put((case_key(event.case_id)[0], place), item))
    return writes, head


def _attached(attachment: Attachment, event: Event) -> Write:
    """Beside the case, so that a download is found by its id."""
    item = Attached(attachment=attachment, author_id=event.actor.id, audience=event.what.audience)
    return put(attachment_key(event.case_id, attachment.attachment_id), {"data": item.model_dump_json()})


def _task_waits(task: OpenTask, token: str | None, case: Case) -> Write:
    item = {
        "data": _task(task, case).model_dump_json(),
        **({"task_token": token} if token else {}),
    }
    if task.team != CUSTOMER:
        item |= {"work_of": f"TEAM#{task.team}", "work_due": f"{stamp(task.due_at)}#{task.task_id}"}
    return put(task_key(task.task_id), item)


def _task_moved(task: OpenTask, case: Case) -> Write:
    """On another team's list, under the same time; its token stays."""
    values = {"data": _task(task, case).model_dump_json(), "work_of": f"TEAM#{task.team}"}
    return update(task_key(task.task_id), "SET #data = :data, work_of = :work_of", values, names={"#data": "data"})


def _task_ended(task: OpenTask, saved: Change) -> Write:
    """Completed with an outcome, or withdrawn without; its token stays, to wake the workflow."""
    ended = _task(task, saved.case)
    for what in saved.whats:
        if isinstance(what, TaskCompleted) and what.task_id == task.task_id:
            by = None if saved.actor.kind == "customer" else saved.actor.name
            ended = ended.model_copy(update={"outcome": what.outcome, "completed_by": by})
    values = {"data": ended.model_dump_json()}
    return update(task_key(task.task_id), "SET #data = :data REMOVE work_of, work_due", values, names={"#data": "data"})


def _task(task: OpenTask, case: Case) -> Task:
    return Task(**task.model_dump(), case_id=case.case_id, number=case.number, subject=case.subject)


def _is_shown(item: Item, moment: datetime) -> bool:
    """Whether its reader takes part still: an entry whose time is over stays until the case is shared anew."""
    return "shared_until" not in item or stamp(moment) < item["shared_until"]


def _entries_written(saved: Change) -> list[Write]:
    """Everybody's entry, in place: what each has read stays as it is."""
    case, data = saved.case, _entry(saved.case).model_dump_json()
    mine = _entry_written(entry_key(case.owner_id, case.case_id), "mine", case.owner_id, data, saved)
    shared = [
        _entry_written(
            entry_key(each.person_id, case.case_id), "shared", each.person_id, data, saved, shared_until=each.until
        )
        for each in case.reading(saved.at)
    ]
    if case.account_id is None:
        return [mine, *shared]
    values = {"data": data, "by_change": _by_change("organisation", case)}
    return [mine, *shared, put(organisation_entry_key(case.account_id, case.case_id), values)]


def _entries_deleted(saved: Change) -> list[Write]:
    """Of those who take part no longer."""
    case, before = saved.case, saved.before.participants if saved.before else ()
    left = {each.person_id for each in before if each.is_contact} - {each.person_id for each in case.participants}
    return [remove(entry_key(person_id, case.case_id)) for person_id in sorted(left)]


def _entry(case: Case) -> CaseEntry:
    due_at = case.deadlines.next_due_at
    return CaseEntry(
        case_id=case.case_id,
        number=case.number,
        subject=case.subject,
        service=case.service,
        category=case.category,
        status=case.status,
        stage=case.stage_title,
        has_open_task=bool(case.open_tasks),
        created_at=stamp(case.created_at),
        changed_at=stamp(case.changed_at),
        due_at=stamp(due_at) if due_at else None,
    )


def _entry_written(
    key: Key,
    relation: EntryRelation,
    person_id: str,
    data: str,
    saved: Change,
    shared_until: datetime | None = None,
) -> Write:
    values: Item = {"data": data, "by_change": _by_change(relation, saved.case), "zero": 0}
    expression = "SET #data = :data, by_change = :by_change, read_seq = if_not_exists(read_seq, :zero)"
    news = [event.sequence for event in saved.events() if _is_news(event, person_id)]
    if news:
        expression += ", others_seq = :others, unread_since = :by_change"
        values["others"] = news[-1]
    else:
        expression += ", others_seq = if_not_exists(others_seq, :zero)"
    if shared_until:
        expression += ", shared_until = :until"
        values["until"] = stamp(shared_until)
    elif relation == "shared":
        expression += " REMOVE shared_until"
    return update(key, expression, values, names={"#data": "data"})


def _is_news(event: Event, person_id: str) -> bool:
    """What a reader has not read until the mark moves: messages by others, and that the case is shared (D1, F15)."""
    what = event.what
    if isinstance(what, CaseParticipantChanged):
        return what.change == "added" and what.person_id == person_id
    return isinstance(what, Message) and what.audience == "customer" and event.actor.id != person_id


def _by_change(relation: EntryRelation, case: Case) -> str:
    return f"{relation}#{stamp(case.changed_at)}#{case.case_id}"
