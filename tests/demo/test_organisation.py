"""The demonstration organisation has what the shipped services need."""

from demo.organisation import calendars, load
from functions.calendars.model import BASE
from functions.cases import services
from infra import seed
from infra.stage import LOCAL, stage
from tests import acme
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


def test_the_catalogue_of_the_readme_loads_beside_it(world: World) -> None:
    """`make seed FILE=demo/acme.yaml`, the first thing that README shows, is refused nothing (A5, C18)."""
    world.switch_on(*stage(LOCAL).features.split(","))
    load()
    ask = acme.administrator(world, world.administrator())
    report = seed.load(seed.read(acme.FILE.read_text()), ask, lambda _: None)
    assert (report.refused, report.done) == ([], {"added": 12, "unchanged": 2})


def test_whom_nobody_knows_has_the_default_agreement(world: World, ana: str) -> None:
    """Without it the local cloud, which has agreements, would take no case (C18)."""
    world.switch_on(*stage(LOCAL).features.split(","))
    load()
    answer = world.gateway("POST", "/v1/cases/preview", {"service": acme.REQUEST}, token=ana)
    assert answer.json["agreement"]["agreement_id"] == "DEFAULT"
