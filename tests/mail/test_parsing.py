"""What is read of a mail, whoever made it: programs, other programs, people, and those who mean harm."""

import time

import pytest

from functions.mail.parsing import (
    CUT,
    SIZE_LIMIT,
    TEXT_LIMIT,
    Envelope,
    MailUnreadable,
    envelope_of,
    files_of,
    parse,
    reply_in,
    text_of,
)
from tests.front_door import ANA

OURS = "portal@portico.example"
HEAD = b"From: Ana Sousa <ana@example.org>\r\nSubject: Re: x\r\n"
OUTLOOK = (
    "Subject: Automatic reply: [SR-2026-000001] You have a new message\r\n"
    "x-ms-exchange-parent-message-id: <1@portico.example>\r\n"
    "auto-submitted: auto-generated\r\nx-ms-exchange-generated-message-source: Mailbox Rules Agent\r\n"
    "X-Auto-Response-Suppress: DR, OOF, AutoReply\r\n"
)
GMAIL = "Auto-Submitted: auto-replied\r\nPrecedence: bulk\r\nX-Autoreply: yes\r\nSubject: Away Re: News\r\n"
EXIM = "Auto-Submitted: auto-replied\r\nIn-Reply-To: <1@portico.example>\r\nSubject: On vacation\r\n"
SIEVE = "X-Sieve: Pigeonhole Sieve 0.5.21\r\nPrecedence: bulk\r\nAuto-Submitted: auto-replied (vacation)\r\n"
VACATION = "Precedence: junk\r\nSubject: away from my mail\r\n"
CPANEL = "X-Autorespond: Away\r\nPrecedence: auto_reply\r\n"
BOUNCE = "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n"
RECEIPT = "Content-Type: Multipart/Report;\r\n report-type=disposition-notification; boundary=b\r\n"
LIST = "Precedence: list\r\nList-Id: <town.lists.example>\r\n"
TICKETS = "X-Auto-Response-Suppress: All\r\nSubject: [Ticket#7] Received\r\n"


HTML = b"Content-Type: text/html\r\n\r\n<p>HTML</p>"
PICTURE = b"Content-Type: image/png\r\nContent-Disposition: inline\r\n\r\nx"


def multipart(kind: str, *parts: bytes) -> bytes:
    inside = b"".join(b"--b\r\n" + part + b"\r\n" for part in parts)
    return b"Content-Type: multipart/" + kind.encode() + b"; boundary=b\r\n\r\n" + inside + b"--b--"


def read(raw: bytes, return_path: str = ANA) -> Envelope:
    return envelope_of(parse(raw), return_path, OURS)


@pytest.mark.parametrize(
    ("headers", "sign"),
    [
        pytest.param(OUTLOOK, "auto_submitted", id="Exchange"),
        pytest.param(OUTLOOK.replace("auto-submitted", "x-other"), "auto_response_suppress", id="old Exchange"),
        pytest.param(GMAIL, "auto_submitted", id="Gmail"),
        pytest.param(GMAIL.replace("Auto-Submitted", "X-Other"), "precedence", id="old Gmail"),
        pytest.param(EXIM, "auto_submitted", id="Exim"),
        pytest.param(SIEVE, "auto_submitted", id="sieve"),
        pytest.param(VACATION, "precedence", id="vacation(1)"),
        pytest.param(CPANEL, "precedence", id="cPanel"),
        pytest.param(CPANEL.replace("Precedence", "X-Other"), "auto_reply", id="old cPanel"),
        pytest.param(BOUNCE, "report", id="bounce"),
        pytest.param(RECEIPT, "report", id="read receipt"),
        pytest.param(LIST, "precedence", id="mailing list"),
        pytest.param(TICKETS, "auto_response_suppress", id="ticket system"),
        pytest.param("AUTO-SUBMITTED:\r\n  Auto-Generated\r\n", "auto_submitted", id="folded"),
        pytest.param("Return-Path: <>\r\n", "empty_return_path", id="return path"),
        pytest.param("Auto-Submitted: no\r\nX-Auto-Response-Suppress: None\r\nPrecedence: normal\r\n", None, id="no"),
        pytest.param("X-Mailer: Apple Mail (2.3826)\r\nPriority: bulk\r\n", None, id="a person"),
    ],
)
def test_a_machine_is_known_by_its_headers(headers: str, sign: str | None) -> None:
    """RFC 3834, and what programs did before it or do beside it (K3, RI-22)."""
    assert read(headers.encode() + HEAD + b"\r\nI am away until Monday.\r\n").sign == sign


