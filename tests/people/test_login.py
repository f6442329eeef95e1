"""Switching a login off: the person is out with the next request, and nobody can tell from outside."""

import re
from datetime import timedelta

import pytest

from app import app
from functions.people.actions import PersonNotFound
from tests.calls import recorded
from tests.front_door import ANA, ask, ask_only, enter, mails_to
from tests.http.scene import BODIES
from tests.world import World

MINUTE = timedelta(minutes=1)
SIGNED_IN = sorted(
    f"{method} {path}"
    for path, methods in app.routes.items()
    for method, route in methods.items()
    if hasattr(route.view_function, "operation") and not route.view_function.operation.public
)


@pytest.fixture
def ana(world: World) -> str:
    """The token of Ana's session."""
    return world.customer(ANA)


def _person_id(token: str) -> str:
    return token.partition(".")[0]


@pytest.mark.parametrize("door", SIGNED_IN)
def test_a_disabled_login_is_out_with_the_next_request_at_every_door(world: World, ana: str, door: str) -> None:
    """No route that needs a session lets one go on for a moment; nothing is written (A11, F8)."""
    case = world.create(ana).json
    method, _, path = door.partition(" ")
    places = dict.fromkeys(re.findall(r"{(\w+)}", path), "x")
    url = path.format(**places | {"case_id": case["case_id"], "task_id": f"task_{case['case_id']}_x"})
    world.set_login(_person_id(ana), "disabled")
    before = world.items()
    refused = world.gateway(
        method,
        url,
        BODIES.get(path) if method in ("POST", "PUT", "PATCH") else None,
        token=ana,
        headers={"Idempotency-Key": "key-2"},
    )
    assert (refused.status, refused.code) == (401, "not_signed_in")
    assert world.items() == before


def test_there_are_doors_to_close() -> None:
    """The test above sees the routes: some need a session, some do not."""
    assert "GET /v1/me" in SIGNED_IN
    assert "GET /v1/cases/{case_id}" in SIGNED_IN
    assert "POST /v1/otp/challenges" not in SIGNED_IN


def test_a_repeated_request_of_a_disabled_login_is_not_replayed(world: World, ana: str) -> None:
    """What was answered before is not answered again to somebody who may not ask any more."""
    assert world.create(ana).status == 201
    world.set_login(_person_id(ana), "disabled")
    assert world.create(ana).status == 401


def test_disabling_ends_every_session_of_that_person_and_of_nobody_else(world: World, ana: str) -> None:
    """All devices of one person, no device of another."""
    world.move_clock(MINUTE)
    tablet, ben = world.sign_in(ANA), world.sign_in("ben@example.org")
    world.set_login(_person_id(ana), "disabled")
    assert [_me(world, token) for token in (ana, tablet, ben)] == [401, 401, 200]


def test_enabling_again_revives_no_old_session(world: World, ana: str) -> None:
    """Who was switched off signs in anew; the sessions from before stay over (A11)."""
    world.set_login(_person_id(ana), "disabled")
    world.move_clock(MINUTE)
    world.set_login(_person_id(ana), "enabled")
    assert _me(world, ana) == 401
    again = world.sign_in(ANA)
    assert _me(world, again) == 200
    assert _person_id(again) == _person_id(ana)


def test_cases_keep_their_history_while_a_login_is_off(world: World, ana: str) -> None:
    """What was there before is there again afterwards (A11)."""
    case_id = world.create(ana).json["case_id"]
    world.settle()
    before = world.gateway("GET", f"/v1/cases/{case_id}/timeline", token=ana).json["data"]
    world.set_login(_person_id(ana), "disabled")
    world.move_clock(MINUTE)
    world.set_login(_person_id(ana), "enabled")
    again = world.sign_in(ANA)
    assert world.gateway("GET", f"/v1/cases/{case_id}/timeline", token=again).json["data"] == before


