"""Which pages a browser lets call the API, and read what it answers (Fetch)."""

import pytest

from app import app
from functions.settings import settings
from tests.http.scene import BODIES
from tests.world import World

PORTAL = "https://portal.portico.example"
ASKS = {"Origin": PORTAL, "Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "if-match"}
GRANTED = {
    "Access-Control-Allow-Origin": PORTAL,
    "Access-Control-Expose-Headers": "ETag, Idempotent-Replayed, Link, Location, Retry-After, x-amzn-RequestId",
}


def granted(headers: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.startswith("Access-Control-")}


@pytest.mark.parametrize("route", app.routes)
def test_a_browser_may_ask_for_every_route_on_behalf_of_the_portal(world: World, route: str) -> None:
    """With its methods, and the headers that the API reads; it needs no session to ask (H3, S19)."""
    answer = world.gateway("OPTIONS", route, headers=ASKS)
    allowed = granted(answer.headers)
    assert (answer.status, answer.body, answer.headers["Vary"]) == (204, b"", "Origin")
    assert set(allowed.pop("Access-Control-Allow-Methods").split(", ")) == set(app.routes[route])
    assert allowed == GRANTED | {
        "Access-Control-Allow-Headers": "Accept-Language, Authorization, Content-Type, Idempotency-Key, If-Match",
        "Access-Control-Max-Age": "7200",
    }


def test_a_page_of_the_portal_reads_answers_and_refusals(world: World, ana: str) -> None:
    """Also problem documents, faults of ours and what Chalice refuses: else all of them look like no network (H3)."""
    world.database.delete_table(TableName=settings.table_name)
    asked = [
        (200, "GET", "/v1/services", None),
        (401, "GET", "/v1/cases", None),
        (415, "POST", "/v1/cases", "["),
        (405, "PATCH", "/v1/cases", None),
        (500, "GET", "/v1/me", ana),
    ]
    for status, method, url, token in asked:
        plain = {"Content-Type": "text/plain"} if status == 415 else {}
        answer = world.gateway(method, url, "x" if plain else None, token=token, headers={"Origin": PORTAL, **plain})
        assert (answer.status, granted(answer.headers), answer.headers["Vary"]) == (status, GRANTED, "Origin")


@pytest.mark.parametrize(
    "origin", ["https://evil.example", f"{PORTAL}.evil.example", PORTAL.replace("https", "http"), "null", "*", None]
)
def test_no_other_page_is_let(world: World, origin: str | None) -> None:
    """Nothing is granted to whoever is not the portal, to the letter; the answer depends on who asks (H3, S19)."""
    sent = {"Origin": origin} if origin else {}
    for method, headers in (("GET", sent), ("OPTIONS", {**ASKS, **sent} if origin else {})):
        answer = world.gateway(method, "/v1/services", BODIES.get("/v1/services"), headers=headers)
        assert answer.status == {"GET": 200, "OPTIONS": 405}[method]
        assert (granted(answer.headers), answer.headers["Vary"]) == ({}, "Origin")
