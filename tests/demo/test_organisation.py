"""The demonstration organisation has what the shipped services need."""

from demo.organisation import calendars, load
from functions.calendars.model import BASE
from functions.cases import services
from tests.world import World


def test_every_calendar_that_a_service_names_is_there() -> None:
    """Otherwise its deadlines would silently not be (C45)."""
    named = {name for service in services.all_services() for name in service.calendars} - {BASE}
    assert named <= set(calendars())


def test_loading_it_again_changes_nothing(world: World) -> None:
    """`make run` loads it at every start; what administrators have changed since stays."""
    load()
    before = world.items()
    load()
    assert world.items() == before
