"""Administrators keep accounts, departments, contacts, configuration items and agreements."""

from datetime import timedelta
from typing import Any

import pytest

from tests import acme
from tests.acme import ANA
from tests.gateway import BASE, Answer
from tests.world import World

AGREEMENT: dict[str, Any] = {
    "agreement_id": "GOLD",
    "title": "Gold",
    "party": {"kind": "account", "id": "acme"},
    "valid_from": "2026-01-01T00:00:00Z",
    "all_services": True,
}
THING = {"configuration_item_id": "van", "name": "Van", "owner": {"kind": "account", "id": "acme"}}
RECORDS: dict[str, tuple[dict[str, Any], str]] = {
    "accounts": ({"account_id": "hooli", "name": "Hooli"}, "account_id"),
    "departments": ({"department_id": "it", "account_id": "acme", "name": "IT"}, "department_id"),
    "configuration-items": (THING, "configuration_item_id"),
    "agreements": (AGREEMENT, "agreement_id"),
}


@pytest.fixture
def admin(world: World) -> str:
    """The session of an administrator of a portal that knows Acme."""
    acme.load(world)
    world.move_clock(timedelta(minutes=2))
    return world.sign_in("admin@portico.example", ip="198.51.100.98")


def add(world: World, token: str, kind: str, record: dict[str, Any], key: str = "key") -> Answer:
    return world.gateway("POST", f"/v1/admin/{kind}", record, token=token, headers={"Idempotency-Key": key})


@pytest.mark.parametrize("kind", RECORDS)
def test_a_record_is_added_read_listed_and_changed(world: World, admin: str, kind: str) -> None:
    """What was written is there at once, one by one and in the list; a change makes the next version (A3, A4)."""
    record, id_field = RECORDS[kind]
    added = add(world, admin, kind, record)
    assert added.status == 201, added.body
    url = added.location
    assert url == f"{BASE}/v1/admin/{kind}/{record[id_field]}"
    assert world.gateway("GET", url, token=admin).json == added.json
    listed = world.gateway("GET", f"/v1/admin/{kind}?limit=100", token=admin).json["data"]
    assert [each for each in listed if each[id_field] == record[id_field]] == [added.json]
    name = "title" if kind == "agreements" else "name"
    changed = world.gateway(
        "PUT", url, record | {name: "Another"}, token=admin, headers={"If-Match": added.headers["ETag"]}
    )
    assert (changed.status, changed.json["version"], changed.json[name]) == (200, 2, "Another")
    assert world.gateway("GET", url, token=admin).json == changed.json


@pytest.mark.parametrize("kind", RECORDS)
def test_a_change_of_what_has_changed_is_refused(world: World, admin: str, kind: str) -> None:
    """`If-Match` with an older version is 412; another id than the address's is 422; unknown is 404."""
    record, id_field = RECORDS[kind]
    added = add(world, admin, kind, record)
    url = added.location
    old = world.gateway("PUT", url, record, token=admin, headers={"If-Match": '"7"'})
    assert (old.status, old.code) == (412, "version_mismatch")
    moved = world.gateway("PUT", url, record | {id_field: "other"}, token=admin)
    assert (moved.status, [error["pointer"] for error in moved.json["errors"]]) == (422, [f"/{id_field}"])
    for method in ("GET", "PUT"):
        answer = world.gateway(method, f"/v1/admin/{kind}/none", record, token=admin)
        assert (answer.status, answer.code) == (404, "record_not_found")


@pytest.mark.parametrize("kind", RECORDS)
def test_what_stays_as_it_is_is_no_change(world: World, admin: str, kind: str) -> None:
    """The same record again writes nothing."""
    record, _ = RECORDS[kind]
    url = add(world, admin, kind, record).location
    before = world.items()
    assert world.gateway("PUT", url, record, token=admin).json["version"] == 1
    assert world.items() == before


@pytest.mark.parametrize("kind", RECORDS)
def test_an_id_is_taken_once(world: World, admin: str, kind: str) -> None:
    """Two administrators do not overwrite each other; the same request again is the same record."""
    record, _ = RECORDS[kind]
    first = add(world, admin, kind, record)
    again = add(world, admin, kind, record)
    assert (again.status, again.json) == (201, first.json)
    assert again.headers == first.headers | {"Idempotent-Replayed": "true"}
    other = add(world, admin, kind, record, key="other")
    assert (other.status, other.code) == (409, "id_taken")


@pytest.mark.parametrize("kind", RECORDS)
def test_every_version_is_kept_with_who_wrote_it(world: World, admin: str, kind: str) -> None:
    """The history of a record is written with the record, in one transaction, and never again."""
    record, id_field = RECORDS[kind]
    added = add(world, admin, kind, record)
    name = "title" if kind == "agreements" else "name"
    world.gateway("PUT", added.location, record | {name: "Another"}, token=admin)
    history = [item for item in world.items() if item["pk"]["S"].startswith("HISTORY#")]
    versions = [item for item in history if item["pk"]["S"].endswith(f"#{record[id_field]}")]
    me = world.gateway("GET", "/v1/me", token=admin).json["person_id"]
    assert [(item["version"]["N"], item["changed_by"]["S"]) for item in versions] == [("1", me), ("2", me)]
    assert "Another" in versions[1]["data"]["S"]
    assert "Another" not in versions[0]["data"]["S"]


