"""Contacts that administrators make, and that come to sign in."""

from datetime import timedelta

import pytest

from tests import acme
from tests.acme import ANA
from tests.world import World

DORA = {"email": "Dora@Acme.example", "name": "Dora Lund", "account_id": "acme", "department_id": "acme-ops"}


@pytest.fixture
def admin(world: World) -> str:
    acme.load(world)
    world.move_clock(timedelta(minutes=2))
    return world.sign_in("admin@portico.example", ip="198.51.100.98")


def test_a_contact_is_known_again_when_the_address_signs_in(world: World, admin: str) -> None:
    """The account's contact is the person who proves the address, with name and agreements (A6, D2)."""
    added = world.gateway("POST", "/v1/admin/contacts", DORA, token=admin, headers={"Idempotency-Key": "k"})
    assert added.status == 201, added.body
    dora = world.sign_in("dora@acme.example")
    me = world.gateway("GET", "/v1/me", token=dora).json
    assert (me["person_id"], me["name"]) == (added.json["contact_id"], "Dora Lund")
    seen = world.gateway("POST", "/v1/cases/preview", {"service": "report-incident"}, token=dora).json
    assert seen["agreement"]["agreement_id"] == "DEP-GOLD"


def test_a_contact_is_read_listed_and_changed(world: World, admin: str) -> None:
    """At once, and by version (A4, A6)."""
    added = world.gateway("POST", "/v1/admin/contacts", DORA, token=admin, headers={"Idempotency-Key": "k"})
    url = added.location
    assert world.gateway("GET", url, token=admin).json == added.json
    listed = world.gateway("GET", "/v1/admin/contacts?limit=100", token=admin).json["data"]
    assert added.json in listed
    assert [contact["email"] for contact in listed] == [
        ANA,
        acme.BOB,
        "oda@acme.example",
        acme.EVE,
        "dora@acme.example",
    ]
    old = world.gateway("PUT", url, {"name": "Dora"}, token=admin, headers={"If-Match": '"9"'})
    assert old.status == 412
    changed = world.gateway("PUT", url, {"name": "Dora"}, token=admin, headers={"If-Match": added.headers["ETag"]})
    assert (changed.status, changed.json["version"]) == (200, 2)
    assert changed.json | {"version": 1} == added.json | {"name": "Dora", "account_id": None, "department_id": None}


def test_taking_the_association_away_takes_the_agreement_away(world: World, admin: str) -> None:
    """With the next request, in the session that is open; the cases stay the contact's (A6)."""
    ana = world.sign_in(ANA)
    ask = {"service": "report-incident"}
    before = world.gateway("POST", "/v1/cases/preview", ask, token=ana).json["agreement"]["agreement_id"]
    me = world.gateway("GET", "/v1/me", token=ana).json["person_id"]
    assert world.gateway("PUT", f"/v1/admin/contacts/{me}", {"name": "Ana"}, token=admin).status == 200
    after = world.gateway("POST", "/v1/cases/preview", ask, token=ana).json["agreement"]["agreement_id"]
    assert (before, after) == ("DEP-GOLD", "DEFAULT")


def test_a_contact_who_signed_in_alone_is_attached_later(world: World, admin: str, ben: str) -> None:
    """The address is taken, the answer names the contact, and that one can be associated (A7)."""
    taken = world.gateway(
        "POST",
        "/v1/admin/contacts",
        {"email": "ben@example.org", "name": "Ben"},
        token=admin,
        headers={"Idempotency-Key": "k"},
    )
    assert (taken.status, taken.code) == (409, "address_taken")
    me = world.gateway("GET", "/v1/me", token=ben).json["person_id"]
    assert taken.json["contact_id"] == me
    url = f"/v1/admin/contacts/{me}"
    assert world.gateway("PUT", url, {"name": "Ben", "account_id": "acme"}, token=admin).status == 200
    seen = world.gateway("POST", "/v1/cases/preview", {"service": "contact-us"}, token=ben).json
    assert seen["agreement"]["agreement_id"] == "AC-STD"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"name": None}, "/name"),
        ({"email": "no address"}, "/email"),
        ({"account_id": "none"}, "/account_id"),
        ({"department_id": "none"}, "/department_id"),
        ({"account_id": "globex"}, "/department_id"),
        ({"account_id": None}, "/department_id"),
    ],
)
def test_a_wrong_contact_names_its_field(world: World, admin: str, change: dict[str, str | None], pointer: str) -> None:
    """A department is one of the contact's account; nothing is written (A3, A6)."""
    before = world.items()
    body = {name: value for name, value in (DORA | change).items() if value is not None}
    answer = world.gateway("POST", "/v1/admin/contacts", body, token=admin, headers={"Idempotency-Key": "k"})
    assert (answer.status, [error["pointer"] for error in answer.json["errors"]]) == (422, [pointer])
    assert world.items() == before


def test_a_staff_member_is_no_contact(world: World, admin: str) -> None:
    """Neither by address nor by id, and the answer does not tell who it is (F1)."""
    me = world.gateway("GET", "/v1/me", token=admin).json["person_id"]
    body = {"email": "admin@portico.example", "name": "A"}
    taken = world.gateway("POST", "/v1/admin/contacts", body, token=admin, headers={"Idempotency-Key": "k"})
    assert (taken.status, "contact_id" in taken.json) == (409, False)
    assert world.gateway("GET", f"/v1/admin/contacts/{me}", token=admin).status == 404
