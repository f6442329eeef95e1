"""Sessions: who holds the token is the person, until it ends."""

from datetime import timedelta

import pytest

from tests.front_door import ANA, BEN, ask, ask_only, enter
from tests.gateway import Answer
from tests.world import World

VALID_FOR = timedelta(hours=12)
INSTANT = timedelta(milliseconds=1)


@pytest.mark.parametrize(("waited", "status"), [(VALID_FOR - INSTANT, 200), (VALID_FOR, 401)])
def test_a_session_lasts_twelve_hours(world: World, waited: timedelta, status: int) -> None:
    """The clock ends it, to the millisecond, although its item is still in the table."""
    token = world.sign_in(ANA)
    world.move_clock(waited)
    assert world.gateway("GET", "/v1/me", token=token).status == status


def test_the_answer_says_until_when_and_for_whom(world: World) -> None:
    """The session that is shown is the session that is checked."""
    ask_only(world, ANA)
    challenge = ask(world, BEN)
    session = enter(world, challenge, world.pin(BEN)).json
    assert session["expires_at"] == "2026-03-03T00:00:00.000Z"
    me = world.gateway("GET", "/v1/me", token=session["token"]).json
    assert (me["person_id"], me["email"]) == (session["person_id"], BEN)


def test_signing_out_ends_the_session_at_once_and_twice_is_harmless(world: World) -> None:
    """The next request with that token is refused, the second sign-out like any other."""
    token = world.sign_in(ANA)
    out = world.gateway("DELETE", "/v1/sessions/current", token=token)
    assert (out.status, out.body) == (204, b"")
    assert _me(world, token).status == 401
    before = world.items()
    assert world.gateway("DELETE", "/v1/sessions/current", token=token).status == 401
    assert world.items() == before


def test_signing_out_leaves_other_sessions_alone(world: World) -> None:
    """One device signs out; the person's other device, and other people, do not."""
    phone = world.sign_in(ANA)
    world.move_clock(timedelta(minutes=1))
    desk, other = world.sign_in(ANA), world.sign_in(BEN)
    world.gateway("DELETE", "/v1/sessions/current", token=phone)
    assert [_me(world, token).status for token in (phone, desk, other)] == [401, 200, 200]


def test_a_login_that_is_disabled_in_the_instant_of_signing_in_is_out(world: World) -> None:
    """The state of the login counts by itself, also where no time has passed since the session began (F8)."""
    token = world.sign_in(ANA)
    world.set_login(token.partition(".")[0], "disabled")
    assert _me(world, token).status == 401


def test_a_token_that_was_changed_opens_nothing(world: World) -> None:
    """Whatever part is changed, cut or swapped with another's: 401, one answer for all (A18)."""
    ana, ben = world.sign_in(ANA), world.sign_in(BEN)
    person, _, secret = ana.partition(".")
    other = ben.partition(".")[0]
    changed = [
        ana[:-1],
        ana + "x",
        ana[:-1] + ("A" if ana[-1] != "A" else "B"),
        f"{other}.{secret}",
        f"{person}.",
        f".{secret}",
        person,
        secret,
        ana.upper(),
        f"{person}#SESSION.{secret}",
        "x" * 3000,
        f"{'x' * 3000}.{secret}",
        f"{person}.{ben}",
    ]
    answers = [_me(world, token) for token in changed]
    assert {(answer.status, answer.code) for answer in answers} == {(401, "not_signed_in")}
    assert {answer.headers["WWW-Authenticate"] for answer in answers} == {"Bearer"}
    assert _me(world, ana).status == 200


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic {0}", "{0}", "Token {0}"])
def test_a_token_is_taken_only_as_bearer(world: World, header: str | None) -> None:
    """Without the scheme there is no session (RFC 6750)."""
    token = world.sign_in(ANA)
    headers = {"Authorization": header.format(token)} if header is not None else None
    answer = world.gateway("GET", "/v1/me", headers=headers)
    assert (answer.status, answer.code) == (401, "not_signed_in")


def test_the_scheme_may_be_written_in_any_case(world: World) -> None:
    """`bearer` is `Bearer` (RFC 9110)."""
    assert world.gateway("GET", "/v1/me", headers={"Authorization": f"bearer {world.sign_in(ANA)}"}).status == 200


def test_a_token_in_the_query_is_no_session(world: World) -> None:
    """A token never travels in a URL, where logs and referrers would keep it (F9)."""
    token = world.sign_in(ANA)
    assert world.gateway("GET", f"/v1/me?token={token}&access_token={token}").status == 401


def _me(world: World, token: str) -> Answer:
    return world.gateway("GET", "/v1/me", token=token)
