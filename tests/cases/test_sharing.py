"""Sharing a case: who reads it, what they may do, and that all of it ends when it should."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.cases import sharing
from functions.cases.item_keys import additions_key
from functions.moment import stamp
from functions.people.budgets import Used
from functions.people.repository import get_by_email, used_in
from functions.table import read
from tests.calls import hooked, recorded
from tests.cases.sharing import BOB, DEE, VIC, Scene, participants, remove, share, shared
from tests.gateway import Answer
from tests.messages.conversation import post
from tests.world import World

NEW = "new.person@example.org"


@pytest.fixture(scope="module")
def scenes(one_world: World) -> Scene:
    return Scene.of(one_world)


@pytest.fixture
def scene(scenes: Scene) -> Scene:
    return scenes.again()


def listed(world: World, token: str, query: str = "") -> list[str]:
    answer = world.gateway("GET", f"/v1/cases{query}", token=token)
    assert answer.status == 200, answer.body
    return [entry["case_id"] for entry in answer.json["data"]]


def view(scene: Scene, token: str) -> Answer:
    return scene.world.gateway("GET", f"/v1/cases/{scene.case_id}", token=token)


def timeline(scene: Scene, token: str) -> list[Any]:
    url = f"/v1/cases/{scene.case_id}/timeline?order=newest_first"
    return list(scene.world.gateway("GET", url, token=token).json["data"])


def later(scene: Scene, **by: float) -> str:
    now = datetime.fromisoformat(view(scene, scene.ana).json["changed_at"])
    return stamp(now + timedelta(**by))


def test_each_role_may_what_it_gives(scene: Scene) -> None:
    """The view says what may be done, by the function that refuses the rest (A1, D14, C33)."""
    allowed = {token: set(view(scene, token).json["allowed_actions"]) for token in (scene.bob, scene.vic, scene.dee)}
    assert allowed[scene.bob] == {"comment", "attach", "complain"}
    assert allowed[scene.vic] == set()
    assert allowed[scene.dee] == set(view(scene, scene.ana).json["allowed_actions"]) == {*allowed[scene.bob], "cancel"}
    assert post(scene.world, scene.bob, scene.case_id).status == 201
    assert post(scene.world, scene.vic, scene.case_id).code == "owner_only"
    cancel = f"/v1/cases/{scene.case_id}/cancel"
    assert scene.world.gateway("POST", cancel, token=scene.bob).code == "owner_only"
    assert scene.world.gateway("POST", cancel, token=scene.dee).status == 200


def test_a_refusal_names_what_its_reader_may_do_instead(scene: Scene) -> None:
    """Of what the status allows, what the relation gives (C33, D14)."""
    url = f"/v1/cases/{scene.case_id}"
    assert scene.world.gateway("POST", f"{url}/cancel", token=scene.ana).status == 200
    named = {}
    for token, verb, body in (
        (scene.bob, "messages", {"text": "One more thing."}),
        (scene.staff, "messages", {"text": "One more thing."}),
        (scene.dee, "reopen", {}),
    ):
        refused = scene.world.gateway("POST", f"{url}/{verb}", body, token=token)
        assert (refused.code, refused.json["case_status"]) == ("action_not_allowed", "canceled")
        named[token] = refused.json["allowed_actions"]
    assert named == {scene.bob: ["complain"], scene.staff: [], scene.dee: ["complain", "rate"]}


def test_a_case_is_shared_by_its_owner_and_the_team(scene: Scene) -> None:
    """The support desk helps (F18); a delegate does everything but this, and strangers learn nothing (D14, G1)."""
    answers = {
        token: share(scene.world, token, scene.case_id, f"{number}@example.org", "viewer")
        for number, token in enumerate((scene.ana, scene.staff, scene.dee, scene.bob, scene.vic, scene.eve))
    }
    codes = [answer.json.get("code") for answer in answers.values()]
    assert codes == [None, None, "owner_only", "owner_only", "owner_only", "case_not_found"]


def test_a_participant_sees_that_case_and_nothing_else(scene: Scene) -> None:
    """It stands among those that are shared, apart from one's own (A1, A19, A25)."""
    other = scene.world.create(scene.ana, key="other").json["case_id"]
    own = scene.world.create(scene.bob, key="own").json["case_id"]
    assert listed(scene.world, scene.bob) == [own]
    assert listed(scene.world, scene.bob, "?filter=shared_with_me") == [scene.case_id]
    assert set(listed(scene.world, scene.ana)) == {scene.case_id, other}
    assert listed(scene.world, scene.ana, "?filter=shared_with_me") == []
    assert scene.world.gateway("GET", f"/v1/cases/{other}", token=scene.bob).code == "case_not_found"


