"""Files as people send them: small ones of every type, and how they are announced and posted."""

import hashlib
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from tests.gateway import Answer
from tests.world import World

DOCX, XLSX = (
    f"application/vnd.openxmlformats-officedocument.{kind}"
    for kind in ("wordprocessingml.document", "spreadsheetml.sheet")
)
ODT, ODS = (f"application/vnd.oasis.opendocument.{kind}" for kind in ("text", "spreadsheet"))


def archive(*members: str | tuple[str, str]) -> bytes:
    """A ZIP file; a member with content is stored as it is."""
    made = BytesIO()
    with ZipFile(made, "w", ZIP_DEFLATED) as into:
        for member in members:
            name, content = member if isinstance(member, tuple) else (member, "<x/>")
            into.writestr(name, content, ZIP_STORED if isinstance(member, tuple) else ZIP_DEFLATED)
    return made.getvalue()


NOTE = b"There is a hole in the road."
PAGE = b"<!DOCTYPE html><html><script>alert(1)</script></html>"
PICTURE = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
GOOD: dict[str, tuple[str, bytes]] = {
    "application/pdf": ("plan.pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n%%EOF\n"),
    "image/jpeg": ("hole.JPEG", b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01"),
    "image/png": ("hole.png", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01"),
    "image/gif": ("hole.gif", b"GIF89a\x01\x00\x01\x00"),
    "image/webp": ("hole.webp", b"RIFF\x10\x00\x00\x00WEBPVP8 "),
    "image/heic": ("hole.heic", b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"),
    "text/plain": ("hole.txt", "Ein Loch, 40 cm groß: <50 cm?\r\n".encode()),
    "text/csv": ("holes.csv", "\ufeffplace,depth\nMill Lane,40\n".encode()),
    DOCX: ("letter.docx", archive("[Content_Types].xml", "_rels/.rels", "docProps/app.xml", "word/document.xml")),
    XLSX: ("list.xlsx", archive("_rels/.rels", "xl/workbook.xml", "[Content_Types].xml")),
    ODT: ("letter.odt", archive(("mimetype", ODT), "content.xml")),
    ODS: ("list.ods", archive(("mimetype", ODS), "content.xml")),
}
"""One of each type that is taken."""


def announce(
    world: World,
    token: str,
    content: bytes = NOTE,
    name: str = "hole.txt",
    content_type: str = "text/plain",
    headers: dict[str, str] | None = None,
    **other: Any,
) -> Answer:
    body = {
        "name": name,
        "size": len(content),
        "content_type": content_type,
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    return world.gateway("POST", "/v1/uploads", body | other, token=token, headers=headers)


def announced(world: World, token: str, content: bytes = NOTE, **what: Any) -> dict[str, Any]:
    answer = announce(world, token, content, **what)
    assert answer.status == 201, answer.body
    upload: dict[str, Any] = answer.json
    return upload


def sent(world: World, token: str, content: bytes = NOTE, **what: Any) -> str:
    """Announced, posted and checked; its id."""
    upload = announced(world, token, content, **what)
    world.post_file(upload["form"], content)
    world.deliver_uploads()
    return str(upload["upload_id"])


def state(world: World, token: str, upload_id: str) -> tuple[str, str | None]:
    seen = world.gateway("GET", f"/v1/uploads/{upload_id}", token=token)
    assert seen.status == 200, seen.body
    return seen.json["state"], seen.json["reason"]


def kept(upload_id: str) -> str:
    """Where what was checked stands."""
    return f"attachments/{upload_id}"


def held(upload_id: str) -> str:
    """Where what was checked waits for its scan."""
    return f"quarantine/checked/{upload_id}"


def waiting(upload_id: str) -> str:
    """Where what was posted stands."""
    return f"quarantine/{upload_id}"
