"""The types of files that are taken, and how the bytes of a file show that they are of the type they claim.

The table is closed: what is not in it is not taken. Nothing is in it that a browser runs (HTML, SVG, XML), that a
machine runs, or that hides other files (archives).
"""

import re
from typing import Literal

from functions.text import clean

Reason = Literal[
    "size_differs",
    "checksum_differs",
    "type_differs",
    "not_plain_text",
    "has_markup",
    "has_macros",
    "has_malware",
    "not_checked",
]
"""Why a file cannot be attached."""

OFFICE = {
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "word/",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xl/",
}
"""Office Open XML (ISO/IEC 29500), and the folder that only a document of that type has."""
OPEN_DOCUMENT = ("application/vnd.oasis.opendocument.text", "application/vnd.oasis.opendocument.spreadsheet")
"""OASIS OpenDocument; the first member says which."""
TEXT = ("text/plain", "text/csv")

TYPES: dict[str, tuple[str, ...]] = {
    "application/pdf": (".pdf",),
    "image/jpeg": (".jpg", ".jpeg"),
    "image/png": (".png",),
    "image/gif": (".gif",),
    "image/webp": (".webp",),
    "image/heic": (".heic",),
    **dict(zip(TEXT, ((".txt",), (".csv",)), strict=True)),
    **dict(zip(OFFICE, ((".docx",), (".xlsx",)), strict=True)),
    **dict(zip(OPEN_DOCUMENT, ((".odt",), (".ods",)), strict=True)),
}
"""Each type with the extensions that its files may have."""

_MARKUP = re.compile(
    r"\A[\s\ufeff]*<[!?/a-z]"  # a page or a picture from its beginning
    r"|<\s*(?:script|svg|html|iframe|\?xml|!doctype)\b|<\s*/\s*script\b",  # or anywhere in it
    re.IGNORECASE,
)
_ARCHIVE = b"PK\x03\x04"
_MACROS = "vbaproject.bin"
_MIMETYPE = "mimetype"


def objection(content: bytes, content_type: str) -> Reason | None:
    """What there is to say against these bytes as a file of that type, of `TYPES`."""
    if content_type in TEXT:
        return _against_text(content)
    if content_type in OFFICE:
        return _against_office(content, OFFICE[content_type])
    if content_type in OPEN_DOCUMENT:
        return _against_open_document(content, content_type)
    import filetype

    return None if filetype.guess_mime(content) == content_type else "type_differs"


def _against_text(content: bytes) -> Reason | None:
    try:
        text = clean(content.decode())
    except ValueError:
        return "not_plain_text"
    return "has_markup" if _MARKUP.search(text) else None


def _against_office(content: bytes, folder: str) -> Reason | None:
    names = [name.lower() for name in _members(content)]
    if "[content_types].xml" not in names or not any(name.startswith(folder) for name in names):
        return "type_differs"
    return "has_macros" if any(name.endswith(_MACROS) for name in names) else None


def _against_open_document(content: bytes, content_type: str) -> Reason | None:
    """The first member is not compressed and holds the type, so it stands in the bytes as it is (OpenDocument 1.3)."""
    names = _members(content)
    says = f"{_MIMETYPE}{content_type}PK".encode()
    if names[:1] != [_MIMETYPE] or not content[30:].startswith(says):
        return "type_differs"
    return "has_macros" if any(name.startswith("Basic/") for name in names) else None


def _members(content: bytes) -> list[str]:
    """The names in an archive, of which nothing is unpacked; none where it is no archive from its first byte on."""
    if not content.startswith(_ARCHIVE):
        return []
    import struct
    from io import BytesIO
    from zipfile import BadZipFile, ZipFile

    try:
        with ZipFile(BytesIO(content)) as archive:
            return archive.namelist()
    except (BadZipFile, EOFError, NotImplementedError, OverflowError, ValueError, struct.error):
        return []  # bytes that somebody has made up
