"""An upload and the rules about it: a file that was announced, then posted, then checked. No I/O."""

import hashlib
from datetime import datetime, timedelta
from pathlib import PurePath
from string import ascii_letters, digits
from typing import Annotated, Literal, Self
from urllib.parse import quote

from pydantic import AfterValidator, ConfigDict, Field

from functions.errors import Exhausted, FieldError, Invalid, NotFound, pointer
from functions.events import Attachment, Frozen
from functions.moment import Moment
from functions.people.budgets import Used
from functions.text import FileName, Line
from functions.uploads.file_types import TYPES, Reason, objection

SIZE_LIMIT = 25 * 1024 * 1024
KEPT = timedelta(hours=24)
"""After that an upload that is attached to nothing dies (E1)."""
FILES_PER_DAY, BYTES_PER_DAY = 100, 500 * 1024 * 1024
"""Announced by one person: ten full messages, and twenty of the largest files (E8)."""
State = Literal["pending", "clean", "rejected", "failed"]


_NOT_ATTACHABLE = {
    "unknown": "is no upload of yours",
    "pending": "has not been checked yet",
    "rejected": "was rejected",
    "failed": "could not be checked",
    "attached": "is attached already",
}
ATTACHMENTS_LIMIT = 10
"""Of one message."""
_ATTR_CHAR = "!#$&+^`|"
"""What RFC 8187 leaves as it is, besides letters, digits and `_.-~`."""
_PLAIN = frozenset(f"{ascii_letters}{digits} !#$&'()+,-.;=@[]^_`{{}}~")


def _unrepeated(ids: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(ids)) < len(ids):
        raise ValueError("must not name one twice")
    return ids


AttachmentIds = Annotated[tuple[Line, ...], Field(max_length=ATTACHMENTS_LIMIT), AfterValidator(_unrepeated)]
"""Uploads of mine that are clean."""


class UploadNotFound(NotFound):
    """Unknown, over, or somebody else's (E6)."""

    def __init__(self) -> None:
        super().__init__("There is no such upload.")


class FileNotAccepted(Invalid):
    """Not one of the types of files that are taken."""


class TooManyUploads(Exhausted):
    """Whoever announces files has announced enough of them for now."""


class AttachmentNotFound(NotFound):
    """Unknown, of another case, or of a message that the reader does not see; or the link is wrong or over."""

    def __init__(self) -> None:
        super().__init__("There is no such attachment.")


class NotAttachable(Invalid):
    """Uploads that are unknown or somebody else's, not clean, or attached already."""

    def __init__(self, *errors: FieldError) -> None:
        super().__init__("Some of these files cannot be attached; see `errors`.", errors=errors)


class NewUpload(Frozen):
    """A file, before its bytes."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "pothole.txt",
                    "size": 28,
                    "content_type": "text/plain",
                    "sha256": "118e946bd01d88a590add25b3eda9a108a892dfa10aee6d27f61539734e97b16",
                }
            ]
        }
    )

    name: FileName
    size: Annotated[int, Field(ge=1, le=SIZE_LIMIT)]
    """In bytes."""
    content_type: Line
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    """In hexadecimal."""


class Upload(Frozen):
    upload_id: str
    owner_id: str
    """Who announced it, and alone may attach it."""
    name: str
    size: int
    content_type: str
    sha256: str
    announced_at: Moment
    state: State = "pending"
    reason: Reason | None = None
    attached_to: str | None = None
    """The case; from then on it is the case's."""
    is_expired: bool = False
    """It is being deleted."""
    version: int = 1

    @property
    def expires_at(self) -> datetime:
        return self.announced_at + KEPT

    @property
    def dies_at(self) -> datetime | None:
        """When there is something to delete of it."""
        if self.is_expired:
            return self.announced_at
        return None if self.attached_to else self.expires_at

    def is_over(self, now: datetime) -> bool:
        """Half-open: at the end of its time it is over, unless it was attached before (D16)."""
        return self.is_expired or (self.attached_to is None and now >= self.expires_at)

    def check(self, content: bytes) -> Reason | None:
        """What there is to say against what was posted for it; by these very bytes and nothing else (E2, E3)."""
        if len(content) != self.size:
            return "size_differs"
        if hashlib.sha256(content).hexdigest() != self.sha256:
            return "checksum_differs"
        return objection(content, self.content_type)

    def checked(self, reason: Reason | None) -> Self:
        return self._next(state="rejected" if reason else "clean", reason=reason)

    def scanned(self, result: str) -> Self:
        """Only a scan that has found nothing makes it clean; one that could not be made never does (E5)."""
        match result:
            case "NO_THREATS_FOUND":
                return self.checked(None)
            case "THREATS_FOUND":
                return self.checked("has_malware")
        return self.failed()

    def failed(self) -> Self:
        """It could not be checked, time after time, or not be scanned."""
        return self._next(state="failed", reason="not_checked")

    def expired(self) -> Self:
        return self._next(is_expired=True)

    def attached(self, case_id: str) -> Self:
        return self._next(attached_to=case_id)

    @property
    def attachment(self) -> Attachment:
        return Attachment(
            attachment_id=self.upload_id,
            name=self.name,
            size=self.size,
            content_type=self.content_type,
            sha256=self.sha256,
        )

    def _next(self, **values: object) -> Self:
        return self.model_copy(update=values | {"version": self.version + 1})


