"""The answers of a form are checked before anything is written."""

from typing import Any

import pytest

from tests.gateway import Answer
from tests.world import World

GOOD = {"TOPIC": "STREETS", "PLACE": "High Street 3", "MESSAGE": "A deep hole in the road."}


def submit(world: World, token: str, answers: Any, service: str = "contact-us") -> Answer:
    body = {"service": service, "answers": answers}
    return world.gateway("POST", "/v1/cases", body, token=token, headers={"Idempotency-Key": "k"})


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"MESSAGE": None}, "/answers/MESSAGE", "required"),
        ({"PLACE": None}, "/answers/PLACE", "required"),
        ({"MESSAGE": "Too short"}, "/answers/MESSAGE", "minLength"),
        ({"MESSAGE": "x" * 4001}, "/answers/MESSAGE", "maxLength"),
        ({"MESSAGE": 42}, "/answers/MESSAGE", "type"),
        ({"TOPIC": "PARKING"}, "/answers/TOPIC", "oneOf"),
        ({"COLOUR": "red"}, "/answers/COLOUR", "unknown"),
        ({"A/B~C": "red"}, "/answers/A~1B~0C", "unknown"),
        ({"MESSAGE": "A hole\x00 in the road"}, "/answers/MESSAGE", "invalid"),
        ({"PLACE": "High\x1b Street"}, "/answers/PLACE", "invalid"),
    ],
)
def test_each_broken_rule_names_its_field(world: World, ana: str, change: Any, pointer: str, code: str) -> None:
    """A wrong answer is a 422 that points to the field by JSON pointer, and no case comes of it (C28, B11)."""
    answers = {name: value for name, value in (GOOD | change).items() if value is not None}
    answer = submit(world, ana, answers)
    assert (answer.status, answer.code) == (422, "answers_invalid")
    assert [(error["pointer"], error["code"]) for error in answer.json["errors"]] == [(pointer, code)]
    assert world.gateway("GET", "/v1/cases", token=ana).json["data"] == []


def test_all_broken_rules_are_named_at_once(world: World, ana: str) -> None:
    """Who fills in a form reads everything that is wrong with it in one answer."""
    answer = submit(world, ana, {"TOPIC": "STREETS", "MESSAGE": "short"})
    assert {error["pointer"] for error in answer.json["errors"]} == {"/answers/PLACE", "/answers/MESSAGE"}


def test_a_form_without_answers_is_told_what_it_always_needs(world: World, ana: str) -> None:
    """What is asked for only after another answer is not missing before that (C28); a choice names its values."""
    empty = submit(world, ana, {})
    assert [error["pointer"] for error in empty.json["errors"]] == ["/answers/TOPIC", "/answers/MESSAGE"]
    [chosen] = submit(world, ana, GOOD | {"TOPIC": "ROADS"}).json["errors"]
    assert chosen["message"] == "must be one of STREETS, WASTE, OTHER"


def test_a_refusal_never_quotes_what_was_typed(world: World, ana: str) -> None:
    """Answers are personal, and problem documents end up in logs and screenshots."""
    answer = submit(world, ana, {"TOPIC": "canary-topic", "PLACE": "xy", "MESSAGE": "canary"})
    assert b"canary" not in answer.body


def test_a_field_is_asked_for_only_where_the_form_shows_it(world: World, ana: str) -> None:
    """The place is needed for streets, and not for other topics."""
    assert submit(world, ana, {"TOPIC": "WASTE", "MESSAGE": "The bin was not emptied."}).status == 201


def test_an_unknown_service_names_the_field(world: World, ana: str) -> None:
    """A case about nothing that the portal offers is refused (C11)."""
    answer = submit(world, ana, GOOD, service="passports")
    assert (answer.status, answer.code) == (422, "service_unknown")
    assert [error["pointer"] for error in answer.json["errors"]] == ["/service"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"answers": GOOD}, "/service"),
        ({"service": "contact-us"}, "/answers"),
        ({"service": "contact-us", "answers": ["TOPIC"]}, "/answers"),
        ({"service": 7, "answers": GOOD}, "/service"),
        ({"service": "contact-us", "answers": GOOD, "subject": "Mine"}, "/subject"),
        ({"service": "contact-us", "answers": GOOD, "number": "SR-2026-000001"}, "/number"),
        ({"service": "contact-us", "answers": GOOD, "category": "incident"}, "/category"),
        ({"service": "contact-us", "answers": GOOD, "status": "resolved"}, "/status"),
        ({"service": "contact-us", "answers": GOOD, "owner_id": "contact_1"}, "/owner_id"),
    ],
)
def test_a_submission_holds_a_service_and_answers_and_nothing_else(
    world: World, ana: str, body: Any, pointer: str
) -> None:
    """Nobody chooses a number, a subject, a category, a status or an owner (C3, C4, C9, F18, G3)."""
    answer = world.gateway("POST", "/v1/cases", body, token=ana, headers={"Idempotency-Key": "k"})
    assert (answer.status, answer.code) == (422, "validation_failed")
    assert [error["pointer"] for error in answer.json["errors"]] == [pointer]


def test_answers_that_are_too_large_in_all_are_refused(world: World, ana: str) -> None:
    """An event carries the whole case, so answers are bounded before they are looked at (B10)."""
    answer = submit(world, ana, GOOD | {f"FIELD_{number}": "x" * 1000 for number in range(25)})
    assert (answer.status, answer.code) == (422, "answers_invalid")
    assert [error["pointer"] for error in answer.json["errors"]] == ["/answers"]


def test_text_is_stored_in_unicodes_composed_form(world: World, ana: str) -> None:
    """However a keyboard composes a letter, it is one spelling everywhere (NFC, B11)."""
    decomposed = {"TOPIC": "STREETS", "PLACE": "Cafe\u0301 Zu\u0308rich", "MESSAGE": "A hole before the cafe\u0301."}
    created = submit(world, ana, decomposed)
    seen = world.view(ana, created.json["case_id"])
    assert seen["answers"]["PLACE"] == "Caf\u00e9 Z\u00fcrich"
    assert seen["messages"][0]["text"] == "A hole before the caf\u00e9."


@pytest.mark.parametrize("text", ["\u2603 and \U0001f6b2 in 東京, and so on", 'quotes " \\ and\nlines\tand tabs'])
def test_what_a_person_may_write_reaches_the_internal_system_unchanged(world: World, ana: str, text: str) -> None:
    """Every accepted character goes through table, stream and queue as it was typed (B11, F24)."""
    case_id = world.open_case(ana, MESSAGE=text)
    assert world.events_told(case_id)[1]["data"]["text"] == text
