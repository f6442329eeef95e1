"""Which cases a list holds: by whose they are to the reader, and by what is asked of them."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from functions.cases import lists
from tests.calls import recorded
from tests.cases.sharing import shared
from tests.gateway import Answer
from tests.rewind import Moment
from tests.world import World

LONG_AGO, TOMORROW = "2020-01-01T00:00:00Z", "2100-01-01T00:00:00.000+02:00"


@dataclass(frozen=True)
class Scene:
    """Ana of Acme has a canceled case, a resolved one and two that are new, oldest first; Bob reads the last.

    Ola reads the cases of Acme; Eve has one that is nobody's business.
    """

    world: World
    moment: Moment
    admin: str
    ana: str
    bob: str
    ola: str
    eve: str
    cases: list[str]

    @classmethod
    def of(cls, world: World) -> "Scene":
        world.reset()
        admin = world.administrator()
        ana, bob, ola, eve = (world.sign_in(f"{name}@example.org") for name in ("ana", "bob", "ola", "eve"))
        account = {"account_id": "acme", "name": "Acme"}
        world.gateway("POST", "/v1/admin/accounts", account, token=admin, headers={"Idempotency-Key": "k"})
        describe(world, admin, ana, account_id="acme")
        describe(world, admin, ola, account_id="acme", roles=["organisation_reader"])
        cases = []
        for key, status in (("1", "canceled"), ("2", "resolved"), ("3", "new"), ("4", "new")):
            cases.append(world.case_in(status, ana, key=key))
            world.move_clock(timedelta(seconds=2))
        shared(world, ana, cases[3], "bob@example.org")
        world.create(eve)
        return cls(world, Moment.of(world), admin, ana, bob, ola, eve, cases)


@pytest.fixture(scope="module")
def scenes(one_world: World) -> Scene:
    return Scene.of(one_world)


@pytest.fixture
def scene(scenes: Scene) -> Scene:
    scenes.moment.restore(scenes.world)
    return scenes


def describe(world: World, admin: str, token: str, **said: Any) -> Answer:
    """What the administrator says of that contact."""
    url = f"/v1/admin/contacts/{token.partition('.')[0]}"
    answer = world.gateway("PUT", url, {"name": "Somebody", **said}, token=admin)
    assert answer.status == 200, answer.body
    return answer


def asked(scene: Scene, token: str, **query: Any) -> Answer:
    return scene.world.gateway("GET", f"/v1/cases?{urlencode(query)}", token=token)


def ids(scene: Scene, token: str, **query: Any) -> list[str]:
    answer = asked(scene, token, **query)
    assert answer.status == 200, answer.body
    return [entry["case_id"] for entry in answer.json["data"]]


def test_three_lists_hold_three_sets(scene: Scene) -> None:
    """What I own, what is shared with me, what my organisation has: apart, newest change first (A19, A25)."""
    one, two, three, four = scene.cases
    assert ids(scene, scene.ana) == ids(scene, scene.ana, filter="mine") == [four, three, two, one]
    assert ids(scene, scene.bob, filter="shared_with_me") == [four]
    assert ids(scene, scene.ola, filter="organisation") == [four, three, two, one]
    assert ids(scene, scene.bob) == ids(scene, scene.ola) == ids(scene, scene.ola, filter="shared_with_me") == []


def test_an_organisation_reader_reads_and_does_nothing_else(scene: Scene) -> None:
    """Every case of the account, with what customers see of it; neither a mark nor a word (A25, D14)."""
    url = f"/v1/cases/{scene.cases[2]}"
    seen = scene.world.view(scene.ola, scene.cases[2])
    assert (seen["allowed_actions"], seen["unread"]) == ([], False)
    for method, path, body in (
        ("POST", "/messages", {"text": "Hello."}),
        ("POST", "/read", {"sequence": 1}),
        ("POST", "/cancel", {}),
    ):
        assert scene.world.gateway(method, url + path, body, token=scene.ola).code == "owner_only"
    post = scene.world.gateway("POST", f"{url}/messages", {"text": "News."}, token=scene.ana)
    assert post.status == 201
    assert ids(scene, scene.ola, filter="organisation")[0] == scene.cases[2]


def test_reading_an_organisation_takes_the_role_at_every_request(scene: Scene) -> None:
    """Only who has it may ask; who had it is a stranger from then on (A12, A25, G1)."""
    assert asked(scene, scene.ana, filter="organisation").code == "organisation_reader_only"
    assert asked(scene, scene.eve, filter="organisation").status == 403
    changed = describe(scene.world, scene.admin, scene.ola, account_id="acme")
    assert changed.json["roles"] == []
    assert asked(scene, scene.ola, filter="organisation").status == 403
    assert scene.world.gateway("GET", f"/v1/cases/{scene.cases[0]}", token=scene.ola).code == "case_not_found"


def test_a_status_and_a_category_are_asked_for(scene: Scene) -> None:
    """Only such cases, in the same order; both together mean both (A25)."""
    one, two, three, four = scene.cases
    assert ids(scene, scene.ana, status="new") == [four, three]
    assert ids(scene, scene.ana, status="resolved", category="service_request") == [two]
    assert ids(scene, scene.ana, category="incident") == []
    assert ids(scene, scene.ola, filter="organisation", status="canceled") == [one]


def test_what_has_changed_since_then_is_asked_for(scene: Scene) -> None:
    """At that time or later (D16), in whatever zone it is given."""
    entries = asked(scene, scene.ana).json["data"]
    assert ids(scene, scene.ana, updated_since=entries[1]["changed_at"]) == scene.cases[:1:-1]
    assert ids(scene, scene.ana, updated_since=LONG_AGO, status="resolved") == [scene.cases[1]]
    assert ids(scene, scene.ana, updated_since=TOMORROW) == []
    assert ids(scene, scene.ana, updated_since=TOMORROW, unread="true") == []


def test_what_is_unread_is_asked_for(scene: Scene) -> None:
    """Of mine, or of what is shared with me, newest message first (F15, D1)."""
    _, _, three, four = scene.cases
    for case_id in (three, four):
        scene.world.command("message.post", case_id, {"text": "News."}, f"news-{case_id}")
        scene.world.move_clock(timedelta(seconds=1))
    assert ids(scene, scene.ana, unread="true") == [four, three]
    assert ids(scene, scene.ana, unread="true", updated_since=LONG_AGO, status="in_progress") == [four, three]
    assert ids(scene, scene.bob, unread="true", filter="shared_with_me") == [four]
    assert ids(scene, scene.bob, unread="true") == []
    scene.world.gateway("POST", f"/v1/cases/{four}/read", {"sequence": 10**6}, token=scene.ana)
    assert ids(scene, scene.ana, unread="true") == [three]
    assert ids(scene, scene.bob, unread="true", filter="shared_with_me") == [four]


def test_a_page_costs_the_same_however_little_is_wanted(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is found among so many entries, may hold less than was asked for, and leads on to all of it."""
    monkeypatch.setattr(lists, "LOOKED_AT", 3)
    url, shown = "/v1/cases?status=new&limit=1", []
    while url:
        with recorded() as calls:
            answer = scene.world.gateway("GET", url, token=scene.ana)
        assert [call.operation for call in calls] == ["dynamodb.BatchGetItem", "dynamodb.Query"]
        shown.append([entry["case_id"] for entry in answer.json["data"]])
        link = answer.headers.get("Link", "").partition("<")[2].partition(">")[0]
        url = link and f"/v1/cases{link}"
        assert bool(url) == answer.json["page"]["has_more"]
    assert [case_id for page in shown for case_id in page] == [scene.cases[3], scene.cases[2]]
    assert max(map(len, shown)) == 1
    monkeypatch.setattr(lists, "LOOKED_AT", 2)
    first = asked(scene, scene.ana, status="canceled").json
    assert (first["data"], first["page"]["has_more"]) == ([], True)


def test_a_cursor_fits_the_filters_that_it_was_given_for(scene: Scene) -> None:
    """Not another list, nor other wishes (D8)."""
    cursor = asked(scene, scene.ana, limit=1).json["page"]["after"]
    for other in ({"filter": "shared_with_me"}, {"status": "new"}, {"unread": "true"}, {"updated_since": LONG_AGO}):
        assert asked(scene, scene.ana, after=cursor, **other).code == "cursor_invalid"


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"filter": "everything"}, "/filter"),
        ({"status": "draft"}, "/status"),
        ({"category": "complaint"}, "/category"),
        ({"unread": "false"}, "/unread"),
        ({"updated_since": "2026-01-01"}, "/updated_since"),
        ({"updated_since": "1767225600"}, "/updated_since"),
        ({"filter": "organisation", "unread": "true"}, "/unread"),
    ],
)
def test_a_value_that_does_not_exist_is_refused(scene: Scene, query: dict[str, str], pointer: str) -> None:
    """And named; never silently ignored (S9)."""
    answer = asked(scene, scene.ola, **query)
    assert (answer.status, answer.code) == (422, "validation_failed")
    assert [error["pointer"] for error in answer.json["errors"]] == [pointer]
