"""Agreements and configuration items in the table; what is agreed with one party stands together in one item."""

from dataclasses import dataclass

from functions.cases.agreements import AGREEMENTS_LIMIT, Agreement
from functions.cases.configuration_items import ConfigurationItem
from functions.errors import Conflict
from functions.people.model import Party, Person
from functions.records import Kind
from functions.table import Item, Key, Write, read, update

AGREEMENTS = Kind("agreement", Agreement)
CONFIGURATION_ITEMS = Kind("configuration_item", ConfigurationItem)


class TooManyAgreements(Conflict):
    """With one party; and there is one default agreement only."""

    def __init__(self) -> None:
        super().__init__(f"There can be {AGREEMENTS_LIMIT} agreements with one party, and one default agreement.")


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What there is for one person: the agreements with their parties and the default one, and the item they named."""

    agreements: tuple[Agreement, ...]
    item: ConfigurationItem | None


def read_for(person: Person, item_id: str | None = None) -> Catalogue:
    """In one consistent read, however many agreements there are."""
    agreed = [_agreed_key(party) for party in (*person.parties, None)]
    item_key = CONFIGURATION_ITEMS.key(item_id) if item_id else None
    found = read(*agreed, *([item_key] if item_key else []))
    agreements = tuple(agreement for key in agreed for agreement in _agreements_of(found.get(key, {})))
    item = CONFIGURATION_ITEMS.of(found[item_key]).record if item_key in found else None
    return Catalogue(agreements, item)


def agreed(agreement: Agreement, before: Agreement | None) -> tuple[Write, ...]:
    """The party's agreements with this version of it, and those of the party before, if another, without it."""
    name, data = {"#id": _attribute(agreement)}, {"data": agreement.model_dump_json()}
    key = _agreed_key(agreement.party)
    if before is not None and before.party == agreement.party:
        return (update(key, "SET #id = :data", data, names=name),)
    limit = AGREEMENTS_LIMIT if agreement.party else 1
    writes = [
        update(
            key,
            "SET #id = :data ADD agreements :one",
            {**data, "one": 1, "limit": limit},
            names=name,
            condition="attribute_not_exists(agreements) OR agreements < :limit",
            refused=lambda _: TooManyAgreements(),
        )
    ]
    if before is not None:
        writes.append(update(_agreed_key(before.party), "REMOVE #id ADD agreements :less", {"less": -1}, names=name))
    return tuple(writes)


def _agreed_key(party: Party | None) -> Key:
    return (f"PARTY#{party.kind}#{party.id}" if party else "PARTY#default"), "AGREEMENTS"


def _attribute(agreement: Agreement) -> str:
    return f"agreement:{agreement.agreement_id}"


def _agreements_of(item: Item) -> list[Agreement]:
    """In the order of their ids, since attributes have none."""
    return [Agreement.model_validate_json(item[name]) for name in sorted(item) if name.startswith("agreement:")]
