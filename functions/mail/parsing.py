"""A mail as it arrives: whatever it is made of, it becomes a few plain values, or it is unreadable. No I/O.

Headers are read as they stand, since the standard library's parser of structured headers stumbles over hostile ones.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage, MIMEPart
from itertools import islice
from typing import Literal

from functions.people.model import canonical_email
from functions.text import printable

SIZE_LIMIT = 25_000_000
HEADERS_LIMIT = 64_000
LINES_LIMIT = 500_000
PARTS_LIMIT, BOUNDARIES_LIMIT = 100, 1000
CONTENT_READ = 100_000
"""Bytes of a part that are looked at; a message is a tenth of that."""
REPLY_READ = 12_000
"""Characters in which a reply is told from what it quotes."""
TEXT_LIMIT, SUBJECT_LIMIT = 10_000, 200
"""Bytes of UTF-8, as everywhere for texts and lines."""
CUT = " […]"
LINE_LIMIT = 998
"""RFC 5322; longer lines are only paragraphs, and finding quotations in them takes for ever."""
LANGUAGES = ("en", "de", "fr", "it", "nl", "es")
"""In which mail programs write above what they quote."""

Sign = Literal[
    "auto_submitted", "precedence", "report", "empty_return_path", "auto_response_suppress", "auto_reply", "our_own"
]
"""By what a mail is known for one of a machine."""
NOT_TEXT = frozenset({"idna", "punycode", "undefined"})
"""What Python calls character sets too."""

_LONG_HEADER = re.compile(rb"(?im)^content-[a-z-]+:(?:[^\n]|\n[ \t]){4000}")
_FROM = re.compile(
    r'\s*(?:(?:"(?:[^"\\]|\\.)*"|[^"<>@,:;\\])*<([^<>@\s"(),:;\\]+@[^<>@\s"(),:;\\]+)>'
    r'|([^<>@\s"(),:;\\]+@[^<>@\s"(),:;\\]+))\s*'
)
"""One address and nothing that could be taken for another, since who checks the sender must read the same one."""


class MailUnreadable(Exception):
    """No person wrote this with a mail program, or it is too large."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """What the headers of a mail say."""

    message_id: str
    sender: str | None
    """The canonical address in `From`; None where there is none, or no single one."""
    references: str
    subject: str
    sign: Sign | None


def parse(raw: bytes) -> EmailMessage:
    """Raise `MailUnreadable` for what would take the library, which has no limits of its own, minutes."""
    headers = re.split(rb"\r?\n\r?\n", raw[: HEADERS_LIMIT + 1], maxsplit=1)[0]
    if (
        len(raw) > SIZE_LIMIT
        or len(headers) > HEADERS_LIMIT
        or raw.count(b"\n") + raw.count(b"\r") > 2 * LINES_LIMIT
        or len(re.findall(rb"(?m)^--", raw)) > BOUNDARIES_LIMIT
        or len(re.findall(rb"(?im)^content-type:", raw)) > 2 * PARTS_LIMIT
        or _LONG_HEADER.search(raw)
    ):
        raise MailUnreadable
    with _reading():
        message = message_from_bytes(raw, policy=policy.default)
        if len(list(islice(message.walk(), PARTS_LIMIT + 1))) > PARTS_LIMIT:
            raise MailUnreadable
    return message


def envelope_of(message: EmailMessage, return_path: str, ours: str) -> Envelope:
    """`return_path` is whom it was from on its way (RFC 5321), `ours` the address that we send from."""
    with _reading():
        headers: dict[str, list[str]] = {}
        for name, value in message.raw_items():
            headers.setdefault(name.lower(), []).append(_unfolded(str(value)))
        sender = _sender(headers.get("from", []))
        return Envelope(
            message_id=" ".join(headers.get("message-id", [])),
            sender=sender,
            references=" ".join(headers.get("in-reply-to", []) + headers.get("references", [])),
            subject=_subject(message),
            sign="our_own" if sender == ours else _sign(headers, message.get_content_type(), return_path),
        )


def text_of(message: EmailMessage) -> str:
    """What was written, as plain text; HTML only where there is nothing else."""
    with _reading():
        plain = "\n\n".join(_content(part) for part in _plain_parts(message))
        if plain.strip():
            return plain
        html = message.get_body(("html",))
        return "" if html is None else _without_tags(_content(html))


def files_of(message: EmailMessage) -> int:
    """How many files are attached."""
    with _reading():
        return sum(part.is_attachment() for part in message.walk())


def reply_in(text: str) -> str:
    """What is new in an answer, without what it quotes, and as long as a message may be."""
    from textwrap import wrap

    from mailparser_reply import EmailReplyParser

    lines = [line.strip() for line in printable(text).splitlines()]
    lines = [part for line in lines for part in (wrap(line, LINE_LIMIT) if len(line) > LINE_LIMIT else [line])]
    whole = re.sub("\n{3,}", "\n\n", "\n".join(lines)).strip()
    start = whole[:REPLY_READ]
    with _reading():
        found = EmailReplyParser(languages=list(LANGUAGES)).parse_reply(start) or ""
    kept = found.splitlines()
    while kept and (not kept[-1] or kept[-1].startswith(">")):
        kept.pop()
    return shortened("\n".join(kept) or whole, TEXT_LIMIT)


def shortened(text: str, limit: int) -> str:
    """At most so many bytes of UTF-8, and visibly so."""
    if len(text.encode()) <= limit:
        return text
    return text.encode()[: limit - len(CUT.encode())].decode(errors="ignore") + CUT


@contextmanager
def _reading() -> Iterator[None]:
    """Whatever the library stumbles over is the fault of the mail."""
    try:
        yield
    except MailUnreadable:
        raise
    except Exception:  # noqa: BLE001 (among them RecursionError, LookupError, IndexError and many more)
        raise MailUnreadable from None


def _unfolded(value: str) -> str:
    known = value.encode(errors="surrogateescape").decode(errors="replace")
    return re.sub(r"\s+", " ", known).strip()


def _sender(values: list[str]) -> str | None:
    found = _FROM.fullmatch(values[0]) if len(values) == 1 else None
    if found is None:
        return None
    try:
        return canonical_email(found[1] or found[2])
    except ValueError:
        return None


def _subject(message: EmailMessage) -> str:
    line = " ".join(printable(str(message.get("subject", ""))).split())
    return shortened(line, SUBJECT_LIMIT)


def _sign(headers: Mapping[str, list[str]], content_type: str, return_path: str) -> Sign | None:
    """RFC 3834, and what programs did before it or do instead of it."""

    def words(name: str) -> list[str]:
        return [re.match(r"[\w.-]*", value.lower())[0] for value in headers.get(name, [])]  # type: ignore[index]

    signs: dict[Sign, bool] = {
        "auto_submitted": any(word != "no" for word in words("auto-submitted")),
        "precedence": bool({"bulk", "list", "junk", "auto_reply"} & set(words("precedence"))),
        "report": content_type == "multipart/report",
        "empty_return_path": return_path.strip("<> ") == "" or "<>" in headers.get("return-path", []),
        "auto_response_suppress": any(word != "none" for word in words("x-auto-response-suppress")),
        "auto_reply": bool(headers.keys() & {"x-autoreply", "x-autorespond"}),
    }
    return next((sign for sign, shown in signs.items() if shown), None)


def _plain_parts(message: EmailMessage) -> list[MIMEPart]:
    """Some programs send what stands around a picture as parts of their own."""
    if message.get_content_type() == "multipart/mixed":
        own = [part for part in message.iter_parts() if not part.is_attachment()]
        plain = [part for part in own if part.get_content_type() == "text/plain"]
        if len(plain) > 1:
            return plain
    body = message.get_body(("plain",))
    return [] if body is None else [body]


def _content(part: MIMEPart) -> str:
    """In the character set that the part names, as far as there is such a one."""
    raw = part.get_payload(decode=True)
    content = raw[:CONTENT_READ] if isinstance(raw, bytes) else b""
    charset = part.get_content_charset("utf-8")
    try:
        return content.decode("utf-8" if charset in NOT_TEXT else charset, errors="replace")
    except LookupError:
        return content.decode(errors="replace")


def _without_tags(html: str) -> str:
    from markdownify import markdownify

    return markdownify(
        html,
        strip=["b", "em", "i", "img", "strong", "title"],
        escape_asterisks=False,
        escape_underscores=False,
        escape_misc=False,
    )
