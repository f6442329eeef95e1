"""Bodies that cannot be read, or break a rule, are refused by name, and change nothing."""

import json
from time import process_time
from typing import Any

import pytest

from tests.http.scene import BODIES, Scene, assert_problem, pointers, verb

KILOBYTE = "x" * 1024

MALFORMED: dict[str, str | bytes] = {
    "cut off": '{"text": ',
    "no JSON": "text=hello",
    "single quotes": "{'text': 'hello'}",
    "trailing comma": '{"text": "hello",}',
    "comment": '{"text": "hello"} // well',
    "two documents": '{"text": "hello"}{"text": "hello"}',
    "NaN": '{"sequence": NaN}',
    "Infinity": '{"sequence": Infinity}',
    "-Infinity": '{"sequence": -Infinity}',
    "number beyond measure": '{"sequence": 1e999}',
    "number of 5,000 digits": '{"sequence": ' + "9" * 5000 + "}",
    "hexadecimal": '{"sequence": 0x10}',
    "leading zero": '{"sequence": 01}',
    "repeated member": '{"text": "hello", "text": "bye"}',
    "repeated member inside": '{"answers": {"TOPIC": "OTHER", "TOPIC": "WASTE"}}',
    "leading surrogate alone": r'{"text": "\ud800"}',
    "trailing surrogate alone": r'{"text": "\udc00"}',
    "surrogate in a name": r'{"\ud800": 1}',
    "control character, not escaped": '{"text": "a\x01b"}',
    "line break, not escaped": '{"text": "a\nb"}',
    "NUL": "\x00",
    "invalid UTF-8": b'{"text": "\xff\xfe"}',
    "overlong UTF-8": b'{"text": "\xc0\xaf"}',
    "surrogate in UTF-8": b'{"text": "\xed\xa0\x80"}',
    "byte order mark": b'\xef\xbb\xbf{"text": "hello"}',
    "UTF-16": '{"text": "hello"}'.encode("utf-16"),
    "33 levels": '{"answers": ' + "[" * 32 + "]" * 32 + "}",
    "100,000 levels of arrays": "[" * 100_000,
    "100,000 levels of objects, closed": '{"a":' * 25_000 + "1" + "}" * 25_000,
    "brackets in an open text": "[" * 33 + '"' + r"\"" * 100_000,
}

TOO_LARGE = {
    "300 KB of text": json.dumps({"text": KILOBYTE * 300}),
    "300 KB of blanks": "{" + " " * 300 * 1024 + "}",
    "300 KB of members": json.dumps({f"m{number}": "x" * 20 for number in range(10_000)}),
}

NO_OBJECT = ["[]", "null", '"text"', "42", "true", "[{}]"]


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_body_that_is_no_strict_json_is_malformed(scene: Scene, body: str | bytes) -> None:
    """Every route answers 400 `body_malformed`, whatever cannot be read, or could be read in two ways (S9, I6)."""
    for route in BODIES:
        assert_problem(scene.send(verb(route), route, body), 400, "body_malformed")


@pytest.mark.parametrize("body", TOO_LARGE.values(), ids=TOO_LARGE.keys())
def test_a_body_over_256_kb_is_too_large(scene: Scene, body: str) -> None:
    """Every route answers 413 before it parses anything (S9, I6)."""
    for route in BODIES:
        assert_problem(scene.send(verb(route), route, body), 413, "body_too_large")


@pytest.mark.parametrize("body", NO_OBJECT)
def test_a_body_is_an_object(scene: Scene, body: str) -> None:
    """Arrays, null, texts, numbers and truth values are 422, even where nothing needs to be said (S9)."""
    for route in BODIES:
        assert_problem(scene.send(verb(route), route, body), 422, "validation_failed")


@pytest.mark.parametrize("name", ["closed_at", "owner_id", "__proto__", "a/b~c", "é\u0000"])
def test_a_field_that_is_not_asked_for_is_named(scene: Scene, name: str) -> None:
    """Whoever sends more than is asked for learns that it has no effect, by 422 and a JSON pointer (S2, G3)."""
    for route, accepted in BODIES.items():
        if "/sync/" in route:  # CloudEvents have attributes that we need not know
            continue
        answer = scene.send(verb(route), route, {**accepted, name: "x"})
        assert_problem(answer, 422, "validation_failed")
        assert pointers(answer) == {"/" + name.replace("~", "~0").replace("/", "~1"): "extra_forbidden"}


CHALLENGES, VERIFY = "/v1/otp/challenges", "/v1/otp/challenges/{challenge_id}/verify"
CASES, MESSAGES, READ = "/v1/cases", "/v1/cases/{case_id}/messages", "/v1/cases/{case_id}/read"
COMPLETE = "/v1/tasks/{task_id}/complete"
CONTROL = ["\u0000", "\u0007", "\u001b", "\u000b", "\ufffe", "\uffff"]
"""Characters that neither XML nor SQS takes."""


NO_TEXT: list[Any] = [5, None, True, [], {}]
NO_OBJECTS: list[Any] = [[], None, "x", 1]
NO_NUMBERS: list[Any] = ["1", True, None, [1]]


def answers(**fields: Any) -> dict[str, Any]:
    given = {"TOPIC": "OTHER", "MESSAGE": "When is the town hall open?"}
    return {"service": "contact-us", "answers": given | fields}