def test_a_disabled_login_is_mailed_no_code(world: World, ana: str) -> None:
    """The answer is that of everybody, by the same calls to AWS; the mail is not sent (S4)."""
    world.set_login(_person_id(ana), "disabled")
    world.move_clock(MINUTE)
    answers, calls = [], []
    for address in (ANA, "new@example.org"):
        with recorded() as made:
            answers.append(world.gateway("POST", "/v1/otp/challenges", {"email": address}))
        calls.append([(call.operation, call.site) for call in made])
    world.settle()
    assert [answer.status for answer in answers] == [202, 202]
    assert [set(answer.json) for answer in answers] == [{"challenge_id", "expires_in"}] * 2
    assert len(answers[0].body) == len(answers[1].body)
    assert calls[0] == calls[1]
    assert (mails_to(world, ANA), mails_to(world, "new@example.org")) == (1, 1)


def test_a_wrong_code_for_a_disabled_login_is_answered_like_any_other(world: World, ana: str) -> None:
    """Guessing does not tell whether a login is off (S4)."""
    world.set_login(_person_id(ana), "disabled")
    world.move_clock(MINUTE)
    seen = []
    for address in (ANA, "new@example.org"):
        challenge = ask(world, address)
        with recorded() as made:
            answers = [enter(world, challenge, "WRONG") for _ in range(4)]
        told = [(answer.status, answer.code, answer.json.get("attempts_left")) for answer in answers]
        seen.append((told, [(call.operation, call.site) for call in made]))
    assert seen[0] == seen[1]


def test_a_code_that_was_mailed_before_the_disabling_does_not_sign_in(world: World, ana: str) -> None:
    """The right code, in time, first attempt: 410, and no session comes to be (A11)."""
    world.move_clock(MINUTE)
    challenge = ask(world, ANA)
    assert mails_to(world, ANA) == 2
    world.set_login(_person_id(ana), "disabled")
    sessions = _sessions(world)
    refused = enter(world, challenge, world.pin(ANA))
    assert (refused.status, refused.code) == (410, "otp_expired")
    assert _sessions(world) == sessions


def test_a_code_that_waits_to_be_mailed_is_not_mailed_after_the_disabling(world: World, ana: str) -> None:
    """Whether a mail may leave is decided when it leaves."""
    world.move_clock(MINUTE)
    ask_only(world, ANA)
    world.set_login(_person_id(ana), "disabled")
    world.settle()
    assert mails_to(world, ANA) == 1


@pytest.mark.parametrize("kind", ["contact", "staff"])
def test_an_administrator_switches_a_login_off_and_on(world: World, kind: str) -> None:
    """Whether of a contact or a staff member; who did it stands in the history, and twice is once (A11, A24)."""
    token = world.sign_in(ANA) if kind == "contact" else world.staff("streets")
    url, admin = f"/v1/admin/people/{_person_id(token)}/login", world.administrator()
    off = world.gateway("PUT", url, {"login": "disabled"}, token=admin)
    assert (off.status, off.json) == (200, {"person_id": _person_id(token), "login": "disabled"})
    assert _me(world, token) == 401
    items = world.items()
    again = world.gateway("PUT", url, {"login": "disabled"}, token=admin)
    assert (again.status, again.headers["ETag"]) == (200, off.headers["ETag"])
    assert world.items() == items
    assert world.gateway("PUT", url, {"login": "enabled"}, token=admin).json["login"] == "enabled"
    history = [item for item in world.items() if item["pk"]["S"] == f"HISTORY#{kind}#{_person_id(token)}"]
    assert [item["changed_by"]["S"] for item in history] == [_person_id(admin)] * 2
    assert _me(world, token) == 401


def test_nobody_switches_their_own_login(world: World) -> None:
    """An administrator is not locked out, nor is the last one (A11)."""
    admin = world.administrator()
    refused = world.gateway("PUT", f"/v1/admin/people/{_person_id(admin)}/login", {"login": "disabled"}, token=admin)
    assert (refused.status, refused.code) == (409, "own_login")
    assert _me(world, admin) == 200


def test_only_a_person_has_a_login(world: World) -> None:
    """An id of nobody is refused, and makes nobody."""
    with pytest.raises(PersonNotFound):
        world.set_login("contact_01J00000000000000000000000", "disabled")
    assert world.items() == []


def _me(world: World, token: str) -> int:
    return world.gateway("GET", "/v1/me", token=token).status


def _sessions(world: World) -> list[str]:
    return sorted(item["sk"]["S"] for item in world.items() if item["sk"]["S"].startswith("SESSION#"))
