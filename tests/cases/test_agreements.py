"""Which service agreement sets the conditions of a case, and what a customer may choose."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.cases.agreements import (
    Agreement,
    AgreementChoiceRequired,
    CoveredService,
    DefaultAgreementMissing,
    ServiceNotAvailable,
    candidates,
    chosen,
)
from functions.people.model import Party, Person
from tests.acme import ANA, BOB, EVE, INCIDENT, REQUEST, agree, load
from tests.gateway import Answer
from tests.world import World

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
OWNER = Person(
    person_id="contact_1",
    kind="contact",
    email="x@example.org",
    account_id="acc",
    department_id="dep",
    sessions_valid_from=NOW,
)
CONTACT, DEPARTMENT, ACCOUNT = OWNER.parties


def agreements(party: Party | None, number: int, **values: Any) -> list[Agreement]:
    """So many with one party, valid now unless something else is said."""
    name = party.kind if party else "default"
    given = {"party": party, "title": name, "valid_from": NOW - timedelta(days=1), "all_services": True} | values
    return [Agreement(agreement_id=f"{name}-{each}", **given) for each in range(number)]


def submit(world: World, token: str, service: str = INCIDENT, key: str = "key-1", **wish: str) -> Answer:
    """A case with this agreement or thing."""
    answers = {"AFFECTED": "ACCOUNT", "IMPACT": "ME", "DESCRIPTION": "I cannot sign in any more."}
    if service == REQUEST:
        answers = {"TOPIC": "OTHER", "MESSAGE": "When is the town hall open?"}
    body = {"service": service, "answers": answers} | wish
    return world.gateway("POST", "/v1/cases", body, token=token, headers={"Idempotency-Key": key})


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ((1, 1, 1), ("contact", 1)),
        ((0, 1, 3), ("department", 1)),
        ((0, 0, 1), ("account", 1)),
        ((1, 5, 5), ("contact", 1)),
        ((2, 1, 1), ("contact", 2)),
        ((0, 2, 1), ("department", 2)),
        ((0, 0, 3), ("account", 3)),
        ((0, 0, 0), ("default", 1)),
    ],
)
def test_the_highest_priority_decides(found: tuple[int, int, int], expected: tuple[str, int]) -> None:
    """Contact before department before account; none of them: the default agreement (C18, C19, C20, C21)."""
    known = agreements(None, 1)
    for party, number in zip((CONTACT, DEPARTMENT, ACCOUNT), found, strict=True):
        known += agreements(party, number)
    offered = candidates(known, OWNER.parties, NOW)
    assert [agreement.title for agreement in offered] == [expected[0]] * expected[1]


@pytest.mark.parametrize(
    ("values", "is_found"),
    [
        ({"valid_from": NOW}, True),
        ({"valid_from": NOW + timedelta(milliseconds=1)}, False),
        ({"valid_until": NOW + timedelta(milliseconds=1)}, True),
        ({"valid_until": NOW}, False),
        ({"active": False}, False),
    ],
)
def test_an_agreement_is_found_while_it_is_valid(values: dict[str, Any], is_found: bool) -> None:  # noqa: FBT001
    """Valid while `valid_from <= now < valid_until`, and active; else it is as if it were not there (C22, D16)."""
    known = agreements(CONTACT, 1, **values) + agreements(ACCOUNT, 1)
    [offered] = candidates(known, OWNER.parties, NOW)
    assert offered.title == ("contact" if is_found else "account")


def test_agreements_with_others_are_not_found() -> None:
    """What was agreed with another contact, department or account plays no part (C18)."""
    others = [Party(kind=party.kind, id="another") for party in OWNER.parties]
    known = [agreement for party in others for agreement in agreements(party, 1)]
    with pytest.raises(DefaultAgreementMissing):
        candidates(known, OWNER.parties, NOW)


@given(st.lists(st.tuples(st.sampled_from([CONTACT, DEPARTMENT, ACCOUNT, None]), st.booleans()), max_size=12))
def test_lower_priorities_never_decide(drawn: list[tuple[Party | None, bool]]) -> None:
    """Whatever else there is, taking every lower priority away changes nothing of what is offered (C18, C20)."""
    numbers = count()
    known = [
        agreement.model_copy(update={"agreement_id": f"agreement-{next(numbers)}"})
        for party, active in drawn
        for agreement in agreements(party, 1, active=active)
    ]
    order = [*OWNER.parties, None]
    try:
        offered = candidates(known, OWNER.parties, NOW)
    except DefaultAgreementMissing:
        assert not any(agreement.active for agreement in known)
        return
    place = order.index(offered[0].party)
    without_lower = [agreement for agreement in known if order.index(agreement.party) <= place]
    assert candidates(without_lower, OWNER.parties, NOW) == offered
    assert not any(agreement.active for agreement in known if order.index(agreement.party) < place)


def test_where_none_of_several_covers_a_service_no_choice_helps() -> None:
    """Nobody is asked to choose between agreements that all leave the service out (C11, C20)."""
    covers = {"all_services": False, "services": (CoveredService(service=INCIDENT),)}
    offered = candidates(agreements(CONTACT, 2, **covers), OWNER.parties, NOW)
    with pytest.raises(ServiceNotAvailable):
        chosen(offered, REQUEST, None)
    with pytest.raises(AgreementChoiceRequired):
        chosen(offered, INCIDENT, None)


def test_the_only_agreement_of_the_highest_priority_is_set(world: World) -> None:
    """RI-1: contact 0, department 1, account 1: the department's is set by itself, and locked (C10, C18, C19)."""
    load(world)
    ana = world.sign_in(ANA)
    created = submit(world, ana)
    assert created.status == 201, created.body
    assert created.json["agreement"] == {"agreement_id": "DEP-GOLD", "title": "Gold for Ops"}
    url = f"/v1/cases/{created.json['case_id']}"
    locked = world.gateway("PATCH", url, {"agreement_id": "AC-STD"}, token=ana)
    assert (locked.status, locked.code) == (409, "fields_locked")
    assert [error["pointer"] for error in locked.json["errors"]] == ["/agreement_id"]
    assert world.view(ana, created.json["case_id"])["agreement"]["agreement_id"] == "DEP-GOLD"