def announced(upload_id: str, owner_id: str, file: NewUpload, now: datetime) -> Upload:
    """Raise `FileNotAccepted`, naming the field and the rule, for a file that is taken from nobody."""
    extensions = TYPES.get(file.content_type)
    if extensions is None:
        error = FieldError(pointer="/content_type", code="not_accepted", message=f"must be one of {', '.join(TYPES)}")
        raise FileNotAccepted("Files of this type are not taken.", errors=[error])
    if PurePath(file.name).suffix.lower() not in extensions:
        wanted = " or ".join(extensions)
        error = FieldError(pointer="/name", code="extension", message=f"must end in {wanted} for this type")
        raise FileNotAccepted("The name of the file does not fit its type.", errors=[error])
    return Upload(upload_id=upload_id, owner_id=owner_id, announced_at=now, **file.model_dump())


def one_more(used: Used, size: int, now: datetime) -> Used:
    """Of what somebody announces. Raise `TooManyUploads`, with the seconds to wait, where it was enough for a day."""
    wait = used.wait(now, times=FILES_PER_DAY, in_all=BYTES_PER_DAY, amount=size)
    if wait:
        limit = f"{FILES_PER_DAY} files and {BYTES_PER_DAY // 1024**2} MB"
        raise TooManyUploads(f"At most {limit} can be announced within a day.", retry_after=wait)
    return used.and_now(now, size)


def taken(upload_id: str, owner_id: str, file: NewUpload, content: bytes, now: datetime) -> Upload:
    """One that comes with its bytes. Raise `FileNotAccepted`, also where they are not of its type."""
    upload = announced(upload_id, owner_id, file, now)
    reason = upload.check(content)
    if reason:
        error = FieldError(pointer="/content", code=reason, message="is not what it is said to be")
        raise FileNotAccepted("The file is not of its type.", errors=[error])
    return upload


Files = tuple[Upload | None, ...]
"""What a request wants to attach, as it was read for it; None for what is not there."""


def attached(files: Files, owner_id: str, case_id: str, now: datetime) -> tuple[Upload, ...]:
    """As they are once they are attached. Raise `NotAttachable`, naming each that cannot be, and why."""
    against = [objection_to(upload, owner_id, now) for upload in files]
    errors = [refusal_at(place, code) for place, code in enumerate(against) if code]
    if errors:
        raise NotAttachable(*errors)
    return tuple(upload.attached(case_id) for upload in files if upload)


def objection_to(upload: Upload | None, owner_id: str, now: datetime) -> str | None:
    """What there is to say against attaching it; what is somebody else's is unknown (E6)."""
    if upload is None or upload.owner_id != owner_id or upload.is_over(now):
        return "unknown"
    if upload.state != "clean":
        return upload.state
    return "attached" if upload.attached_to else None


def refusal_at(place: int, code: str) -> FieldError:
    return FieldError(pointer=pointer("attachments", place), code=code, message=_NOT_ATTACHABLE[code])


def disposition(name: str) -> str:
    """`Content-Disposition` that saves and never shows (RFC 6266), the name in plain ASCII and in full (RFC 8187)."""
    plain = "".join(letter if letter in _PLAIN else "_" for letter in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe=_ATTR_CHAR)}"
