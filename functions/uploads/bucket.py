"""The bucket: what was posted, which nobody can read, and what was checked, which nobody but us can write.

Where malware is looked for, what was checked waits in quarantine for the scan: written once, by us, so that the bytes
that are scanned are the bytes that are kept.
"""

import base64
import re
from urllib.parse import unquote_plus

from functions.aws import client
from functions.events import Attachment, Frozen
from functions.settings import settings
from functions.uploads.model import Upload, disposition

FORM_VALID_FOR = 300
"""Seconds in which an upload can be posted."""
LINK_VALID_FOR = 60
"""Seconds in which a download can begin (E4)."""
_QUARANTINE, _CHECKED, _ATTACHMENTS = "quarantine/", "quarantine/checked/", "attachments/"
_ID = re.compile("att_[0-9A-HJKMNP-TV-Z]{26}")


class PostForm(Frozen):
    """Send these fields, and the bytes as the last field `file`, as multipart/form-data to `url` by POST."""

    url: str
    fields: dict[str, str]
    expires_in: int = FORM_VALID_FOR
    """Seconds for which S3 takes it."""


def form(upload_id: str, content_type: str, size: int) -> PostForm:
    """Good for that key, that type and so many bytes; S3 refuses everything else."""
    fields = {"Content-Type": content_type}
    signed = client("s3").generate_presigned_post(
        settings.upload_bucket,
        _QUARANTINE + upload_id,
        Fields=fields,
        Conditions=[fields, ["content-length-range", size, size]],
        ExpiresIn=FORM_VALID_FOR,
    )
    return PostForm(url=signed["url"], fields=signed["fields"])


def upload_at(key: str) -> str | None:
    """The id of the upload that was posted there, as a notification of S3 has the key."""
    return _id_at(_QUARANTINE, unquote_plus(key))


def upload_scanned(bucket: str, key: str) -> str | None:
    """The id of the upload that was scanned there, as GuardDuty has the key."""
    return _id_at(_CHECKED, key) if bucket == settings.upload_bucket else None


def posted(upload: Upload) -> bytes | None:
    """What was posted, up to one byte more than announced; None where nothing is."""
    return _read(_QUARANTINE, upload)


def held(upload: Upload, etag: str) -> bytes | None:
    """What waits for its scan, where it is what the scan was of; else None."""
    return _read(_CHECKED, upload, etag)


def hold(upload: Upload, content: bytes) -> None:
    """Put the bytes that were checked where they are scanned."""
    _put(_CHECKED, upload, content)


def keep(upload: Upload, content: bytes) -> None:
    """Put the bytes that were checked where they can be attached."""
    _put(_ATTACHMENTS, upload, content)


def clear(upload_id: str) -> None:
    """What was posted is dealt with."""
    _delete(_QUARANTINE + upload_id)


def release(upload_id: str) -> None:
    """What waited for its scan waits no longer."""
    _delete(_CHECKED + upload_id)


def discard(upload_id: str) -> None:
    """Nothing is kept of it anywhere."""
    for prefix in (_QUARANTINE, _CHECKED, _ATTACHMENTS):
        _delete(prefix + upload_id)


def link(attachment: Attachment) -> str:
    """Where who was let through can download it, for a moment; it is saved and never shown (E3, E4)."""
    wanted = {
        "Bucket": settings.upload_bucket,
        "Key": _ATTACHMENTS + attachment.attachment_id,
        "ResponseContentDisposition": disposition(attachment.name),
        "ResponseContentType": attachment.content_type,
    }
    signed: str = client("s3").generate_presigned_url("get_object", Params=wanted, ExpiresIn=LINK_VALID_FOR)
    return signed


def _id_at(prefix: str, key: str) -> str | None:
    upload_id = key.removeprefix(prefix)
    return upload_id if key.startswith(prefix) and _ID.fullmatch(upload_id) else None


def _read(prefix: str, upload: Upload, etag: str | None = None) -> bytes | None:
    storage = client("s3")
    try:
        found = storage.get_object(Bucket=settings.upload_bucket, Key=prefix + upload.upload_id)
    except storage.exceptions.NoSuchKey:
        return None
    with found["Body"] as body:
        if etag not in (None, found["ETag"].strip('"')):
            return None
        content: bytes = body.read(upload.size + 1)
    return content


def _put(prefix: str, upload: Upload, content: bytes) -> None:
    """S3 takes the announced bytes and no others; whatever is there already are those."""
    storage = client("s3")
    try:
        storage.put_object(
            Bucket=settings.upload_bucket,
            Key=prefix + upload.upload_id,
            Body=content,
            ContentType=upload.content_type,
            ContentDisposition=disposition(upload.name),
            ChecksumSHA256=base64.b64encode(bytes.fromhex(upload.sha256)).decode(),
            IfNoneMatch="*",
        )
    except storage.exceptions.ClientError as error:
        if error.response["Error"]["Code"] != "PreconditionFailed":
            raise


def _delete(key: str) -> None:
    client("s3").delete_object(Bucket=settings.upload_bucket, Key=key)
