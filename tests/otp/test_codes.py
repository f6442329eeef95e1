"""The code in the mail: what it opens, and how it may be typed."""

from datetime import timedelta

import pytest

from functions.otp.model import FAILURES_PER_DAY
from tests.front_door import ANA, BEN, ask, enter, fail, mails_to
from tests.world import World


def test_the_code_in_the_mail_opens_a_session(world: World) -> None:
    """Who can read the mail is who the address says (L5, L13)."""
    challenge = ask(world, ANA)
    entered = enter(world, challenge, world.pin(ANA))
    assert entered.status == 200, entered.body
    assert world.gateway("GET", "/v1/me", token=entered.json["token"]).json["email"] == ANA


def test_the_answer_says_how_long_the_code_is_valid_and_nothing_else(world: World) -> None:
    """One shape of answer for everybody: the challenge's id and 600 seconds (D11)."""
    answer = world.gateway("POST", "/v1/otp/challenges", {"email": ANA, "purpose": "sign_in"})
    assert answer.status == 202
    assert set(answer.json) == {"challenge_id", "expires_in"}
    assert answer.json["expires_in"] == 600


def test_a_code_has_eight_digits_and_no_two_are_alike(world: World) -> None:
    """Every challenge has a code of its own, eight digits long (D11)."""
    codes = []
    for person in range(4):
        address = f"person-{person}@example.org"
        ask(world, address)
        codes.append(world.pin(address))
    assert all(len(code) == 8 and code.isdecimal() for code in codes)
    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize(
    "typed", ["{0} {1}", "{0}-{1}", "  {0}{1} ", "{0}\N{EN DASH}{1}", "{0}\N{NO-BREAK SPACE}{1}\n"]
)
def test_digits_may_be_typed_in_groups(world: World, typed: str) -> None:
    """Blanks and dashes, which people and mail programs put in, do not make a code wrong."""
    challenge = ask(world, ANA)
    code = world.pin(ANA)
    assert enter(world, challenge, typed.format(code[:4], code[4:])).status == 200


def test_a_long_code_may_be_typed_in_small_letters_and_with_lookalikes(world: World) -> None:
    """O is read as 0, I and L as 1, small letters as capitals, as Crockford's base 32 has it."""
    _provoke_long_codes(world, ANA)
    challenge = ask(world, ANA, ip="198.51.100.7")
    code = world.pin(ANA)
    typed = f"{code[:5]}-{code[5:9]} {code[9:]}".lower().replace("0", "o").replace("1", "l")
    assert len(code) == 13
    assert enter(world, challenge, typed).status == 200


@pytest.mark.parametrize("code", ["", "1" * 41, 12345678, None, ["12345678"]])
def test_what_is_no_code_at_all_spends_no_attempt(world: World, code: object) -> None:
    """A malformed body is refused as such, naming the field; the three attempts stay."""
    challenge = ask(world, ANA)
    refused = world.gateway("POST", f"/v1/otp/challenges/{challenge}/verify", {"code": code})
    assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, "/code")
    assert enter(world, challenge, "WRONG").json["attempts_left"] == 2


def test_the_code_of_another_challenge_is_a_wrong_attempt(world: World) -> None:
    """A code opens only the challenge that it was made for (L26)."""
    of_ana, of_ben = ask(world, ANA), ask(world, BEN)
    refused = enter(world, of_ana, world.pin(BEN))
    assert (refused.status, refused.code, refused.json["attempts_left"]) == (401, "otp_incorrect", 2)
    assert enter(world, of_ben, world.pin(BEN)).status == 200


def test_a_code_is_used_once(world: World) -> None:
    """What has opened a session opens no second one."""
    challenge = ask(world, ANA)
    assert enter(world, challenge, world.pin(ANA)).status == 200
    again = enter(world, challenge, world.pin(ANA))
    assert (again.status, again.code) == (410, "otp_expired")


@pytest.mark.parametrize(
    "challenge", ["chal_01J0000000000000000000000Z" + "a" * 26, "x", "chal_%F0%9F%8D%8B", "a" * 300]
)
def test_a_challenge_that_never_was_is_over(world: World, challenge: str) -> None:
    """Made-up ids answer as codes do that are not valid any more, and leave nothing behind."""
    before = world.items()
    refused = enter(world, challenge, "12345678")
    assert (refused.status, refused.code) == (410, "otp_expired")
    assert world.items() == before


def test_the_mail_holds_the_code_the_portal_and_the_validity_only(world: World) -> None:
    """Nothing that a caller typed is mailed: the mails of two addresses differ in their codes alone."""
    bodies = []
    for address in ("click-here.now@example.org", "call-me@example.com"):
        ask(world, address)
        mail = world.mailbox()[-1]
        text, html = (mail.message.get_body((kind,)) for kind in ("plain", "html"))
        assert text is not None
        assert html is not None
        whole = f"{mail.subject}\n{text.get_content()}\n{html.get_content()}"
        assert whole.count(world.pin(address)) == 2
        bodies.append(whole.replace(world.pin(address), "CODE"))
    assert bodies[0] == bodies[1]
    assert "Portico Town" in bodies[0]
    assert "valid for 10 minutes" in bodies[0]


def test_one_challenge_is_one_mail(world: World) -> None:
    """Asking once mails once."""
    ask(world, ANA)
    world.settle()
    assert mails_to(world, ANA) == 1


def _provoke_long_codes(world: World, address: str) -> None:
    for failures in (3, 3, 3, FAILURES_PER_DAY - 9):
        fail(world, ask(world, address), failures)
        world.move_clock(timedelta(minutes=1))