def test_a_contact_without_department_has_the_account_s_agreement(world: World) -> None:
    """RI-2: Bob belongs to Acme and to no department (C18)."""
    load(world)
    created = submit(world, world.sign_in(BOB))
    assert created.json["agreement"]["agreement_id"] == "AC-STD"


def test_of_several_agreements_the_customer_chooses(world: World) -> None:
    """RI-3: two of the department: candidates are those two; without choice 422; the choice is saved, then locked.

    So are category and service (C9, C20, C23).
    """
    ask, _ = load(world)
    agree(ask, "DEP-SILVER", "department", "acme-ops")
    ana = world.sign_in(ANA)
    before = len(world.items())
    refused = submit(world, ana)
    assert (refused.status, refused.code) == (422, "agreement_choice_required")
    assert [each["agreement_id"] for each in refused.json["candidates"]] == ["DEP-GOLD", "DEP-SILVER"]
    assert [error["pointer"] for error in refused.json["errors"]] == ["/agreement_id"]
    assert len(world.items()) == before
    other = submit(world, ana, agreement_id="AC-STD")
    assert (other.status, other.code) == (422, "agreement_not_offered")
    chosen = submit(world, ana, agreement_id="DEP-SILVER")
    assert chosen.json["agreement"]["agreement_id"] == "DEP-SILVER"
    url = f"/v1/cases/{chosen.json['case_id']}"
    for field, value in (("agreement_id", "DEP-GOLD"), ("category", "service_request"), ("service", REQUEST)):
        locked = world.gateway("PATCH", url, {field: value}, token=ana)
        assert (locked.status, [error["pointer"] for error in locked.json["errors"]]) == (409, [f"/{field}"])
    same = world.gateway("PATCH", url, {"agreement_id": "DEP-SILVER", "category": "incident"}, token=ana)
    assert (same.status, same.headers["ETag"]) == (200, chosen.headers["ETag"])


def test_who_has_no_agreement_has_the_default_one(world: World) -> None:
    """RI-4: neither Eve nor her account has any (C21)."""
    load(world)
    assert submit(world, world.sign_in(EVE)).json["agreement"]["agreement_id"] == "DEFAULT"


def test_a_portal_without_default_agreement_says_so(world: World) -> None:
    """None found and no default: the configuration is named as what is wrong, and nothing is saved (C21).

    Whoever loads agreements without one is told at once.
    """
    _, report = load(world, without="DEFAULT")
    assert ["default" in line for line in report.refused] == [True]
    eve = world.sign_in(EVE)
    before = len(world.items())
    answer = submit(world, eve)
    assert (answer.status, answer.code) == (503, "default_agreement_missing")
    assert len(world.items()) == before


