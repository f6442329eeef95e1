"""What customers can ask for, before anybody has signed in."""

import pytest
from jsonschema_rs import meta

from tests.world import World

SERVICES = ["access-request", "contact-us", "report-incident"]


def test_the_portal_shows_its_services_to_everybody(world: World) -> None:
    """Several in one deployment, each with its category, and two of them with the same process (F8, C9)."""
    shown = world.gateway("GET", "/v1/services").json["data"]
    assert [(service["service"], service["category"]) for service in shown] == [
        ("access-request", "service_request"),
        ("contact-us", "service_request"),
        ("report-incident", "incident"),
    ]


@pytest.mark.parametrize("service", SERVICES)
def test_a_form_is_a_json_schema_that_orders_each_field_once(world: World, service: str) -> None:
    """Any form library can render it: a valid schema, a title per field, an order of all of them."""
    form = world.gateway("GET", f"/v1/services/{service}").json["form"]
    assert meta.is_valid(form["schema"])
    fields = form["schema"]["properties"]
    assert form["ui"]["order"] == list(fields)
    assert all(field["title"] for field in fields.values())


def test_one_service_is_shown_as_it_is_in_the_list(world: World) -> None:
    """The list holds nothing that the service itself does not show."""
    shown = world.gateway("GET", "/v1/services").json["data"]
    assert [world.gateway("GET", f"/v1/services/{name}").json for name in SERVICES] == shown


def test_an_unknown_service_is_not_found(world: World) -> None:
    """A service that this portal does not have is a 404 with its code."""
    answer = world.gateway("GET", "/v1/services/passports")
    assert (answer.status, answer.code) == (404, "service_not_found")


def test_a_service_shows_nothing_of_the_inside(world: World) -> None:
    """Customers read neither teams nor outcomes nor the internal system's name."""
    shown = world.gateway("GET", "/v1/services/contact-us").json
    assert set(shown) == {"service", "title", "description", "category", "form"}