@pytest.mark.parametrize(
    ("kind", "change", "pointer"),
    [
        ("accounts", {"name": None}, "/name"),
        ("accounts", {"name": " "}, "/name"),
        ("accounts", {"account_id": "a b"}, "/account_id"),
        ("accounts", {"colour": "red"}, "/colour"),
        ("departments", {"account_id": None}, "/account_id"),
        ("departments", {"account_id": "none"}, "/account_id"),
        ("configuration-items", {"owner": {"kind": "account", "id": "none"}}, "/owner/id"),
        ("configuration-items", {"owner": {"kind": "contact", "id": "none@acme.example"}}, "/owner/id"),
        ("configuration-items", {"owner": {"kind": "robot", "id": "x"}}, "/owner/kind"),
        ("agreements", {"party": {"kind": "department", "id": "none"}}, "/party/id"),
        ("agreements", {"services": [{"service": "passports"}]}, "/services/0/service"),
        ("agreements", {"valid_until": "2026-01-01T00:00:00Z"}, "/valid_until"),
        ("agreements", {"valid_from": "2026-01-01"}, "/valid_from"),
        ("agreements", {"valid_from": 0}, "/valid_from"),
        ("agreements", {"all_services": False}, "/services"),
        ("agreements", {"active": "yes"}, "/active"),
        (
            "agreements",
            {
                "services": [
                    {
                        "service": "contact-us",
                        "terms": {"response": {"amount": 1, "unit": "working_hours", "calendar": "no"}},
                    }
                ]
            },
            "/services/0/terms/response/calendar",
        ),
    ],
)
def test_a_wrong_record_names_its_field(
    world: World, admin: str, kind: str, change: dict[str, Any], pointer: str
) -> None:
    """Missing, malformed or of something that is not there: 422 with the field, and nothing is written (A3)."""
    before = world.items()
    record = {name: value for name, value in (RECORDS[kind][0] | change).items() if value is not None}
    answer = add(world, admin, kind, record)
    assert answer.status == 422, answer.body
    assert [error["pointer"] for error in answer.json["errors"]] == [pointer]
    assert world.items() == before


def test_a_department_stays_with_its_account(world: World, admin: str) -> None:
    """Its contacts are associated with both, and would be with neither (A6)."""
    moved = {"department_id": "acme-ops", "account_id": "globex", "name": "Ops"}
    answer = world.gateway("PUT", "/v1/admin/departments/acme-ops", moved, token=admin)
    assert (answer.status, answer.code) == (409, "department_fixed")


def test_there_is_one_default_agreement(world: World, admin: str) -> None:
    """A second one would be a second answer to who gets it (C21)."""
    second = {name: value for name, value in AGREEMENT.items() if name != "party"}
    answer = add(world, admin, "agreements", second)
    assert (answer.status, answer.code) == (409, "too_many_agreements")


def test_an_agreement_moves_to_another_party_at_once(world: World, admin: str) -> None:
    """From then on it counts for the one and no more for the other (C18)."""
    gold = world.gateway("GET", "/v1/admin/agreements/DEP-GOLD", token=admin).json
    wish = {name: gold[name] for name in ("agreement_id", "title", "valid_from", "services")}
    moved = wish | {"party": {"kind": "account", "id": "globex"}}
    assert world.gateway("PUT", "/v1/admin/agreements/DEP-GOLD", moved, token=admin).status == 200
    applied = {
        address: world.gateway(
            "POST", "/v1/cases/preview", {"service": "report-incident"}, token=world.sign_in(address)
        ).json["agreement"]["agreement_id"]
        for address in (ANA, acme.EVE)
    }
    assert applied == {ANA: "AC-STD", acme.EVE: "DEP-GOLD"}


@pytest.mark.parametrize("kind", ["agreements", "configuration-items"])
def test_what_is_off_is_not_kept(world: World, kind: str) -> None:
    """A deployment without the feature has no such records, and says so (A5)."""
    admin = world.administrator()
    for answer in (
        add(world, admin, kind, RECORDS[kind][0]),
        world.gateway("GET", f"/v1/admin/{kind}", token=admin),
        world.gateway("GET", f"/v1/admin/{kind}/x", token=admin),
    ):
        assert (answer.status, answer.code) == (404, "module_off")
        assert f"The feature {kind.replace('-', '_')} is off" in answer.json["detail"]


def test_a_list_is_paged_by_id(world: World, admin: str) -> None:
    """Every record once, in order, however small the pages."""
    for number in range(5):
        add(world, admin, "accounts", {"account_id": f"a-{number}", "name": "A"}, key=f"k-{number}")
    url: str | None = "/v1/admin/accounts?limit=2"
    seen = []
    while url:
        page = world.gateway("GET", url, token=admin)
        seen += [account["account_id"] for account in page.json["data"]]
        url = page.next
    assert seen == [*(f"a-{number}" for number in range(5)), "acme", "globex"]