def test_a_service_outside_the_agreement_is_not_available(world: World) -> None:
    """RI-5: Ana's agreement covers incidents only; what Acme's covers does not count for her (C11, C18)."""
    load(world)
    answer = submit(world, world.sign_in(ANA), REQUEST)
    assert (answer.status, answer.code) == (422, "service_not_available")
    assert [error["pointer"] for error in answer.json["errors"]] == ["/service"]


@pytest.mark.parametrize(
    ("address", "services"),
    [(ANA, [INCIDENT]), (BOB, ["access-request", REQUEST, INCIDENT]), (EVE, ["access-request", REQUEST, INCIDENT])],
)
def test_customers_see_the_services_of_their_agreements(world: World, address: str, services: list[str]) -> None:
    """The list holds what can be chosen, for who is signed in; for everybody else it holds all (C11)."""
    load(world)
    token = world.sign_in(address)
    shown = world.gateway("GET", "/v1/services", token=token).json["data"]
    assert [service["service"] for service in shown] == services
    assert len(world.gateway("GET", "/v1/services").json["data"]) == 3
    assert world.gateway("GET", "/v1/services", token="nobody.x").status == 401


def test_the_category_is_the_service_s(world: World) -> None:
    """RI-6: a client that sends one is refused; what is stored is the service's (C9)."""
    load(world)
    ana = world.sign_in(ANA)
    answer = submit(world, ana, category="consultation")
    assert (answer.status, [error["pointer"] for error in answer.json["errors"]]) == (422, ["/category"])
    assert submit(world, ana).json["category"] == "incident"


def test_an_agreement_promises_before_its_service(world: World) -> None:
    """Ana's deadlines are those of her agreement, Bob's those of the service (C44, C25)."""
    load(world)
    by = {
        address: {each["kind"]: each for each in submit(world, world.sign_in(address)).json["deadlines"]}
        for address in (ANA, BOB)
    }
    assert {deadline["promised_by"] for deadline in by[ANA].values()} == {"agreement"}
    assert by[ANA].keys() == {"response", "resolution"}
    assert "agreement" not in {deadline["promised_by"] for deadline in by[BOB].values()}


def test_an_ended_agreement_counts_no_more(world: World) -> None:
    """From the moment at which it ends the next priority decides, for new cases; saved ones keep theirs (C10, C22)."""
    ask, _ = load(world)
    soon = datetime.now(UTC) + timedelta(days=1)
    agree(ask, "SHORT", "contact", ANA, valid_until=soon.isoformat(timespec="seconds"))
    ana = world.sign_in(ANA)
    first = submit(world, ana)
    assert first.json["agreement"]["agreement_id"] == "SHORT"
    world.move_clock(timedelta(days=2))
    ana = world.sign_in(ANA)
    assert submit(world, ana, key="key-2").json["agreement"]["agreement_id"] == "DEP-GOLD"
    assert world.view(ana, first.json["case_id"])["agreement"]["agreement_id"] == "SHORT"


def test_a_preview_tells_what_a_case_would_be_saved_with(world: World) -> None:
    """Category, agreement or candidates, thing and deadlines, before anything is saved (C7, C8, C20, C25)."""
    ask, _ = load(world)
    ana = world.sign_in(ANA)
    wish = {"service": INCIDENT, "configuration_item_id": "laptop-ana"}
    before = world.items()
    seen = world.gateway("POST", "/v1/cases/preview", wish, token=ana).json
    assert (seen["category"], seen["subject"]) == ("incident", "Report an incident: Incident")
    assert (seen["agreement"]["agreement_id"], seen["configuration_item"]["name"]) == ("DEP-GOLD", "Ana's laptop")
    assert [deadline["kind"] for deadline in seen["deadlines"]] == ["response", "resolution"]
    assert "candidates" not in seen
    assert world.items() == before
    agree(ask, "DEP-SILVER", "department", "acme-ops")
    seen = world.gateway("POST", "/v1/cases/preview", wish, token=ana).json
    assert [each["agreement_id"] for each in seen["candidates"]] == ["DEP-GOLD", "DEP-SILVER"]
    assert "agreement" not in seen
    chosen = world.gateway("POST", "/v1/cases/preview", wish | {"agreement_id": "DEP-SILVER"}, token=ana)
    assert chosen.json["agreement"]["agreement_id"] == "DEP-SILVER"
