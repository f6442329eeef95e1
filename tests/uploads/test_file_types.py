"""What the bytes of a file say of its type, whatever its sender says."""

import pytest

from functions.uploads.file_types import TYPES, objection
from functions.uploads.model import disposition
from tests.uploads.files import DOCX, GOOD, NOTE, ODS, ODT, PAGE, PICTURE, XLSX, archive


@pytest.mark.parametrize("content_type", TYPES)
def test_a_file_of_each_type_is_taken(content_type: str) -> None:
    """Small ones as programs write them (E3)."""
    assert objection(GOOD[content_type][1], content_type) is None


@pytest.mark.parametrize("content_type", TYPES)
def test_no_type_takes_a_file_of_another(content_type: str) -> None:
    """But for the two kinds of plain text, which nobody can tell apart (E3)."""
    others = {other: content for other, (_, content) in GOOD.items() if other != content_type}
    taken = {other for other, content in others.items() if objection(content, content_type) is None}
    assert taken == {"text/plain": {"text/csv"}, "text/csv": {"text/plain"}}.get(content_type, set())


@pytest.mark.parametrize("content_type", [each for each in TYPES if not each.startswith("text/")])
def test_no_picture_or_document_is_something_else_in_disguise(content_type: str) -> None:
    """A page, a drawing with a script in it, a program, an archive (E3)."""
    for disguised in (PAGE, PICTURE, b"MZ\x90\x00" + bytes(60), b"#!/bin/sh\n", archive("a.exe"), b"?"):
        assert objection(disguised, content_type) == "type_differs"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (PAGE, "has_markup"),
        (PICTURE, "has_markup"),
        (b"  \n<body onload=alert(1)>", "has_markup"),
        (b"\xef\xbb\xbf<?xml version='1.0'?>", "has_markup"),
        (b"<!-- a comment -->", "has_markup"),
        (b"A note, and then < SCRIPT >alert(1)", "has_markup"),
        (b"A note, and then <svg/onload=alert(1)>", "has_markup"),
        ("Loch".encode("utf-16"), "not_plain_text"),
        (b"caf\xe9", "not_plain_text"),
        (b"a\x00b", "not_plain_text"),
        (b"\x1b[2J", "not_plain_text"),
        (b"1 < 2, a <b, and <scripted>", None),
    ],
)
def test_plain_text_is_plain(content: bytes, reason: str | None) -> None:
    """UTF-8 without control characters, and nothing that a browser would take for a page (E3)."""
    assert objection(content, "text/plain") == reason


@pytest.mark.parametrize(
    ("content", "content_type", "reason"),
    [
        (archive("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"), DOCX, "has_macros"),
        (archive("[Content_Types].xml", "xl/workbook.xml", "xl/VBAPROJECT.BIN"), XLSX, "has_macros"),
        (archive(("mimetype", ODT), "Basic/Standard/Module1.xml"), ODT, "has_macros"),
        (b"MZ\x90\x00" + archive("[Content_Types].xml", "word/document.xml"), DOCX, "type_differs"),
        (archive("word/document.xml"), DOCX, "type_differs"),
        (archive("content.xml", ("mimetype", ODS)), ODS, "type_differs"),
        (archive(("mimetype", f"{ODS}-template"), "content.xml"), ODS, "type_differs"),
        (b"PK\x03\x04 but no archive", DOCX, "type_differs"),
        (archive("[Content_Types].xml", "word/document.xml")[:-10], DOCX, "type_differs"),
    ],
)
def test_an_office_document_is_one_and_has_no_macros(content: bytes, content_type: str, reason: str) -> None:
    """By the names in its archive, of which nothing is unpacked (E3, E5)."""
    assert objection(content, content_type) == reason


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("hole.txt", "attachment; filename=\"hole.txt\"; filename*=UTF-8''hole.txt"),
        ('a "b"; c.txt', "attachment; filename=\"a _b_; c.txt\"; filename*=UTF-8''a%20%22b%22%3B%20c.txt"),
        ("Straße €.pdf", "attachment; filename=\"Stra_e _.pdf\"; filename*=UTF-8''Stra%C3%9Fe%20%E2%82%AC.pdf"),
    ],
)
def test_a_file_name_can_say_nothing_else_in_a_header(name: str, header: str) -> None:
    """RFC 6266 and 8187: always saved, under its own name (E7)."""
    assert disposition(name) == header


def test_the_note_of_the_other_tests_is_one() -> None:
    """Nothing to say against it."""
    assert objection(NOTE, "text/plain") is None
