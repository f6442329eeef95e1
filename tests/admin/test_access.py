"""Nobody but administrators keeps records."""

import pytest

from app import app
from functions.people.repository import get, replaced
from functions.table import commit
from tests.gateway import Answer
from tests.http.scene import BODIES
from tests.office import UK_OFFICE
from tests.world import World

ROUTES = [(method, route) for route in app.routes if "/admin/" in route for method in app.routes[route]]


@pytest.mark.parametrize("who", ["customer", "staff", "nobody"])
def test_only_administrators_get_in(world: World, who: str) -> None:
    """403 for customers and other staff, 401 for nobody, on every route, whatever is there (F1, A12)."""
    world.switch_on("agreements", "configuration_items")
    token = {"customer": world.sign_in("ana@example.org"), "staff": world.staff("streets"), "nobody": None}[who]
    before = len(world.items())
    for method, route in ROUTES:
        body = BODIES.get(route) if method != "GET" else None
        url = route.replace("{", "").replace("}", "")
        answer = world.gateway(method, url, body, token=token, headers={"Idempotency-Key": "k"})
        expected = (401, "not_signed_in") if who == "nobody" else (403, "administrator_only")
        assert (answer.status, answer.code) == expected, (method, route)
    assert len(world.items()) == before


def test_who_is_no_administrator_any_more_is_shown_no_answer_again(world: World) -> None:
    """What was obeyed is replayed to who may still ask for it, and to nobody else (A12, A1)."""
    token, contact = world.administrator(), world.sign_in("ana@example.org").partition(".")[0]
    asked = [
        ("POST", "/v1/admin/accounts", BODIES["/v1/admin/accounts"]),
        ("PUT", "/v1/admin/calendars/uk-office", UK_OFFICE),
        ("POST", f"/v1/admin/contacts/{contact}/erase", {}),
    ]

    def answers() -> list[Answer]:
        headers = {"Idempotency-Key": "k"}
        return [world.gateway(method, url, body, token=token, headers=headers) for method, url, body in asked]

    answers()
    assert [answer.headers.get("Idempotent-Replayed") for answer in answers()] == ["true"] * 3
    person = get(token.partition(".")[0])
    assert person is not None
    commit(replaced(person.model_copy(update={"roles": (), "version": person.version + 1})))
    assert [answer.code for answer in answers()] == ["administrator_only"] * 3
