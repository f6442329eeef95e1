"""`scene`: what a whole module of refusals leaves no trace on."""

from collections.abc import Iterator

import pytest

from tests.http.scene import Scene, everything
from tests.world import World


@pytest.fixture(scope="module")
def acted(one_world: World) -> Scene:
    one_world.reset()
    return Scene.act(one_world)


@pytest.fixture
def scene(acted: Scene) -> Iterator[Scene]:
    """Whatever the test sends is refused, and so the table holds afterwards exactly what it held before."""
    before = everything(acted.world)
    yield acted
    assert everything(acted.world) == before
