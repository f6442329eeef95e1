"""An upload and the rules about it: a file that was announced, then posted, then checked. No I/O."""

import hashlib
from datetime import datetime, timedelta
from pathlib import PurePath
from string import ascii_letters, digits
from typing import Annotated, Literal, Self
from urllib.parse import quote

from pydantic import ConfigDict, Field

from functions.errors import FieldError, Invalid, NotFound
from functions.events import Frozen
from functions.moment import Moment
from functions.text import FileName, Line
from functions.uploads.file_types import TYPES, Reason, objection

SIZE_LIMIT = 25 * 1024 * 1024
KEPT = timedelta(hours=24)
"""After that an upload that is attached to nothing dies (E1)."""
State = Literal["pending", "clean", "rejected", "failed"]


_ATTR_CHAR = "!#$&+^`|"
"""What RFC 8187 leaves as it is, besides letters, digits and `_.-~`."""
_PLAIN = frozenset(f"{ascii_letters}{digits} !#$&'()+,-.;=@[]^_`{{}}~")


class UploadNotFound(NotFound):
    """Unknown, over, or somebody else's (E6)."""

    def __init__(self) -> None:
        super().__init__("There is no such upload.")


class FileNotAccepted(Invalid):
    """Not one of the types of files that are taken."""


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
    is_expired: bool = False
    """It is being deleted."""
    version: int = 1

    @property
    def expires_at(self) -> datetime:
        return self.announced_at + KEPT

    def is_over(self, now: datetime) -> bool:
        """Half-open: at the end of its time it is over (D16)."""
        return self.is_expired or now >= self.expires_at

    def check(self, content: bytes) -> Reason | None:
        """What there is to say against what was posted for it; by these very bytes and nothing else (E2, E3)."""
        if len(content) != self.size:
            return "size_differs"
        if hashlib.sha256(content).hexdigest() != self.sha256:
            return "checksum_differs"
        return objection(content, self.content_type)

    def checked(self, reason: Reason | None) -> Self:
        return self._next(state="rejected" if reason else "clean", reason=reason)

    def failed(self) -> Self:
        """It could not be checked, time after time."""
        return self._next(state="failed", reason="not_checked")

    def expired(self) -> Self:
        return self._next(is_expired=True)

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


def disposition(name: str) -> str:
    """`Content-Disposition` that saves and never shows (RFC 6266), the name in plain ASCII and in full (RFC 8187)."""
    plain = "".join(letter if letter in _PLAIN else "_" for letter in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe=_ATTR_CHAR)}"
