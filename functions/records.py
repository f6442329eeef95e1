"""Records that administrators keep, each under an id of their choice: accounts, agreements …

A record is written with its history: every version stays, with who wrote it and when. All records of a kind stand in
one partition, which lists them: they are read by key, are few beside cases, and change seldom.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from functions.errors import Conflict, FieldError, Invalid
from functions.events import Actor, Frozen
from functions.moment import stamp
from functions.table import Item, Key, Write, put, query, read, versioned

R = TypeVar("R", bound=Frozen)


class IdTaken(Conflict):
    """There is such a record already; change that one."""

    def __init__(self) -> None:
        super().__init__("There is a record with this id already.")


class RecordChanged(Conflict):
    """Somebody else has changed it since it was read."""

    def __init__(self) -> None:
        super().__init__("Somebody else has changed it meanwhile; read it again.")


class ReferenceUnknown(Invalid):
    """A record refers to what is not there."""

    def __init__(self, place: str) -> None:
        error = FieldError(pointer=place, code="unknown", message="is not known here")
        super().__init__("The record refers to something that is not there; see `errors`.", errors=[error])


@dataclass(frozen=True, slots=True)
class Kept(Generic[R]):
    """A record as the table holds it."""

    record: R
    version: int
    changed_at: str
    changed_by: str
    """The id of the administrator who wrote this version."""


@dataclass(frozen=True, slots=True)
class Kind(Generic[R]):
    """One kind of record, `account` for instance: its id is the field `account_id` of the model."""

    name: str
    model: type[R]

    def key(self, record_id: str) -> Key:
        return f"RECORDS#{self.name}", record_id

    def id_of(self, record: R) -> str:
        return str(getattr(record, f"{self.name}_id"))

    def of(self, item: Item) -> Kept[R]:
        record = self.model.model_validate_json(item["data"])
        return Kept(record, item["version"], item["changed_at"], item["changed_by"])

    def find(self, record_id: str) -> Kept[R] | None:
        key = self.key(record_id)
        found = read(key)
        return self.of(found[key]) if key in found else None

    def page(self, *, limit: int, after: Sequence[str] | None) -> tuple[list[Kept[R]], Key | None]:
        """One page of them all, in the order of their ids; and where the next one starts."""
        start = (after[0], after[1]) if after else None
        found = query(self.key("")[0], between=("-", "~"), limit=limit, after=start)
        return [self.of(item) for item in found.items], found.last

    def next(self, record: R, before: Kept[R] | None, by: Actor, moment: datetime) -> Kept[R]:
        return Kept(record, before.version + 1 if before else 1, stamp(moment), by.id)

    def written(self, kept: Kept[R]) -> tuple[Write, Write]:
        """This version, and the same in the record's history. Raise `IdTaken` for a first one where there is one."""
        record_id = self.id_of(kept.record)
        item = {
            "data": kept.record.model_dump_json(),
            "version": kept.version,
            "changed_at": kept.changed_at,
            "changed_by": kept.changed_by,
        }
        refusal = IdTaken if kept.version == 1 else RecordChanged
        record = versioned(self.key(record_id), item, kept.version, refused=lambda _: refusal())
        return record, in_history(self.name, record_id, kept.version, item)


def in_history(kind: str, record_id: str, version: int, item: Item) -> Write:
    """One version of a record, written once and never again."""
    return put(history_key(kind, record_id, version), item, condition="attribute_not_exists(pk)")


def history_key(kind: str, record_id: str, version: int) -> Key:
    return f"HISTORY#{kind}#{record_id}", f"{version:012}"
