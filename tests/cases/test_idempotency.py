"""A request that carries a key has its effect once, however often it comes."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.settings import settings
from tests.gateway import Answer
from tests.world import World

CASE = {"service": "contact-us", "answers": {"TOPIC": "OTHER", "MESSAGE": "When is the town hall open?"}}


def submit(world: World, token: str, body: Any = CASE, key: str | None = "key-1") -> Answer:
    headers = {} if key is None else {"Idempotency-Key": key}
    return world.gateway("POST", "/v1/cases", body, token=token, headers=headers, keyed=False)


def cases_of(world: World, token: str) -> list[Any]:
    found: list[Any] = world.gateway("GET", "/v1/cases", token=token).json["data"]
    return found


def test_the_same_key_and_body_replay_the_first_answer(world: World, ana: str) -> None:
    """A client that repeats a submission gets the same answer, marked, and one case exists (A1, C34, F23)."""
    first, *repeated = [submit(world, ana) for _ in range(3)]
    assert "Idempotent-Replayed" not in first.headers
    for answer in repeated:
        assert (answer.status, answer.body) == (first.status, first.body)
        assert answer.headers == first.headers | {"Idempotent-Replayed": "true"}
    assert {"Location", "ETag"} <= first.headers.keys()
    assert [case["case_id"] for case in cases_of(world, ana)] == [first.json["case_id"]]


def test_a_replay_answers_what_was_true_then(world: World, ana: str) -> None:
    """The first answer comes again even after the case has moved on."""
    first = submit(world, ana)
    world.settle()
    world.gateway("POST", f"/v1/cases/{first.json['case_id']}/cancel", token=ana)
    assert submit(world, ana).body == first.body


@pytest.mark.parametrize(
    "body",
    [
        CASE | {"service": "report-incident"},
        CASE | {"answers": {"TOPIC": "WASTE", "MESSAGE": "When is the town hall open?"}},
        json.dumps(CASE, indent=1),
    ],
)
def test_the_same_key_with_another_body_is_refused(world: World, ana: str, body: Any) -> None:
    """A key stands for one request, byte for byte (A2)."""
    submit(world, ana)
    answer = submit(world, ana, body)
    assert (answer.status, answer.code) == (422, "idempotency_mismatch")
    assert len(cases_of(world, ana)) == 1


def test_creation_needs_a_key(world: World, ana: str) -> None:
    """Without a key a retry could not be told from a second case (A1)."""
    answer = submit(world, ana, key=None)
    assert (answer.status, answer.code) == (400, "idempotency_key_required")
    assert cases_of(world, ana) == []


@pytest.mark.parametrize("key", ["", "x" * 256, "caf\u00e9", "two\nlines"])
def test_a_key_is_1_to_255_printable_ascii_characters(world: World, ana: str, key: str) -> None:
    """What cannot be a header value elsewhere is refused before anything happens."""
    answer = submit(world, ana, key=key)
    assert (answer.status, answer.code) == (400, "idempotency_key_invalid")
    assert submit(world, ana, key="x" * 255).status == 201


def test_the_same_key_of_another_person_is_another_request(world: World, ana: str, ben: str) -> None:
    """Keys are each caller's own, so nobody meets another's answer (A2, G1)."""
    mine, theirs = submit(world, ana), submit(world, ben)
    assert theirs.status == 201
    assert "Idempotent-Replayed" not in theirs.headers
    assert mine.json["case_id"] != theirs.json["case_id"]
    assert [case["case_id"] for case in cases_of(world, ben)] == [theirs.json["case_id"]]


def test_the_same_key_at_another_route_is_another_request(world: World, ana: str) -> None:
    """A key is bound to what was asked with it."""
    case_id = submit(world, ana).json["case_id"]
    url, headers = f"/v1/cases/{case_id}/messages", {"Idempotency-Key": "key-1"}
    posted = world.gateway("POST", url, {"text": "One more thing."}, token=ana, headers=headers)
    assert posted.status == 201
    assert "Idempotent-Replayed" not in posted.headers


@pytest.mark.parametrize(("action", "body"), [("cancel", None), ("messages", {"text": "One more thing."})])
def test_the_same_key_for_another_case_is_another_request(world: World, ana: str, action: str, body: Any) -> None:
    """The same words to two cases under one key act on both, and neither answers for the other (A1)."""
    headers = {"Idempotency-Key": "click"}
    for key in ("one", "other"):
        case_id = submit(world, ana, key=key).json["case_id"]
        before = world.view(ana, case_id)["sequence"]
        answer = world.gateway("POST", f"/v1/cases/{case_id}/{action}", body, token=ana, headers=headers)
        assert "Idempotent-Replayed" not in answer.headers
        assert world.view(ana, case_id)["sequence"] == before + 1


def test_a_refused_request_leaves_its_key_unused(world: World, ana: str) -> None:
    """Who mends the form may send it again under the same key."""
    assert submit(world, ana, CASE | {"answers": {}}).status == 422
    assert submit(world, ana).status == 201


def test_a_request_is_remembered_for_seven_days(world: World, ana: str) -> None:
    """The record outlives every sensible retry: it replays on the sixth day, and expires after the seventh (A1)."""
    first = submit(world, ana)
    [record] = [item for item in world.items() if item["pk"]["S"].startswith("OBEYED#contact_")]
    created = datetime.fromisoformat(first.json["created_at"])
    expires = datetime.fromtimestamp(int(record["expires"]["N"]), UTC)
    assert timedelta(0) <= created + timedelta(days=7) - expires < timedelta(seconds=1)
    world.move_clock(timedelta(days=6))
    again = submit(world, world.sign_in("ana@example.org"))
    assert (again.body, again.headers["Idempotent-Replayed"]) == (first.body, "true")


def test_a_record_from_before_headers_were_kept_is_replayed(world: World, ana: str) -> None:
    """An upgrade makes no second case: the answer is the one of then, without the headers of today (A1, B3)."""
    first = submit(world, ana)
    [record] = [item for item in world.items() if item["pk"]["S"].startswith("OBEYED#contact_")]
    del record["headers"]
    world.database.put_item(TableName=settings.table_name, Item=record)
    again = submit(world, ana)
    assert (again.status, again.body, again.headers["Idempotent-Replayed"]) == (201, first.body, "true")
    assert "Location" not in again.headers


@pytest.mark.parametrize(
    ("status", "action", "body"),
    [
        ("new", "cancel", None),
        ("resolved", "close", None),
        ("resolved", "reopen", None),
        ("new", "messages", {"text": "One more thing."}),
    ],
)
def test_an_action_with_a_key_happens_once(world: World, ana: str, status: str, action: str, body: Any) -> None:
    """A second click under the same key answers like the first and adds no event (C34)."""
    case_id = world.case_in(status, ana)
    url, headers = f"/v1/cases/{case_id}/{action}", {"Idempotency-Key": "click"}
    first = world.gateway("POST", url, body, token=ana, headers=headers)
    sequence = world.view(ana, case_id)["sequence"]
    again = world.gateway("POST", url, body, token=ana, headers=headers)
    assert (again.status, again.body) == (first.status, first.body)
    assert again.headers == first.headers | {"Idempotent-Replayed": "true"}
    assert ("ETag" in first.headers) == (action != "messages")
    assert world.view(ana, case_id)["sequence"] == sequence
