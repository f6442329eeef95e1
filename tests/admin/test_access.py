"""Nobody but administrators keeps records."""

import pytest

from app import app
from tests.http.scene import BODIES
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