@pytest.mark.parametrize("return_path", ["", "<>", " "])
def test_what_is_from_nobody_is_of_a_machine(return_path: str) -> None:
    """A bounce has no return path, so that none follows it (RFC 5321)."""
    assert read(HEAD + b"\r\nx", return_path).sign == "empty_return_path"


def test_what_is_from_us_is_of_a_machine() -> None:
    """However it is disguised besides (K3)."""
    assert read(b"From: Portico Town <Portal@Portico.Example>\r\n\r\nx").sign == "our_own"


@pytest.mark.parametrize(
    ("value", "sender"),
    [
        ("ana@example.org", ANA),
        ("<ANA@Example.ORG>", ANA),
        ("Ana Sousa <ana@example.org>", ANA),
        ('"Sousa, Ana (Acme)" <ana@example.org>', ANA),
        ("=?utf-8?q?An=C3=A1?= <ana@example.org>", ANA),
        ('"ana@example.org" <eve@evil.example>', "eve@evil.example"),
        ("ana@example.org <eve@evil.example>", None),
        ("eve@evil.example (<ana@example.org>)", None),
        ("<eve@evil.example> <ana@example.org>", None),
        ("eve@evil.example, ana@example.org", None),
        ("<@evil.example:ana@example.org>", None),
        ("ana@example.org\r\nFrom: eve@evil.example", None),
        ("Undisclosed:;", None),
        ("", None),
    ],
)
def test_a_sender_is_one_address_that_can_be_no_other(value: str, sender: str | None) -> None:
    """What is checked and what is believed must be one address; doubtful ones are nobody's (K5)."""
    assert read(f"From: {value}\r\n\r\nx".encode()).sender == sender


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"Content-Type: text/plain; charset=utf-8\r\n\r\nCaf\xc3\xa9", "Caf\u00e9"),
        (b"Content-Type: text/plain; charset=iso-8859-1\r\n\r\nCaf\xe9", "Caf\u00e9"),
        (b"Content-Type: text/plain; charset=klingon\r\n\r\nCaf\xc3\xa9", "Caf\u00e9"),
        (b"Content-Type: text/plain; charset=utf-16\r\n\r\n\xff\xfea\x00\x00\xd8", "a\ufffd"),
        (b"Content-Type: text/plain; charset=unicode_escape\r\n\r\na\\ud800\\u0000b", "ab"),
        (b"Content-Transfer-Encoding: base64\r\n\r\nSXQg\r\naXMgYmx1ZS4=", "It is blue."),
        (b"Content-Transfer-Encoding: quoted-printable\r\n\r\nIt is =\r\nblue=2E=ZZ", "It is blue.=ZZ"),
        (b"\r\na\x00b\x07c\x1bd", "abcd"),
        (b"Content-Type: text/html\r\n\r\n<p>It is<br>blue.</p><script>x()</script><style>p{}</style>", "It is\nblue."),
        (b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nNo end", "No end"),
        (b"Content-Type: multipart/mixed\r\n\r\nNo boundary", ""),
        (multipart("alternative", b"\r\nPlain", HTML), "Plain"),
        (multipart("alternative", b"\r\n ", HTML), "HTML"),
        (multipart("mixed", b"\r\nAbove", PICTURE, b"\r\nBelow"), "Above\n\nBelow"),
        (b"Content-Type: message/rfc822\r\n\r\nFrom: x@y.example\r\n\r\nForwarded", ""),
    ],
)
def test_text_is_read_in_whatever_it_is_wrapped(body: bytes, text: str) -> None:
    """Plain text before HTML; unknown and broken encodings as far as they go, without what nobody may store (B11)."""
    assert reply_in(text_of(parse(HEAD + body))) == text


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("Yes.\n\nOn Mon, 23 Nov 2026 at 10:00, Portico\n<p@portico.example> wrote:\n\n> There is news.\n", "Yes."),
        ("Ja.\n\nAm 23.11.26 um 10:00 schrieb Portico:\n> Es gibt Neues.", "Ja."),
        ("Oui.\n\nLe lun. 23 nov. 2026 \u00e0 10:00, Portico <p@x.example> a \u00e9crit :\n> Du nouveau", "Oui."),
        ("Yes.\n\nFrom: Portico <p@x.example>\nSent: Monday\nTo: Ana\nSubject: News\n\nThere is news.", "Yes."),
        ("Yes.\n\n> There is news.\n>\n> Portico", "Yes."),
        ("> Which colour?\nBlue.\n> Which street?\nMill Lane.", "> Which colour?\nBlue.\n> Which street?\nMill Lane."),
        ("> Nothing but a quotation.", "> Nothing but a quotation."),
        (" \n\u2028\n ", ""),
    ],
)
def test_what_is_quoted_is_cut(text: str, reply: str) -> None:
    """As programs in several languages quote; what stands between quotations stays, and never nothing (C16)."""
    assert reply_in(text) == reply


