"""What every answer carries, whatever it says."""

from http import HTTPStatus
from pathlib import Path

import pytest

from app import app
from functions.settings import settings
from tests.gateway import Answer
from tests.http.scene import BODIES, assert_problem
from tests.world import World

ALWAYS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
}


def assert_secure(answer: Answer) -> None:
    assert answer.headers.items() >= ALWAYS.items()
    assert not {name.lower() for name in answer.headers} & {"server", "x-powered-by", "set-cookie"}
    assert not [name for name in answer.headers if name.lower().startswith("access-control-")]


@pytest.mark.parametrize("route", app.routes)
def test_every_answer_of_every_route_is_secured(world: World, route: str) -> None:
    """Not cached, not sniffed, not framed, https only, no referrer: signed in or not, refused or not (S19, H7)."""
    token = world.sign_in("ana@example.org")
    for method in (*app.routes[route], "PATCH"):
        for session in (token, None):
            assert_secure(world.gateway(method, route, BODIES.get(route), token=session))
            assert_secure(world.gateway(method, route, "[", token=session, headers={"Content-Type": "text/plain"}))


def test_an_answer_without_a_body_is_secured(world: World) -> None:
    """204 says nothing, and has the same headers (S19)."""
    answer = world.gateway("DELETE", "/v1/sessions/current", token=world.sign_in("ana@example.org"))
    assert (answer.status, answer.body) == (HTTPStatus.NO_CONTENT, b"")
    assert_secure(answer)


def test_a_fault_of_ours_tells_nothing(world: World) -> None:
    """Without its table Portico answers 500 as a problem, with the same headers and without a word on why (S6, S9)."""
    token = world.sign_in("ana@example.org")
    world.database.delete_table(TableName=settings.table_name)
    answer = world.gateway("GET", "/v1/me", token=token)
    assert_problem(answer, 500, "internal_error")
    assert_secure(answer)
    for word in ("table", "Dynamo", "Exception", "Traceback", Path(__file__).parents[2].name):
        assert word.encode() not in answer.body