FIELDS: list[tuple[str, Any, str, str]] = [
    (CHALLENGES, {}, "/email", "missing"),
    *((CHALLENGES, {"email": value}, "/email", "string_type") for value in NO_TEXT),
    *(
        (CHALLENGES, {"email": value}, "/email", "string_pattern_mismatch")
        for value in (
            "",
            "ana",
            "@example.org",
            "ana@",
            "ana@example",
            "a b@example.org",
            "ana@example.org\nBcc: b@c.org",
        )
    ),
    (CHALLENGES, {"email": "ana@" + "e" * 250 + ".org"}, "/email", "string_too_long"),
    (CHALLENGES, {"email": "ana@" + "é" * 130 + ".org"}, "/email", "value_error"),
    (CHALLENGES, {"email": "an\u0007a@example.org"}, "/email", "value_error"),
    (CHALLENGES, {"email": "ana@example.org", "purpose": "admin"}, "/purpose", "literal_error"),
    (VERIFY, {}, "/code", "missing"),
    (VERIFY, {"code": 12345678}, "/code", "string_type"),
    (VERIFY, {"code": ""}, "/code", "string_too_short"),
    (VERIFY, {"code": "1" * 41}, "/code", "string_too_long"),
    (CASES, {"answers": {}}, "/service", "missing"),
    (CASES, {"service": "contact-us"}, "/answers", "missing"),
    (CASES, {"service": 7, "answers": {}}, "/service", "string_type"),
    *((CASES, {"service": "contact-us", "answers": value}, "/answers", "dict_type") for value in NO_OBJECTS),
    (CASES, {"service": "no-such-service", "answers": {}}, "/service", "unknown"),
    (CASES, {"service": "../contact-us", "answers": {}}, "/service", "unknown"),
    (CASES, answers(COLOUR="red"), "/answers/COLOUR", "unknown"),
    (CASES, {"service": "contact-us", "answers": {"TOPIC": "OTHER"}}, "/answers/MESSAGE", "required"),
    (CASES, answers(MESSAGE=10**30), "/answers/MESSAGE", "type"),
    (CASES, answers(MESSAGE=10**400), "/answers/MESSAGE", "type"),
    (CASES, answers(MESSAGE=1.5), "/answers/MESSAGE", "type"),
    (CASES, answers(MESSAGE={"deep": [[[{}]]]}), "/answers/MESSAGE", "type"),
    (CASES, answers(MESSAGE="x" * 4001), "/answers/MESSAGE", "maxLength"),
    (CASES, answers(TOPIC="STREETS", PLACE="é" * 20_000), "/answers", "invalid"),
    *((CASES, answers(MESSAGE=f"When is it{bad} open?"), "/answers/MESSAGE", "invalid") for bad in CONTROL),
    (CASES, {"service": "contact-us", "answers": {"A\u0007": 1}}, "/answers/A\u0007", "invalid"),
    (MESSAGES, {}, "/text", "missing"),
    *((MESSAGES, {"text": value}, "/text", "string_type") for value in NO_TEXT),
    *((MESSAGES, {"text": value}, "/text", "value_error") for value in ("", " \n\t", "x" * 10_001, "é" * 5_001)),
    *((MESSAGES, {"text": f"a{bad}b"}, "/text", "value_error") for bad in CONTROL),
    (MESSAGES, {"text": "hello", "audience": "everybody"}, "/audience", "literal_error"),
    (READ, {}, "/sequence", "missing"),
    *((READ, {"sequence": value}, "/sequence", "int_type") for value in NO_NUMBERS),
    (READ, {"sequence": 1.5}, "/sequence", "int_type"),
    (READ, {"sequence": 1e300}, "/sequence", "int_type"),
    (READ, {"sequence": -1}, "/sequence", "greater_than_equal"),
    (READ, {"sequence": 10**30}, "/sequence", "less_than_equal"),
    (COMPLETE, {}, "/outcome", "missing"),
    (COMPLETE, {"outcome": 1}, "/outcome", "string_type"),
    (COMPLETE, {"outcome": "x" * 201}, "/outcome", "value_error"),
    (COMPLETE, {"outcome": "SOMETHING_ELSE"}, "/outcome", "enum"),
]


@pytest.mark.parametrize(("route", "body", "pointer", "code"), FIELDS)
def test_a_field_that_breaks_a_rule_is_named(scene: Scene, route: str, body: Any, pointer: str, code: str) -> None:
    """422, with a JSON pointer to the field at fault and a stable word for what is wrong with it (A3, B11, S2, S9)."""
    answer = scene.send(verb(route), route, body)
    assert answer.status == 422, answer.body[:400]
    assert pointers(answer) == {pointer: code}
    assert_problem(answer, 422, answer.code)


def test_an_address_that_is_none_is_refused_in_words(scene: Scene) -> None:
    """Who mistypes an address reads what is expected, and no pattern (A3)."""
    [error] = scene.send("POST", CHALLENGES, {"email": "ana"}).json["errors"]
    assert error["message"] == "must be an e-mail address, such as ana@example.org"


def test_a_refusal_never_quotes_what_was_sent(scene: Scene) -> None:
    """A problem document may be logged by whoever gets it, so it does not repeat what a person typed (S6)."""
    secret = "S3CR3T-in-a-field"
    for route in BODIES:
        for body in ({secret: 1}, {"text": [secret]}, {"email": secret}, {"answers": secret}, {"outcome": secret}):
            answer = scene.send(verb(route), route, body)
            assert answer.status == 422
            told = json.dumps([{**error, "pointer": ""} for error in answer.json["errors"]]) + answer.json["detail"]
            assert secret not in told


def test_the_depth_of_a_body_is_told_in_linear_time(scene: Scene) -> None:
    """Quotes in a text that never ends cost no more than any other 200 KB (S9, S10)."""
    started = process_time()
    for route in BODIES:
        scene.send(verb(route), route, MALFORMED["brackets in an open text"])
    assert process_time() - started < 1
