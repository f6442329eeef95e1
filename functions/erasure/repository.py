"""Receipts of erasures, and what is kept of a person, in the table."""

from datetime import datetime

from pydantic_core import from_json

from functions.cases.item_keys import additions_key, entry_key, took_part_key
from functions.cases.lists import LOOKED_AT, entries
from functions.cases.status import FINISHED
from functions.erasure.model import BEGINS_AFTER, Erasure
from functions.people.repository import address_key, history_of, listed_key, person_key, person_of
from functions.table import Key, Write, due, query, query_all, read, remove, update, versioned
from functions.uploads.repository import announced_key


def erasure_key(receipt_id: str) -> Key:
    return f"ERASURE#{receipt_id}", "RECORD"


def id_of(key: Key) -> str:
    return key[0].removeprefix("ERASURE#")


def find(receipt_id: str) -> Erasure | None:
    key = erasure_key(receipt_id)
    found = read(key)
    return Erasure.model_validate_json(found[key]["data"]) if key in found else None


def written(erasure: Erasure) -> Write:
    """Unless another writer was first; on the sweeper's list while it runs."""
    begins = erasure.requested_at + BEGINS_AFTER
    waits = due("ERASURE", erasure.receipt_id, begins) if erasure.state == "running" else {}
    return versioned(erasure_key(erasure.receipt_id), {"data": erasure.model_dump_json(), **waits}, erasure.version)


def open_cases(contact_id: str, moment: datetime) -> list[str]:
    """The numbers of the person's own cases on which somebody works, among those that changed last."""
    newest = entries(contact_id, "mine", moment, limit=LOOKED_AT)
    found = [from_json(item["data"]) for item in newest.items]
    return [entry["number"] for entry in found if entry["status"] not in FINISHED]


def next_case(contact_id: str, behind: Key | None) -> Key | None:
    """The first of the cases that are still the person's, or in which they have taken part; or that behind another."""
    (pk, own), (_, others) = entry_key(contact_id, ""), took_part_key(contact_id, "")
    page = query(pk, between=(own, f"{others}~"), limit=1, after=(behind[1], "") if behind else None)
    return (pk, page.items[0]["sk"]) if page.items else None


def case_of(key: Key) -> str:
    return key[1].partition("#")[2]


def left_of(erasure: Erasure, at_most: int) -> list[Write]:
    """What erases the rest but the person's own record: sessions, answers to requests, challenges, the history."""
    pk = person_key(erasure.contact_id)[0]
    writes = [
        remove((item["pk"], item["sk"]))
        for partition, low, high in (
            (pk, "SESSION#", "SESSION#~"),
            (f"OBEYED#{erasure.contact_id}", "-", "~"),
            (address_key(erasure.address_ref or "")[0], "CHALLENGE#", "CHALLENGE#~"),
        )
        for item in query(partition, between=(low, high), limit=at_most).items
    ]
    for item in query_all(history_of(erasure.contact_id), between=("-", "~")):
        person = person_of(item)
        if person != person.anonymous():
            data = {"data": person.anonymous().model_dump_json()}
            writes.append(update((item["pk"], item["sk"]), "SET #data = :data", data, names={"#data": "data"}))
    return writes[:at_most]


def person_removed(erasure: Erasure) -> list[Write]:
    """The person is gone, and the address belongs to nobody: who signs in with it is a new contact."""
    address = address_key(erasure.address_ref or "")
    is_theirs = read(address).get(address, {}).get("person_id") == erasure.contact_id
    own = [key(erasure.contact_id) for key in (person_key, listed_key, additions_key, announced_key)]
    return [remove(key) for key in (*own, *([address] if is_theirs else []))]