def test_a_stranger_finds_the_case_nowhere(scene: Scene) -> None:
    """Whatever route of the case is tried, byte for byte what an unknown one answers (RI-27, G1)."""

    def tried(case_id: str) -> list[dict[str, Any]]:
        found = []
        for method, path, body in (
            ("GET", "", None),
            ("GET", "/messages", None),
            ("GET", "/timeline", None),
            ("GET", "/participants", None),
            ("POST", "/participants", {"email": NEW, "role": "viewer"}),
            ("DELETE", f"/participants/{scene.parts[BOB]}", None),
            ("POST", "/messages", {"text": "Hello."}),
            ("POST", "/read", {"sequence": 1}),
        ):
            answer = scene.world.gateway(method, f"/v1/cases/{case_id}{path}", body, token=scene.eve)
            assert answer.status == 404
            found.append({name: value for name, value in answer.json.items() if name not in ("instance", "request_id")})
        return found

    assert tried(scene.case_id) == tried("case_01JD0000000000000000000000")


def test_an_address_that_nobody_has_becomes_a_contact(scene: Scene) -> None:
    """Who signs in with it then finds the case; the answer is made by the same calls as for a known one (A1, S4)."""
    calls, answers = [], []
    for email in (NEW, "eve@example.org", "customer-relations@portico.example"):
        with recorded() as made:
            answers.append(share(scene.world, scene.ana, scene.case_id, email, "viewer"))
        calls.append([call.operation for call in made])
    assert calls[0] == calls[1] == calls[2] == ["dynamodb.BatchGetItem", "dynamodb.TransactWriteItems"]
    assert [answer.json["name"] for answer in answers] == [
        NEW,
        "eve@example.org",
        "customer-relations@portico.example",
    ]
    assert {frozenset(answer.json) for answer in answers} == {frozenset(answers[0].json)}
    assert all(b"contact_" not in answer.body and b"staff_" not in answer.body for answer in answers)
    person = get_by_email(NEW)
    assert person is not None
    token = scene.world.sign_in(NEW)
    assert token.startswith(person.person_id)
    assert listed(scene.world, token, "?filter=shared_with_me") == [scene.case_id]


def test_a_staff_member_gains_nothing_by_an_invitation(scene: Scene) -> None:
    """Listed like anybody; reads cases by the team alone, and the team goes on working (G1, F18)."""
    other = scene.world.staff("noc")
    for email in ("noc@portico.example", "customer-relations@portico.example"):
        shared(scene.world, scene.ana, scene.case_id, email, "viewer")
    assert view(scene, other).code == "case_not_found"
    assert listed(scene.world, other, "?filter=shared_with_me") == []
    assert post(scene.world, scene.staff, scene.case_id, audience="internal").status == 201


def test_addresses_are_shown_to_who_shares_the_case(scene: Scene) -> None:
    """The owner and the team see them; others their own, and of the rest the beginning (D14, G2)."""
    full = [BOB, VIC, DEE]
    assert [each["name"] for each in participants(scene.world, scene.ana, scene.case_id)] == full
    assert [each["name"] for each in participants(scene.world, scene.staff, scene.case_id)] == full
    seen = participants(scene.world, scene.vic, scene.case_id)
    assert [(each["name"], each["is_you"]) for each in seen] == [
        ("b…@example.org", False),
        (VIC, True),
        ("d…@example.org", False),
    ]
    post(scene.world, scene.bob, scene.case_id)
    for token in (scene.vic, scene.dee):
        urls = [f"/v1/cases/{scene.case_id}{what}" for what in ("", "/messages", "/timeline", "/participants")]
        bodies = [scene.world.gateway("GET", url, token=token).body for url in urls]
        assert [body for body in bodies if BOB.encode() in body or b"ana@example.org" in body] == []


def test_each_change_stands_in_the_timeline_and_is_told(scene: Scene) -> None:
    """Added, changed, removed: who, how far, until when, by whom; with the state of the case (A1, B6)."""
    until = later(scene, days=2)
    part = shared(scene.world, scene.ana, scene.case_id, NEW, "viewer")
    assert shared(scene.world, scene.ana, scene.case_id, NEW, "delegate", until=until) == part
    assert shared(scene.world, scene.ana, scene.case_id, NEW, "delegate", until=until) == part
    assert remove(scene.world, scene.staff, scene.case_id, part).status == 204
    entries = [entry for entry in timeline(scene, scene.ana) if entry["type"] == "case.participant_changed"][:3]
    assert [(entry["participant"], entry["author"]["kind"]) for entry in entries] == [
        ({"change": "removed", "name": NEW, "role": None, "until": until}, "organisation"),
        ({"change": "changed", "name": NEW, "role": "delegate", "until": until}, "customer"),
        ({"change": "added", "name": NEW, "role": "viewer", "until": None}, "customer"),
    ]
    scene.world.settle()
    told = [e["data"] for e in scene.world.events_told(scene.case_id) if "participant_changed" in e["type"]][-3:]
    assert [(data["change"], data["email"], data["role"]) for data in told] == [
        ("added", NEW, "viewer"),
        ("changed", NEW, "delegate"),
        ("removed", NEW, None),
    ]
    assert [each["email"] for each in told[-1]["case"]["participants"]] == [BOB, VIC, DEE]


