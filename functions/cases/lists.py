"""Every reader's list of cases, in the table: what stands in an entry, and how far its reader has read."""

from collections.abc import Callable
from datetime import datetime
from typing import Literal

from functions.cases.change import Change
from functions.cases.item_keys import entry_key, organisation_entry_key
from functions.cases.model import Case
from functions.events import CaseOwnerChanged, CaseParticipantChanged, Event, Frozen, Message
from functions.moment import Stamp, stamp
from functions.table import Item, Key, Page, Write, apply, put, query, remove, update

LOOKED_AT = 100
"""Entries among which one page of a list is found, where only some of them are wanted."""


EntryRelation = Literal["mine", "shared", "organisation"]
"""Whose case it is, for the reader in whose list its entry stands."""


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


def mark_of(item: Item | None) -> ReadMark:
    if item is None:
        return ReadMark()
    return ReadMark(read_sequence=item.get("read_seq", 0), others_sequence=item.get("others_seq", 0))


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


def _is_shown(item: Item, moment: datetime) -> bool:
    """Whether its reader takes part still: an entry whose time is over stays until the case is shared anew."""
    return "shared_until" not in item or stamp(moment) < item["shared_until"]


def entries_written(saved: Change) -> list[Write]:
    """Everybody's entry, in place: what each has read stays as it is. An owner who was erased has none."""
    case, data = saved.case, _entry(saved.case).model_dump_json()
    owners = [] if case.erased_at else [case.owner_id]
    mine = [_entry_written(entry_key(owner, case.case_id), "mine", owner, data, saved) for owner in owners]
    shared = [
        _entry_written(
            entry_key(each.person_id, case.case_id), "shared", each.person_id, data, saved, shared_until=each.until
        )
        for each in case.reading(saved.at)
    ]
    if case.account_id is None:
        return [*mine, *shared]
    values = {"data": data, "by_change": _by_change("organisation", case)}
    return [*mine, *shared, put(organisation_entry_key(case.account_id, case.case_id), values)]


def entries_deleted(saved: Change) -> list[Write]:
    """Of those who own it or take part no longer, and of the organisation that it has left."""
    case, before = saved.case, saved.before
    if before is None:
        return []
    left = [entry_key(person_id, case.case_id) for person_id in sorted(_listed(before) - _listed(case))]
    if before.account_id and before.account_id != case.account_id:
        left.append(organisation_entry_key(before.account_id, case.case_id))
    return [remove(key) for key in left]


def _listed(case: Case) -> set[str]:
    """In whose lists it stands, also those whose time is over."""
    return {case.owner_id, *(each.person_id for each in case.participants if each.is_contact)}


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
    sets, gone = ["#data = :data", "by_change = :by_change"], []
    news = [event.sequence for event in saved.events() if _shows_unread(event, saved) or is_news(event, person_id)]
    if news and saved.unread is not False:
        sets += ["others_seq = :others", "unread_since = :by_change"]
        values["others"] = news[-1]
    else:
        sets.append("others_seq = if_not_exists(others_seq, :zero)")
    if saved.unread is False:
        sets.append("read_seq = :newest")
        gone.append("unread_since")
        values["newest"] = saved.case.sequence
    else:
        sets.append("read_seq = if_not_exists(read_seq, :zero)")
    if shared_until:
        sets.append("shared_until = :until")
        values["until"] = stamp(shared_until)
    else:
        gone.append("shared_until")
    expression = f"SET {', '.join(sets)}" + (f" REMOVE {', '.join(gone)}" if gone else "")
    return update(key, expression, values, names={"#data": "data"})


def _shows_unread(event: Event, saved: Change) -> bool:
    """Whether the process says so. Nobody can read what is not shown to them, so that is left out."""
    return bool(saved.unread) and event.what.audience == "customer"


def is_news(event: Event, person_id: str) -> bool:
    """What a reader has not read until the mark moves: messages by others, and that the case is theirs (D1, F15)."""
    what = event.what
    if isinstance(what, CaseOwnerChanged):
        return what.owner_id == person_id
    if isinstance(what, CaseParticipantChanged):
        return what.change == "added" and what.person_id == person_id
    return isinstance(what, Message) and what.audience == "customer" and event.actor.id != person_id


def _by_change(relation: EntryRelation, case: Case) -> str:
    return f"{relation}#{stamp(case.changed_at)}#{case.case_id}"