def test_a_text_that_is_too_long_is_cut_where_it_shows() -> None:
    """10,000 bytes of UTF-8 with the mark, so that it fits wherever messages go (R11)."""
    found = reply_in("\U0001f6b2" * 20_000)
    assert found.endswith(CUT)
    assert TEXT_LIMIT - 4 < len(found.encode()) <= TEXT_LIMIT


def test_files_are_counted_and_a_subject_is_one_line() -> None:
    """Encoded words and folded lines included; no longer than any line (RFC 2047)."""
    raw = b"Subject: =?utf-8?q?Caf=C3=A9?=\r\n =?foo?q?x?=\x00 " + b"y" * 300 + b"\r\nContent-Type: multipart/mixed; "
    raw += b"boundary=b\r\n\r\n" + b"--b\r\nContent-Disposition: attachment; filename=x\r\n\r\nx\r\n" * 3 + b"--b--"
    subject = read(raw).subject
    assert subject.startswith("Caf\u00e9")
    assert len(subject.encode()) <= 200
    assert files_of(parse(raw)) == 3


NESTED = b"".join(b"Content-Type: multipart/mixed; boundary=%d\r\n\r\n--%d\r\n" % (n, n) for n in range(2000))


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(HEAD + b"\r\n" + b"x" * SIZE_LIMIT, id="large"),
        pytest.param(b"X: y\r\n" * 20_000 + HEAD + b"\r\nx", id="headers"),
        pytest.param(HEAD + b"Content-Type: text/plain; " + b"a=b; " * 10_000 + b"\r\n\r\nx", id="parameters"),
        pytest.param(HEAD + b"Content-Type: " + b"(" * 50_000 + b"\r\n\r\nx", id="comments"),
        pytest.param(HEAD + NESTED, id="nested"),
        pytest.param(HEAD + b"Content-Type: message/rfc822\r\n\r\n" * 3000, id="mails in mails"),
        pytest.param(HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\n" * 50_000, id="parts"),
        pytest.param(HEAD + b"\r\n" + b"\n" * 5_000_000, id="lines"),
        pytest.param(HEAD + b"Content-Type: text/html\r\n\r\n" + b"<div>" * 20_000, id="HTML"),
    ],
)
def test_what_would_take_for_ever_is_not_read(raw: bytes) -> None:
    """Sizes, parts and depths have limits, and are found quickly (I6, R11)."""
    began = time.monotonic()
    with pytest.raises(MailUnreadable):
        text_of(parse(raw))
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("piece", ["On ", "Il ", "Am ", "x ", "> ", "\n", "\u2028a", "_", "From: ", "On a\n\n"])
def test_no_text_makes_cutting_it_slow(piece: str) -> None:
    """Patterns that look for quotations see lines as long as mails may have, and few of them (S10)."""
    began = time.monotonic()
    reply_in(piece * (100_000 // len(piece)))
    assert time.monotonic() - began < 10
