"""How often and how long a code may be tried."""

from datetime import timedelta

import pytest

from tests.front_door import ANA, ask, ask_only, enter, fail, mails_to
from tests.refusals import refused
from tests.world import World

VALID_FOR = timedelta(minutes=10)
INSTANT = timedelta(milliseconds=1)


def test_the_third_attempt_may_still_be_right(world: World) -> None:
    """Wrong, wrong, right is signed in (L20, D11)."""
    challenge = ask(world, ANA)
    code = world.pin(ANA)
    near = f"{int(code) ^ 1:08}"
    left = [enter(world, challenge, wrong).json["attempts_left"] for wrong in (near, "WRONG")]
    assert left == [2, 1]
    assert enter(world, challenge, code).status == 200


def test_after_three_wrong_codes_the_right_one_is_locked_out(world: World) -> None:
    """After the last attempt even the right code answers 410, again and again: start anew (L20)."""
    challenge = ask(world, ANA)
    answers = [enter(world, challenge, code) for code in ("WRONG",) * 3 + (world.pin(ANA),) * 2]
    assert [(answer.status, answer.code) for answer in answers] == [(401, "otp_incorrect")] * 3 + [
        (410, "otp_locked")
    ] * 2
    assert answers[2].json["attempts_left"] == 0


@pytest.mark.parametrize(
    ("waited", "status"), [(VALID_FOR - INSTANT, 200), (VALID_FOR, 410), (VALID_FOR + INSTANT, 410)]
)
def test_a_code_is_valid_while_less_than_ten_minutes_have_passed(world: World, waited: timedelta, status: int) -> None:
    """Valid while `now < issued + valid_for`, to the millisecond (L19, D16)."""
    challenge = ask(world, ANA)
    world.move_clock(waited)
    answer = enter(world, challenge, world.pin(ANA))
    assert answer.status == status
    assert status == 200 or answer.code == "otp_expired"


def test_a_late_wrong_code_says_late_and_not_wrong(world: World) -> None:
    """After its time a challenge tells nobody whether a code was right."""
    challenge = ask(world, ANA)
    world.move_clock(VALID_FOR)
    assert enter(world, challenge, "WRONG").code == "otp_expired"


def test_a_locked_challenge_stays_closed_when_its_time_is_over(world: World) -> None:
    """No way leads back from 410: locked first, expired later (L19, L20)."""
    challenge = ask(world, ANA)
    fail(world, challenge, 3)
    world.move_clock(VALID_FOR)
    answer = enter(world, challenge, world.pin(ANA))
    assert (answer.status, answer.code) == (410, "otp_expired")


def test_a_new_challenge_voids_the_one_before(world: World) -> None:
    """Of two codes for one address only the newer one opens (L28)."""
    old = ask(world, ANA)
    old_code = world.pin(ANA)
    world.move_clock(timedelta(minutes=1))
    new = ask(world, ANA)
    assert mails_to(world, ANA) == 2
    refused = enter(world, old, old_code)
    assert (refused.status, refused.code) == (410, "otp_expired")
    assert enter(world, new, world.pin(ANA)).status == 200


def test_a_challenge_over_the_budget_leaves_the_one_before_alone(world: World) -> None:
    """Asking again too soon does not cost anybody the code that is on its way."""
    challenge = ask(world, ANA)
    refused = ask(world, ANA)
    assert enter(world, refused, world.pin(ANA)).code == "otp_expired"
    assert enter(world, challenge, world.pin(ANA)).status == 200


def test_an_attempt_that_meets_another_write_is_not_spent(world: World) -> None:
    """DynamoDB refuses an update while a transaction is at the same item: 503, to be tried again, all attempts left."""
    challenge = ask(world, ANA)
    with refused("dynamodb.UpdateItem", "TransactionConflictException"):
        answer = enter(world, challenge, world.pin(ANA))
    assert (answer.status, answer.code, answer.headers["Retry-After"]) == (503, "busy", "1")
    fail(world, challenge, 2)
    assert enter(world, challenge, world.pin(ANA)).status == 200


@pytest.mark.parametrize("overtaken", [False, True])
def test_a_code_that_is_over_before_its_mail_leaves_is_not_mailed(world: World, *, overtaken: bool) -> None:
    """A mail that was late, or whose challenge a newer one has voided, would only mislead."""
    ask_only(world, ANA)
    world.move_clock(timedelta(minutes=1) if overtaken else VALID_FOR)
    if overtaken:
        ask_only(world, ANA)
    world.settle()
    assert mails_to(world, ANA) == overtaken
