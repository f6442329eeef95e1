"""What a deployment has not switched on is not there: no field, no choice, no further read."""

import pytest

from functions.cases import services
from functions.settings import Settings, SettingsInvalid
from tests.acme import ANA, BOB, load
from tests.calls import recorded
from tests.cases.test_agreements import submit
from tests.world import World


@pytest.mark.parametrize("field", ["agreement_id", "configuration_item_id"])
def test_what_is_off_can_not_be_chosen(world: World, ana: str, field: str) -> None:
    """Off, the field is refused by name, in a preview as well (C10, C12, A5)."""
    answer = submit(world, ana, **{field: "AC-STD"})
    assert (answer.status, answer.code) == (422, "feature_off")
    assert [error["pointer"] for error in answer.json["errors"]] == [f"/{field}"]
    wish = {"service": "contact-us", field: "AC-STD"}
    assert world.gateway("POST", "/v1/cases/preview", wish, token=ana).code == "feature_off"


def test_what_is_off_is_in_no_answer(world: World, ana: str) -> None:
    """Off, a case has neither field, nor has what the internal system is told (C10)."""
    created = submit(world, ana)
    world.settle()
    seen = world.view(ana, created.json["case_id"])
    told = world.events_told(created.json["case_id"])[0]["data"]["case"]
    preview = world.gateway("POST", "/v1/cases/preview", {"service": "contact-us"}, token=ana).json
    for shown in (created.json, seen, told, preview):
        assert not {"agreement", "configuration_item", "candidates"} & shown.keys()


def test_agreements_alone_and_things_alone(world: World) -> None:
    """Each feature is switched on by itself (C10, C12)."""
    load(world)
    ana = world.sign_in(ANA)
    world.switch_on("configuration_items")
    only_thing = submit(world, ana, "contact-us", configuration_item_id="router-1")
    assert (only_thing.status, "agreement" in only_thing.json) == (201, False)
    world.switch_on("agreements")
    assert submit(world, ana, key="key-2").json["agreement"]["agreement_id"] == "DEP-GOLD"
    assert submit(world, ana, key="key-3", configuration_item_id="router-1").code == "feature_off"


@pytest.mark.parametrize(("features", "number"), [((), 2), (("agreements", "configuration_items"), 3)])
def test_agreements_cost_one_more_read(world: World, features: tuple[str, ...], number: int) -> None:
    """Submitting waits for two calls where both are off, and for one consistent read more where they are on."""
    load(world)
    world.switch_on(*features)
    bob = world.sign_in(BOB)
    submit(world, bob, key="the numbers are leased")
    with recorded() as calls:
        assert submit(world, bob).status == 201
    assert len(calls) == number, [str(call) for call in calls]


def test_consultation_is_a_feature(world: World, ana: str) -> None:
    """Off, a consultation is neither shown nor taken; on, it is as any service (C9)."""
    body = {"service": "advice", "answers": {"DESCRIPTION": "What should we buy?"}}

    def tried(key: str) -> tuple[list[str], int, int]:
        shown = world.gateway("GET", "/v1/services").json["data"]
        created = world.gateway("POST", "/v1/cases", body, token=ana, headers={"Idempotency-Key": key})
        seen = world.gateway("GET", "/v1/services/advice")
        return [service["service"] for service in shown], seen.status, created.status

    offered = ["access-request", "contact-us", "report-incident"]
    assert tried("off") == (offered, 404, 422)
    world.switch_on("consultation")
    assert tried("on") == (sorted([*offered, "advice"]), 200, 201)


@pytest.mark.parametrize(("portals", "status"), [((), 201), (("local", "elsewhere"), 201), (("elsewhere",), 422)])
def test_a_service_is_offered_where_its_portals_say(
    world: World, ana: str, monkeypatch: pytest.MonkeyPatch, portals: tuple[str, ...], status: int
) -> None:
    """Elsewhere it is neither shown nor taken, as if it were not there (C11, F8)."""
    service = services.get("contact-us").model_copy(update={"portals": portals})
    monkeypatch.setitem(services._catalogue(), "contact-us", service)
    assert world.create(ana).status == status
    shown = [each["service"] for each in world.gateway("GET", "/v1/services").json["data"]]
    assert ("contact-us" in shown) == (status == 201)


def test_a_misspelt_setting_stops_the_start() -> None:
    """A misspelt feature is no feature that is off (A5), and mail does not stay out by a capital letter."""
    optional = {"clock_file", "features", "mail_in", "malware_scan", "transports"}
    environment = {name.upper(): "x" for name in set(Settings.__slots__) - optional} | dict.fromkeys(
        ("SYSTEM_QUEUES", "COMMAND_QUEUES"), "{}"
    )
    with pytest.raises(SettingsInvalid, match="agreement"):
        Settings.read(environment | {"FEATURES": "agreement"})
    read = Settings.read(environment | {"FEATURES": " agreements, consultation"})
    assert read.features == {"agreements", "consultation"}
    assert Settings.read(environment).features == frozenset()
    for word, on in (("true", True), ("false", False)):
        read = Settings.read(environment | {"MAIL_IN": word, "MALWARE_SCAN": word})
        assert (read.mail_in, read.malware_scan) == (on, on)
    for name in ("MAIL_IN", "MALWARE_SCAN"):
        with pytest.raises(SettingsInvalid, match=name):
            Settings.read(environment | {name: "True"})
