"""Somebody else's case and one that does not exist are the same answer."""

import json
from typing import Any

import pytest

from tests.gateway import Answer
from tests.world import World

ROUTES: list[tuple[str, str, Any]] = [
    ("GET", "", None),
    ("GET", "/messages", None),
    ("GET", "/timeline", None),
    ("POST", "/messages", {"text": "Hello?"}),
    ("POST", "/read", {"sequence": 1}),
    ("POST", "/cancel", None),
    ("POST", "/close", None),
    ("POST", "/reopen", None),
]
UNKNOWN = "case_01ARZ3NDEKTSV4RRFFQ69G5FAV"


def without_ids(answer: Answer) -> tuple[int, dict[str, str], Any]:
    """All of an answer but what names the request itself."""
    document = {name: value for name, value in answer.json.items() if name not in ("instance", "request_id")}
    return answer.status, answer.headers, json.dumps(document)


@pytest.mark.parametrize(("method", "path", "body"), ROUTES)
def test_a_foreign_case_answers_like_one_that_does_not_exist(
    world: World, ana: str, ben: str, method: str, path: str, body: Any
) -> None:
    """404 for both, with the same status, headers and body, and nothing is changed (F3, F18, G1, RI-27)."""
    case_id = world.case_in("waiting_for_response", ana)
    items = world.items()
    foreign = world.gateway(method, f"/v1/cases/{case_id}{path}", body, token=ben)
    unknown = world.gateway(method, f"/v1/cases/{UNKNOWN}{path}", body, token=ben)
    assert (foreign.status, foreign.code) == (404, "case_not_found")
    assert without_ids(foreign) == without_ids(unknown)
    assert world.items() == items


@pytest.mark.parametrize(("method", "path", "body"), ROUTES)
def test_staff_of_a_team_without_a_task_are_strangers(
    world: World, ana: str, method: str, path: str, body: Any
) -> None:
    """Being on the staff opens no case; having had a task of it does (G1)."""
    case_id = world.case_in("waiting_for_response", ana)
    stranger = world.staff("streets")
    answer = world.gateway(method, f"/v1/cases/{case_id}{path}", body, token=stranger)
    assert (answer.status, answer.code) == (404, "case_not_found")


def test_a_number_opens_no_case(world: World, ana: str, ben: str) -> None:
    """People say it aloud, so whoever has heard it learns nothing by it: somebody else's and none are one (RI-27)."""
    number = world.create(ana).json["number"]
    foreign, unknown = (world.gateway("GET", f"/v1/cases/{name}", token=ben) for name in (number, "SR-1999-000001"))
    assert (foreign.status, without_ids(foreign)) == (404, without_ids(unknown))


@pytest.mark.parametrize("case_id", ["case_", "RECORD", "case_%00", "case_" + "x" * 500, "CASE%23x", "..%2Ftasks"])
def test_a_malformed_id_is_just_unknown(world: World, ana: str, case_id: str) -> None:
    """Whatever stands in the path, it is a 404 and no fault."""
    answer = world.gateway("GET", f"/v1/cases/{case_id}", token=ana)
    assert (answer.status, answer.code) == (404, "case_not_found")
