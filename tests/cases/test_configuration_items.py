"""The thing that a case is about is one of the customer's own."""

import pytest

from functions.cases.configuration_items import ConfigurationItem, ConfigurationItemNotAvailable, owned_item
from functions.people.model import Party
from tests.acme import ANA, BOB, EVE, INCIDENT, load
from tests.cases.test_agreements import OWNER, submit
from tests.world import World


@pytest.mark.parametrize(
    ("address", "item", "is_available"),
    [
        (ANA, "laptop-ana", True),
        (ANA, "router-1", True),
        (ANA, "server-x", False),
        (ANA, "no-such-thing", False),
        (ANA, "../../x#\u2603", False),
        (BOB, "laptop-ana", False),
        (BOB, "router-1", True),
        (EVE, "server-x", True),
        (EVE, "router-1", False),
    ],
)
def test_a_case_is_about_a_thing_of_its_customer(
    world: World,
    address: str,
    item: str,
    is_available: bool,  # noqa: FBT001
) -> None:
    """RI-7: one's own or one's account's; another's is refused as an unknown one is (C12)."""
    load(world)
    answer = submit(world, world.sign_in(address), configuration_item_id=item)
    if is_available:
        assert answer.json["configuration_item"]["configuration_item_id"] == item
    else:
        assert (answer.status, answer.code) == (422, "configuration_item_not_available")
        assert [error["pointer"] for error in answer.json["errors"]] == ["/configuration_item_id"]


@pytest.mark.parametrize("party", OWNER.parties, ids=lambda party: party.kind)
def test_a_thing_is_the_contact_s_the_department_s_or_the_account_s(party: Party) -> None:
    """Each of the three makes it theirs, and nobody else's (C12)."""
    item = ConfigurationItem(configuration_item_id="printer", name="Printer", owner=party)
    assert owned_item(item, OWNER) is item
    with pytest.raises(ConfigurationItemNotAvailable):
        owned_item(item.model_copy(update={"owner": party.model_copy(update={"id": "another"})}), OWNER)


def test_the_thing_is_locked_when_the_case_is_saved(world: World) -> None:
    """Nor can one be named later (C10)."""
    load(world)
    ana = world.sign_in(ANA)
    created = submit(world, ana)
    assert "configuration_item" not in created.json
    url = f"/v1/cases/{created.json['case_id']}"
    answer = world.gateway("PATCH", url, {"configuration_item_id": "router-1"}, token=ana)
    assert (answer.status, answer.code) == (409, "fields_locked")


def test_the_internal_system_is_told_of_both(world: World) -> None:
    """Agreement and thing belong to the public state of the case (F24)."""
    load(world)
    created = submit(world, world.sign_in(ANA), INCIDENT, configuration_item_id="router-1")
    world.settle()
    case = world.events_told(created.json["case_id"])[0]["data"]["case"]
    assert case["agreement"] == created.json["agreement"]
    assert case["configuration_item"] == {"configuration_item_id": "router-1", "name": "Router 1"}
