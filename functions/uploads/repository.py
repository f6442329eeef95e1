"""Uploads in the table."""

from functions.table import Item, Key, Write, commit, delete, due, put, read
from functions.uploads.model import Upload


def upload_key(upload_id: str) -> Key:
    return f"UPLOAD#{upload_id}", "RECORD"


def id_of(key: Key) -> str:
    return key[0].removeprefix("UPLOAD#")


def upload_of(item: Item) -> Upload:
    return Upload.model_validate_json(item["data"])


def find(upload_id: str) -> Upload | None:
    key = upload_key(upload_id)
    found = read(key)
    return upload_of(found[key]) if key in found else None


def written(upload: Upload) -> Write:
    """This version of an upload, unless another writer wrote it first; on the sweeper's list for when it is over."""
    item = {
        "data": upload.model_dump_json(),
        "version": upload.version,
        **due("UPLOAD", upload.upload_id, upload.expires_at),
    }
    if upload.version == 1:
        return put(upload_key(upload.upload_id), item, condition="attribute_not_exists(pk)")
    values = {"before": upload.version - 1}
    return put(upload_key(upload.upload_id), item, condition="version = :before", values=values)


def save(upload: Upload) -> None:
    """Raise `WriteConflict` where another writer was first."""
    commit(written(upload))


def remove(upload_id: str) -> None:
    delete(upload_key(upload_id))
