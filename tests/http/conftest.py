"""`scene`: what a whole module of refusals leaves no trace on."""

from collections.abc import Iterator

import pytest

from tests.http.scene import Scene, everything
from tests.world import World


@pytest.fixture(scope="module")
def acted(one_world: World) -> Scene:
    one_world.reset()
    customer = one_world.sign_in("ana@example.org")
    staff = one_world.staff("customer-relations")
    case_id = one_world.create(customer).json["case_id"]
    one_world.settle()
    [task] = one_world.gateway("GET", "/v1/tasks", token=staff).json["data"]
    issued = one_world.gateway("POST", "/v1/otp/challenges", {"email": "ben@example.org"})
    one_world.settle()
    return Scene(one_world, customer, staff, issued.json["challenge_id"], case_id, task["task_id"])


@pytest.fixture
def scene(acted: Scene) -> Iterator[Scene]:
    """Whatever the test sends is refused, and so the table holds afterwards exactly what it held before."""
    before = everything(acted.world)
    yield acted
    assert everything(acted.world) == before
