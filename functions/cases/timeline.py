"""What has happened in a case, with its mails and its attachments, in the table."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from functions.cases import chain
from functions.cases.change import Change
from functions.cases.item_keys import attachment_key, case_key, event_sort_key, mail_sort_key
from functions.cases.sharing import PARTICIPANTS
from functions.events import Attachment, Audience, Event, Frozen
from functions.moment import Moment
from functions.settings import settings
from functions.table import Item, Write, put, query, query_all, untold, update

MAILS_PER_EVENT = 4 * (1 + PARTICIPANTS)
"""At most, with room: an event has few templates, and each goes once to the owner and to who takes part."""


class SettledMail(Frozen):
    """A mail about a case, and the event that it is for."""

    sequence: int
    template: str
    person_id: str
    sent_at: Moment | None
    """None where it was suppressed, since the case had sent enough."""


class StoredAttachment(Frozen):
    """A file of a case, who has sent it, and who may see the message that brought it."""

    attachment: Attachment
    author_id: str
    audience: Audience


@dataclass(frozen=True, slots=True)
class TrackedEvent:
    """An event, and whether the internal system has been told of it."""

    event: Event
    delivery: Literal["pending", "sent", "unsent"] = "pending"


def event_of(item: Item) -> Event:
    return Event.model_validate_json(item["data"])


def tracked_of(item: Item) -> TrackedEvent:
    state: Literal["pending", "sent", "unsent"] = "pending" if item.keys() & {"due", "undelivered"} else "sent"
    return TrackedEvent(event_of(item), "unsent" if "given_up_at" in item else state)


def attachment_of(item: Item) -> StoredAttachment:
    return StoredAttachment.model_validate_json(item["data"])


def _chained_event(item: Item) -> chain.ChainedEvent:
    return chain.ChainedEvent(
        item["sk"], item.get("data", ""), item.get("link", ""), item.get("salt"), item.get("seal")
    )


def events(
    case_id: str, rows: tuple[str, ...], *, after: int | None, limit: int, newest_first: bool
) -> tuple[list[TrackedEvent], bool]:
    """Events of some rows (`EVENT`, `MESSAGE`, `INTERNAL`) in order of their numbers; and whether more follow."""
    found: list[TrackedEvent] = []
    read_up_to: list[int] = []
    for row in rows:
        low = f"{row}#" if newest_first or after is None else f"{row}#{after + 1:012}"
        high = f"{row}#{after - 1:012}" if newest_first and after is not None else f"{row}#~"
        page = query(case_key(case_id)[0], between=(low, high), limit=limit + 1, newest_first=newest_first)
        entries = [tracked_of(item) for item in page.items]
        if page.last and entries:
            read_up_to.append(entries[-1].event.sequence)
        found += entries
    if read_up_to:  # what lies behind the end of a row that goes on may have others before it
        edge = max(read_up_to) if newest_first else min(read_up_to)
        found = [entry for entry in found if (entry.event.sequence - edge) * (-1 if newest_first else 1) <= 0]
    found.sort(key=lambda entry: entry.event.sequence, reverse=newest_first)
    return found[:limit], bool(read_up_to) or len(found) > limit


def chained(case_id: str, after: int, up_to: int | None) -> list[chain.ChainedEvent]:
    """The events behind that number, in order, up to another or to the end, each as the table keeps it."""
    found = []
    for row in ("EVENT", "INTERNAL", "MESSAGE"):
        low, high = f"{row}#{after + 1:012}", f"{row}#{up_to:012}" if up_to is not None else f"{row}#~"
        found += [_chained_event(item) for item in query_all(case_key(case_id)[0], between=(low, high))]
    return sorted(found, key=lambda entry: entry.number)


def attachments(case_id: str) -> Iterator[StoredAttachment]:
    """Every file of a case, read as far as they are asked for."""
    pk, prefix = attachment_key(case_id, "")
    return map(attachment_of, query_all(pk, between=(prefix, f"{prefix}~")))


def event_erased(case_id: str, entry: chain.ChainedEvent) -> Write:
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


def events_written(saved: Change) -> tuple[list[Write], str]:
    """Each linked to the one before it; and the link of the last."""
    writes, head = [], saved.case.head
    for event in saved.events():
        place, data, salt = event_sort_key(event.what, event.sequence), event.model_dump_json(), secrets.token_hex(16)
        head = chain.link(head, place, data, salt)
        item = {"type": event.type, "data": data, "salt": salt, "link": head, **untold(event.id, event.time)}
        if place.startswith("MESSAGE#") and saved.case.system in settings.transports:
            item["undelivered"] = 1
        writes.append(put((case_key(event.case_id)[0], place), item))
    return writes, head


def attachment_written(attachment: Attachment, event: Event) -> Write:
    """Beside the case, so that a download is found by its id."""
    item = StoredAttachment(attachment=attachment, author_id=event.actor.id, audience=event.what.audience)
    return put(attachment_key(event.case_id, attachment.attachment_id), {"data": item.model_dump_json()})
