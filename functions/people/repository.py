"""People and their e-mail addresses in the table."""

import base64
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from functions.events import Actor
from functions.keys import derive
from functions.moment import stamp
from functions.people.budgets import DAY, Used
from functions.people.model import Account, Department, Person, canonical_email
from functions.records import Kind, history_key, in_history
from functions.table import Item, Key, Write, WriteConflict, check, put, query, read, update, versioned

ACCOUNTS = Kind("account", Account)
DEPARTMENTS = Kind("department", Department)


def person_key(person_id: str) -> Key:
    return f"PERSON#{person_id}", "RECORD"


def address_ref(email: str) -> str:
    """A name for an address that tells nothing about it: 26 characters, of an HMAC of its canonical spelling."""
    return base64.b32encode(derive("address", email)[:16]).decode().rstrip("=").lower()


def address_key(ref: str) -> Key:
    return f"ADDRESS#{ref}", "RECORD"


def person_of(item: Item) -> Person:
    person = Person.model_validate_json(item["data"])
    return person.model_copy(update={"signed_in": True}) if "signed_in" in item else person


def get(person_id: str) -> Person | None:
    key = person_key(person_id)
    found = read(key)
    return person_of(found[key]) if key in found else None


def owner_of(email: str) -> str | None:
    """The id of the person to whom a canonical address belongs."""
    key = address_key(address_ref(email))
    return owner_in(read(key), email)


def owner_in(found: Mapping[Key, Item], email: str) -> str | None:
    """The same, of what was read."""
    owner: str | None = found.get(address_key(address_ref(email)), {}).get("person_id")
    return owner


def get_by_email(email: str) -> Person | None:
    owner = owner_of(email)
    return get(owner) if owner else None


def find_contact(ref: str) -> Person | None:
    """The contact with that id, or to whom that e-mail address belongs; not one who is being erased."""
    if "@" in ref:
        try:
            found = get_by_email(canonical_email(ref))
        except ValueError:
            return None
    else:
        found = get(ref)
    return found if found and not found.is_staff and not found.erasure else None


def contacts(*, limit: int, after: Sequence[str] | None) -> tuple[list[Person], Key | None]:
    """One page of all contacts, oldest first; and where the next one starts."""
    start = (after[0], after[1]) if after else None
    page = query(listed_key("")[0], between=("-", "~"), limit=limit, after=start)
    keys = [person_key(item["sk"]) for item in page.items]
    found = read(*keys)
    return [person_of(found[key]) for key in keys], page.last


def added(person: Person) -> tuple[Write, ...]:
    """A new person; a contact stands in the list of contacts, too."""
    record = put(person_key(person.person_id), _item(person), condition="attribute_not_exists(pk)")
    return (record,) if person.is_staff else (record, put(listed_key(person.person_id), {}))


def kept(person: Person, by: Actor, moment: datetime) -> Write:
    """This version in the history of what administrators said of the person."""
    item = {"data": person.model_dump_json(), "changed_at": stamp(moment), "changed_by": by.id}
    return in_history(person.kind, person.person_id, person.version, item)


def replaced(person: Person, refused: Callable[[], Exception] = WriteConflict) -> Write:
    """Save the next version of a person, unless another writer saved it, or the person first signed in, meanwhile."""
    return put(
        person_key(person.person_id),
        _item(person),
        condition="version = :before" if person.signed_in else "version = :before AND attribute_not_exists(signed_in)",
        values={"before": person.version - 1},
        refused=lambda _: refused(),
    )


def signs_in(person_id: str, moment: datetime, refused: Callable[[], Exception]) -> Write:
    """Noted of the person; refused where the login was switched off."""
    return update(
        person_key(person_id),
        "SET signed_in = :yes",
        {"yes": 1, "enabled": "enabled", "now": stamp(moment)},
        condition="login = :enabled AND sessions_valid_from <= :now",
        refused=lambda _: refused(),
    )


def stays(person_id: str, refused: Callable[[], Exception]) -> Write:
    """Hold the transaction to it that the person is there; refused where somebody has asked to erase them."""
    return check(
        person_key(person_id),
        "attribute_exists(pk) AND attribute_not_exists(erasure)",
        refused=lambda found: refused() if found else WriteConflict(),
    )


def owned(email: str, person_id: str, refused: Callable[[], Exception] = WriteConflict) -> Write:
    """The address belongs to that person; refused where it belongs to another."""
    return update(
        address_key(address_ref(email)),
        "SET person_id = :person",
        {"person": person_id},
        condition="attribute_not_exists(person_id) OR person_id = :person",
        refused=lambda _: refused(),
    )


def history_of(person_id: str) -> str:
    """The partition of what administrators said of a contact, version by version."""
    return history_key("contact", person_id, 0)[0]


def listed_key(person_id: str) -> Key:
    return "RECORDS#contact", person_id


def _item(person: Person) -> Item:
    return {
        "data": person.model_dump_json(),
        "version": person.version,
        "login": person.login,
        "sessions_valid_from": stamp(person.sessions_valid_from),
        **({"signed_in": 1} if person.signed_in else {}),
        **({"erasure": person.erasure} if person.erasure else {}),
    }


def used_in(found: Mapping[Key, Item], key: Key) -> Used:
    """What a person has used of the budget that is kept there, of what was read."""
    return Used.model_validate_json(found[key]["data"]) if key in found else Used()


def used_written(key: Key, used: Used) -> Write:
    item = {"data": used.model_dump_json(), "expires": int((used.uses[-1].at + DAY).timestamp())}
    return versioned(key, item, used.version)