def test_who_is_removed_is_a_stranger_from_the_next_request_on(scene: Scene) -> None:
    """No reading, no writing, no mark, no entry in the list, nothing unread (A25, A11, G1)."""
    scene.world.command("message.post", scene.case_id, {"text": "News."})
    assert remove(scene.world, scene.ana, scene.case_id, scene.parts[BOB]).status == 204
    assert view(scene, scene.bob).code == "case_not_found"
    assert post(scene.world, scene.bob, scene.case_id).code == "case_not_found"
    mark = scene.world.gateway("POST", f"/v1/cases/{scene.case_id}/read", {"sequence": 1}, token=scene.bob)
    assert mark.code == "case_not_found"
    assert listed(scene.world, scene.bob, "?filter=shared_with_me") == []
    assert scene.world.gateway("GET", "/v1/cases/unread", token=scene.bob).json == {"unread": 0}
    assert remove(scene.world, scene.ana, scene.case_id, scene.parts[BOB]).code == "participant_not_found"
    post(scene.world, scene.ana, scene.case_id)
    assert listed(scene.world, scene.bob, "?filter=shared_with_me") == []


def test_what_was_answered_once_is_not_answered_again_to_who_was_removed(scene: Scene) -> None:
    """A repeated key opens nothing: byte for byte what a new one answers; who leaves may repeat that (A25, G1, R1)."""
    key = {"Idempotency-Key": "key-of-dee"}
    cancel = f"/v1/cases/{scene.case_id}/cancel"
    assert scene.world.gateway("POST", cancel, token=scene.dee, headers=key).status == 200
    assert scene.world.gateway("POST", cancel, token=scene.dee, headers=key).headers["Idempotent-Replayed"] == "true"
    assert remove(scene.world, scene.ana, scene.case_id, scene.parts[DEE]).status == 204
    assert scene.world.gateway("POST", cancel, token=scene.dee, headers=key).code == "case_not_found"
    leave = f"/v1/cases/{scene.case_id}/participants/{scene.parts[VIC]}"
    left = [scene.world.gateway("DELETE", leave, token=scene.vic, headers=key).status for _ in range(2)]
    assert left == [204, 204]


def test_who_takes_part_may_leave(scene: Scene) -> None:
    """Oneself and nobody else; the owner stays (D14)."""
    assert remove(scene.world, scene.vic, scene.case_id, scene.parts[BOB]).code == "owner_only"
    assert remove(scene.world, scene.vic, scene.case_id, scene.parts[VIC]).status == 204
    assert view(scene, scene.vic).code == "case_not_found"
    assert [each["name"] for each in participants(scene.world, scene.ana, scene.case_id)] == [BOB, DEE]


def test_a_part_that_is_over_counts_nowhere(scene: Scene) -> None:
    """From that moment on: not read, not listed, not unread; it can be removed, and be given anew (A25, D16)."""
    shared(scene.world, scene.ana, scene.case_id, BOB, until=later(scene, hours=1))
    scene.world.command("message.post", scene.case_id, {"text": "News."})
    assert listed(scene.world, scene.bob, "?filter=shared_with_me&unread=true") == [scene.case_id]
    scene.world.move_clock(timedelta(hours=1))
    assert view(scene, scene.bob).code == "case_not_found"
    assert post(scene.world, scene.bob, scene.case_id).code == "case_not_found"
    for query in ("?filter=shared_with_me", "?filter=shared_with_me&unread=true"):
        assert listed(scene.world, scene.bob, query) == []
    assert scene.world.gateway("GET", "/v1/cases/unread", token=scene.bob).json == {"unread": 0}
    assert len(participants(scene.world, scene.ana, scene.case_id)) == 3
    again = shared(scene.world, scene.ana, scene.case_id, BOB)
    assert again != scene.parts[BOB]
    assert view(scene, scene.bob).json["unread"] is True
    assert [each["name"] for each in participants(scene.world, scene.ana, scene.case_id)] == [VIC, DEE, BOB]


def test_a_case_that_is_shared_is_unread_until_it_is_opened(scene: Scene) -> None:
    """So that it is found; what was read before it was shared plays no part (F15, D1)."""
    assert scene.world.gateway("GET", "/v1/cases/unread", token=scene.vic).json == {"unread": 1}
    sequence = view(scene, scene.vic).json["sequence"]
    scene.world.gateway("POST", f"/v1/cases/{scene.case_id}/read", {"sequence": sequence}, token=scene.vic)
    assert scene.world.gateway("GET", "/v1/cases/unread", token=scene.vic).json == {"unread": 0}
    assert scene.world.gateway("GET", "/v1/cases/unread", token=scene.bob).json == {"unread": 1}


