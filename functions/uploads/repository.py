"""Uploads in the table."""

from collections.abc import Callable, Iterable
from datetime import datetime

from functions.table import Item, Key, Write, WriteConflict, commit, due, read, remove, versioned
from functions.uploads.model import Files, NotAttachable, Upload, objection_to, refusal_at


def upload_key(upload_id: str) -> Key:
    return f"UPLOAD#{upload_id}", "RECORD"


def announced_key(person_id: str) -> Key:
    """How much that person has announced."""
    return f"PERSON#{person_id}", "USED#uploads"


def id_of(key: Key) -> str:
    return key[0].removeprefix("UPLOAD#")


def upload_of(item: Item) -> Upload:
    return Upload.model_validate_json(item["data"])


def find(upload_id: str) -> Upload | None:
    key = upload_key(upload_id)
    found = read(key)
    return upload_of(found[key]) if key in found else None


def files_in(found: dict[Key, Item], ids: Iterable[str]) -> Files:
    """What a request wants to attach, of what was read for it."""
    items = (found.get(upload_key(upload_id)) for upload_id in ids)
    return tuple(upload_of(item) if item else None for item in items)


def claimed(upload: Upload, place: int, moment: datetime) -> Write:
    """An upload as attached, in the transaction of what it is attached to.

    Raise `NotAttachable` where it was attached elsewhere, or died, since it was read.
    """

    def refused(item: Item | None) -> Exception:
        latest = upload_of(item) if item else None
        return NotAttachable(refusal_at(place, objection_to(latest, upload.owner_id, moment) or "unknown"))

    return written(upload, refused)


def written(upload: Upload, refused: Callable[[Item | None], Exception] = lambda _: WriteConflict()) -> Write:
    """This version of an upload, unless another writer wrote it first.

    Until it is attached it is on the sweeper's list for when it is over.
    """
    dies_at = upload.dies_at
    dies = due("UPLOAD", upload.upload_id, dies_at) if dies_at else {}
    item = {"data": upload.model_dump_json(), **dies}
    return versioned(upload_key(upload.upload_id), item, upload.version, refused=refused)


def save(upload: Upload) -> None:
    """Raise `WriteConflict` where another writer was first."""
    commit(written(upload))


def removed(upload_id: str) -> Write:
    return remove(upload_key(upload_id))


def dying(upload_ids: Iterable[str]) -> list[Write]:
    """What has the sweeper delete them, attached or not."""
    found = read(*map(upload_key, upload_ids))
    return [written(upload.expired()) for upload in map(upload_of, found.values()) if not upload.is_expired]
