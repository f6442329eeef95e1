"""A file is announced before its bytes are sent."""

import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from botocore import signers
from botocore.compat import get_current_datetime

from functions.uploads.file_types import TYPES
from functions.uploads.model import SIZE_LIMIT
from tests.uploads.files import GOOD, NOTE, announce, announced, sent
from tests.world import World


@pytest.fixture(scope="module")
def signed_in(one_world: World) -> tuple[World, str]:
    """For what leaves no trace."""
    one_world.reset()
    return one_world, one_world.sign_in("ana@example.org")


def test_an_announced_file_has_a_form_to_post_it_by(world: World, ana: str) -> None:
    """Good for that key, that type, so many bytes and five minutes; the bytes never pass through us (C6, E2)."""
    answer = announce(world, ana)
    upload = answer.json
    assert answer.status == 201
    assert world.gateway("GET", answer.location, token=ana).json["upload_id"] == upload["upload_id"]
    assert (upload["name"], upload["size"], upload["state"]) == ("hole.txt", len(NOTE), "pending")
    fields = upload["form"]["fields"]
    policy = json.loads(base64.b64decode(fields["policy"]))
    assert fields["key"] == f"quarantine/{upload['upload_id']}"
    for condition in (
        {"key": fields["key"]},
        {"Content-Type": "text/plain"},
        {"bucket": "portico-local-uploads"},
        ["content-length-range", 28, 28],
    ):
        assert condition in policy["conditions"]
    assert upload["form"]["expires_in"] == 300


def test_a_repeated_announcement_is_one_upload(world: World, ana: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first answer again, with a form that can be used from then on: a lost one does no harm (C34, E2)."""
    first = announce(world, ana, headers={"Idempotency-Key": "key-1"})
    later = get_current_datetime() + timedelta(hours=1)
    monkeypatch.setattr(signers, "get_current_datetime", lambda: later)
    again = announce(world, ana, headers={"Idempotency-Key": "key-1"})
    assert (again.status, again.headers) == (201, first.headers | {"Idempotent-Replayed": "true"})
    assert {**again.json, "form": None} == {**first.json, "form": None}
    policy = json.loads(base64.b64decode(again.json["form"]["fields"]["policy"]))
    assert policy["expiration"] == f"{later + timedelta(minutes=5):%Y-%m-%dT%H:%M:%SZ}"
    assert {"key": first.json["form"]["fields"]["key"]} in policy["conditions"]
    assert announce(world, ana, b"Another.", headers={"Idempotency-Key": "key-1"}).code == "idempotency_mismatch"
    assert len([item for item in world.items() if item["pk"]["S"].startswith("UPLOAD#")]) == 1


@pytest.mark.parametrize("what", ["checked", "over"])
def test_nothing_is_signed_for_an_upload_that_takes_no_bytes(
    world: World, ana: str, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its announcement is remembered for longer than it lives; the first answer again, as it was (C34, E1, E2)."""
    first = announce(world, ana, headers={"Idempotency-Key": "key-1"})
    if what == "checked":
        world.post_file(first.json["form"], NOTE)
        world.deliver_uploads()
    else:
        world.move_clock(timedelta(hours=24))
        ana = world.sign_in("ana@example.org")
    later = get_current_datetime() + timedelta(hours=1)
    monkeypatch.setattr(signers, "get_current_datetime", lambda: later)
    again = announce(world, ana, headers={"Idempotency-Key": "key-1"})
    assert (again.status, again.body, again.headers["Idempotent-Replayed"]) == (201, first.body, "true")


@pytest.mark.parametrize("content_type", TYPES)
def test_every_type_of_the_table_can_be_announced(signed_in: tuple[World, str], content_type: str) -> None:
    """By each of its extensions, in any case."""
    name, content = GOOD[content_type]
    assert announce(*signed_in, content, name=name, content_type=content_type).status == 201


TOO_LONG = f"{'ä' * 99}.txt"
REFUSED: list[tuple[dict[str, Any], str, str]] = [
    *(
        ({"content_type": content_type, "name": name}, "/content_type", "not_accepted")
        for content_type, name in (
            ("text/html", "page.html"),
            ("image/svg+xml", "drawing.svg"),
            ("application/xml", "data.xml"),
            ("application/zip", "all.zip"),
            ("application/x-msdownload", "setup.exe"),
            ("application/vnd.ms-word.document.macroEnabled.12", "letter.docm"),
            ("text/plain; charset=utf-8", "hole.txt"),
            ("TEXT/PLAIN", "hole.txt"),
        )
    ),
    *(({"name": name}, "/name", "extension") for name in ("hole.html", "hole.txt.exe", "hole", "hole.txt ", ".txt")),
    *(
        ({"name": name}, "/name", "value_error")
        for name in ("../hole.txt", "a\\hole.txt", "a\nb.txt", "a\x00.txt", "hole\u202etxt.exe.txt", " ", TOO_LONG)
    ),
    ({"size": 0}, "/size", "greater_than_equal"),
    ({"size": SIZE_LIMIT + 1}, "/size", "less_than_equal"),
    ({"size": "28"}, "/size", "int_type"),
    *(({"sha256": value}, "/sha256", "string_pattern_mismatch") for value in ("", "0" * 63, "G" * 64, "0" * 65)),
    ({"key": "attachments/x"}, "/key", "extra_forbidden"),
]


@pytest.mark.parametrize(("what", "pointer", "code"), REFUSED, ids=str)
def test_what_is_not_taken_is_refused_at_the_door(
    signed_in: tuple[World, str], what: dict[str, Any], pointer: str, code: str
) -> None:
    """422, naming the field and the rule: unknown types, other extensions, sizes, checksums, names (E3, E7)."""
    refused = announce(*signed_in, **what)
    assert refused.status == 422, refused.body
    assert [(error["pointer"], error["code"]) for error in refused.json["errors"]] == [(pointer, code)]


def test_an_upload_is_its_owners_alone(world: World, ana: str, ben: str) -> None:
    """Foreign, unknown and over are 404 alike (E6, G1)."""
    upload_id = sent(world, ana)
    url = f"/v1/uploads/{upload_id}"
    assert world.gateway("GET", url, token=ana).json["state"] == "clean"
    assert "form" not in world.gateway("GET", url, token=ana).json
    foreign = world.gateway("GET", url, token=ben)
    unknown = world.gateway("GET", f"{url[:-1]}{'0' if url[-1] != '0' else '1'}", token=ben)
    world.move_clock(timedelta(hours=24))
    over = world.gateway("GET", url, token=world.sign_in("ana@example.org"))
    assert {(answer.status, answer.code, answer.json["detail"]) for answer in (foreign, unknown, over)} == {
        (404, "upload_not_found", "There is no such upload.")
    }


def test_an_upload_says_what_was_announced(world: World, ana: str) -> None:
    """And when it is gone, unless it is attached."""
    upload = announced(world, ana)
    assert {name: upload[name] for name in ("size", "content_type", "sha256", "reason")} == {
        "size": 28,
        "content_type": "text/plain",
        "sha256": "118e946bd01d88a590add25b3eda9a108a892dfa10aee6d27f61539734e97b16",
        "reason": None,
    }
    assert upload["expires_at"].endswith("Z")