def test_what_cannot_be_shared_is_refused_by_name(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """The owner, a time that is past, one too many; an unknown role or address is a 422 (D14, D16, S9)."""
    assert sharing.PARTICIPANTS == 20
    monkeypatch.setattr(sharing, "PARTICIPANTS", 4)
    assert share(scene.world, scene.ana, scene.case_id, "ana@example.org").code == "owner_takes_part"
    past = share(scene.world, scene.ana, scene.case_id, NEW, until=later(scene, hours=-1))
    assert (past.status, past.code, past.json["errors"][0]["pointer"]) == (422, "until_past", "/until")
    shared(scene.world, scene.ana, scene.case_id, "ned@example.org", "viewer", until=later(scene, hours=1))
    assert share(scene.world, scene.ana, scene.case_id, NEW).code == "too_many_participants"
    assert share(scene.world, scene.ana, scene.case_id, BOB, "viewer").status == 201
    scene.world.move_clock(timedelta(hours=1))
    assert share(scene.world, scene.ana, scene.case_id, NEW).status == 201, "whose time is over makes room"
    for body, pointer in (({"role": "owner"}, "/role"), ({"email": "nobody"}, "/email"), ({"until": 5}, "/until")):
        sent = {"email": NEW, "role": "viewer"} | body
        answer = scene.world.gateway("POST", f"/v1/cases/{scene.case_id}/participants", sent, token=scene.ana)
        assert (answer.status, [error["pointer"] for error in answer.json["errors"]]) == (422, [pointer])


def test_one_person_adds_twenty_people_a_day(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over all cases, and whoever was removed since; another role costs none; Portico is no cannon for mail (K3)."""
    other = scene.world.create(scene.ana, key="other").json["case_id"]
    assert sharing.ADDED_PER_DAY == 20
    monkeypatch.setattr(sharing, "ADDED_PER_DAY", 4)  # of which the scene has used three
    scene.world.move_clock(timedelta(hours=1))
    part = shared(scene.world, scene.ana, other, NEW)
    assert remove(scene.world, scene.ana, other, part).status == 204
    items = scene.world.items()
    refused = share(scene.world, scene.ana, other, NEW)
    assert (refused.status, refused.code) == (429, "too_many_additions")
    assert 82_000 < int(refused.headers["Retry-After"]) <= 82_800
    assert scene.world.items() == items
    assert share(scene.world, scene.ana, scene.case_id, BOB, "viewer").status == 201
    assert share(scene.world, scene.staff, scene.case_id, NEW).status == 201


def test_the_day_of_additions_slides() -> None:
    """Never more than twenty in any 24 hours, half-open (K3, D16)."""
    began = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
    additions = Used()
    for minute in range(sharing.ADDED_PER_DAY):
        additions = sharing.one_more(additions, began + timedelta(minutes=minute))
    with pytest.raises(sharing.TooManyAdditions) as refused:
        sharing.one_more(additions, began + timedelta(hours=23, minutes=59))
    assert refused.value.members == {"retry_after": 60}
    additions = sharing.one_more(additions, began + timedelta(days=1))
    assert len(additions.uses) == sharing.ADDED_PER_DAY


def test_a_case_shared_twice_at_once_counts_each(scene: Scene) -> None:
    """Another addition of the same person comes between: the budget is read again, and both count (R2, K3)."""
    other = scene.world.create(scene.ana, key="other").json["case_id"]
    first: list[str] = []

    def share_first(model: Any, **_: Any) -> None:
        if model.name == "TransactWriteItems" and not first:
            first.append("on its way")
            shared(scene.world, scene.ana, other, "eve@example.org")

    with hooked({"before-call": share_first}):
        shared(scene.world, scene.ana, scene.case_id, NEW)
    key = additions_key(scene.ana.partition(".")[0])
    assert len(used_in(read(key), key).uses) == 5


def test_a_repeated_request_shares_once(scene: Scene) -> None:
    """The same key, the same answer, one event; a version that was read is held to (R1)."""
    stale = share(scene.world, scene.ana, scene.case_id, NEW, headers={"If-Match": '"1"'})
    assert (stale.status, stale.code) == (412, "version_mismatch")
    answers = [
        share(scene.world, scene.ana, scene.case_id, NEW, headers={"Idempotency-Key": "share-1"}) for _ in range(2)
    ]
    assert answers[0].body == answers[1].body
    assert answers[1].headers["Idempotent-Replayed"] == "true"
    changed = [entry for entry in timeline(scene, scene.ana) if entry["type"] == "case.participant_changed"]
    assert sum(entry["participant"]["name"] == NEW for entry in changed) == 1
