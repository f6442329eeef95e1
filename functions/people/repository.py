"""People and their e-mail addresses in the table."""

import base64

from functions.keys import derive
from functions.moment import stamp
from functions.people.model import Person
from functions.table import Item, Key, Write, put, read, update


def person_key(person_id: str) -> Key:
    return f"PERSON#{person_id}", "RECORD"


def address_ref(email: str) -> str:
    """A name for an address that tells nothing about it: 26 characters, of an HMAC of its canonical spelling."""
    return base64.b32encode(derive("address", email)[:16]).decode().rstrip("=").lower()


def address_key(ref: str) -> Key:
    return f"ADDRESS#{ref}", "RECORD"


def person_of(item: Item) -> Person:
    return Person.model_validate_json(item["data"])


def get(person_id: str) -> Person | None:
    key = person_key(person_id)
    found = read(key)
    return person_of(found[key]) if key in found else None


def get_by_email(email: str) -> Person | None:
    """The person to whom a canonical address belongs."""
    key = address_key(address_ref(email))
    owner = read(key).get(key, {}).get("person_id")
    return get(owner) if owner else None


def added(person: Person) -> Write:
    return put(person_key(person.person_id), _item(person), condition="attribute_not_exists(pk)")


def replaced(person: Person) -> Write:
    """Save the next version of a person, unless another writer saved it first."""
    values = {"before": person.version - 1}
    return put(person_key(person.person_id), _item(person), condition="version = :before", values=values)


def owned(email: str, person_id: str) -> Write:
    """The address belongs to that person; refused where it belongs to another."""
    return update(
        address_key(address_ref(email)),
        "SET person_id = :person",
        {"person": person_id},
        condition="attribute_not_exists(person_id) OR person_id = :person",
    )


def _item(person: Person) -> Item:
    return {
        "data": person.model_dump_json(),
        "version": person.version,
        "login": person.login,
        "sessions_valid_from": stamp(person.sessions_valid_from),
    }
