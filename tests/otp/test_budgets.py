"""How many codes are mailed and how many guesses are made before codes become long (L28, S3, S5)."""

from collections.abc import Iterable
from datetime import timedelta

import pytest

from functions.clock import now
from functions.otp.repository import failures_keys
from functions.table import apply, update
from tests.front_door import ANA, BEN, ask, ask_only, enter, fail, mails_to
from tests.world import World

SECOND, MINUTE, HOUR, DAY = (timedelta(**{unit: 1}) for unit in ("seconds", "minutes", "hours", "days"))
QUARTER = timedelta(minutes=15)
INSTANT = timedelta(milliseconds=1)


@pytest.mark.parametrize(("waited", "mails"), [(MINUTE - INSTANT, 1), (MINUTE, 2)])
def test_an_address_gets_one_code_a_minute(world: World, waited: timedelta, mails: int) -> None:
    """The next mail leaves when 60 seconds are over, not before (S5)."""
    ask(world, ANA)
    world.move_clock(waited)
    ask(world, ANA)
    assert mails_to(world, ANA) == mails


def test_an_address_gets_five_codes_an_hour(world: World) -> None:
    """The sixth within the hour is not mailed; one an hour after the first is (S5)."""
    _ask_often(world, 6)
    assert mails_to(world, ANA) == 5
    world.move_clock(HOUR - 6 * MINUTE - INSTANT)
    ask(world, ANA)
    assert mails_to(world, ANA) == 5
    world.move_clock(INSTANT)
    ask(world, ANA)
    assert mails_to(world, ANA) == 6


def test_an_address_gets_ten_codes_a_day(world: World) -> None:
    """The eleventh within 24 hours is not mailed, whatever the hour; one a day after the first is (S5)."""
    for _ in range(3):
        _ask_often(world, 5)
        world.move_clock(HOUR)
    assert mails_to(world, ANA) == 10
    world.move_clock(DAY - 3 * HOUR - 15 * MINUTE - INSTANT)
    ask(world, ANA)
    assert mails_to(world, ANA) == 10
    world.move_clock(INSTANT)
    ask(world, ANA)
    assert mails_to(world, ANA) == 11


def test_an_ip_address_gets_twenty_codes_an_hour(world: World) -> None:
    """The 21st address asked for from one place gets no mail; from another place, or an hour later, it does (S5)."""
    for person in range(21):
        ask_only(world, f"person-{person}@example.org")
    world.settle()
    assert len(world.mailbox()) == 20
    ask(world, "person-20@example.org", ip="198.51.100.7")
    assert len(world.mailbox()) == 21
    world.move_clock(HOUR - INSTANT)
    ask(world, ANA)
    assert len(world.mailbox()) == 21
    world.move_clock(INSTANT)
    ask(world, ANA)
    assert len(world.mailbox()) == 22


def test_over_budget_the_answer_is_the_same(world: World) -> None:
    """Who floods an address learns nothing: status, members and length are those of a code that is mailed."""
    first, second = (world.gateway("POST", "/v1/otp/challenges", {"email": ANA}) for _ in range(2))
    assert first.status == second.status == 202
    assert [type(value) for value in first.json.values()] == [type(value) for value in second.json.values()]
    assert len(first.body) == len(second.body)
    assert first.json["challenge_id"] != second.json["challenge_id"]
    world.settle()
    assert mails_to(world, ANA) == 1


def test_the_budget_of_one_address_is_not_the_budget_of_another(world: World) -> None:
    """Flooding Ana does not keep Ben out."""
    _ask_often(world, 6)
    ask(world, BEN)
    assert mails_to(world, BEN) == 1


def test_signing_in_does_not_give_the_mails_back(world: World) -> None:
    """A success forgives failures, not mails: the sixth of the hour still is not sent (S5)."""
    _ask_often(world, 4)
    assert enter(world, ask(world, ANA), world.pin(ANA)).status == 200
    world.move_clock(MINUTE)
    ask(world, ANA)
    assert mails_to(world, ANA) == 5


@pytest.mark.parametrize(("failures", "length"), [((3, 3, 3), 8), ((3, 3, 3, 1), 13)])
def test_after_ten_failures_in_a_day_codes_are_long(world: World, failures: tuple[int, ...], length: int) -> None:
    """A new code does not reset what was guessed before: the tenth failure of the day makes codes long (L28, S3)."""
    _fail_often(world, failures)
    ask(world, ANA)
    assert len(world.pin(ANA)) == length


def test_the_last_short_code_takes_only_the_guesses_that_are_left(world: World) -> None:
    """After nine failures of a day a code in digits bears one wrong try, not three: ten are ten (S3)."""
    _fail_often(world, (3, 3, 3))
    challenge = ask(world, ANA)
    assert enter(world, challenge, "WRONG").json["attempts_left"] == 0
    assert enter(world, challenge, world.pin(ANA)).code == "otp_locked"


def test_a_day_later_codes_are_short_again(world: World) -> None:
    """The limit of a day ends with the day."""
    _fail_often(world, (3, 3, 3, 1))
    world.move_clock(DAY)
    ask(world, ANA)
    assert len(world.pin(ANA)) == 8


def test_after_fifty_failures_since_the_last_success_codes_are_long(world: World) -> None:
    """A guesser who stays under the limit of each day meets the one that no day ends (S3)."""
    for _ in range(5):
        _fail_often(world, (3, 3, 3))
        world.move_clock(DAY)
    _fail_often(world, (3, 1))
    ask(world, ANA)
    assert len(world.pin(ANA)) == 8, "after 49"
    world.move_clock(DAY)
    _fail_often(world, (1,))
    world.move_clock(30 * DAY)
    ask(world, ANA)
    assert len(world.pin(ANA)) == 13, "after 50"


def test_a_success_forgives_failures(world: World) -> None:
    """Who gets in with the code, though after nine wrong ones, begins from nothing."""
    _fail_often(world, (3, 3, 3))
    assert enter(world, ask(world, ANA), world.pin(ANA)).status == 200
    world.move_clock(HOUR)
    _fail_often(world, (3, 3, 3))
    ask(world, ANA)
    assert len(world.pin(ANA)) == 8


def test_guesses_at_one_address_do_not_lengthen_the_codes_of_another(world: World) -> None:
    """Long codes are for the address that is attacked."""
    _fail_often(world, (3, 3, 3, 1))
    ask(world, BEN)
    assert len(world.pin(BEN)) == 8


def test_a_long_code_opens_and_takes_three_attempts_like_any_other(world: World) -> None:
    """Under attack the owner still gets in: no lockout, a longer code (S3)."""
    _fail_often(world, (3, 3, 3, 1))
    challenge = ask(world, ANA)
    fail(world, challenge, 2)
    assert enter(world, challenge, world.pin(ANA)).status == 200


def test_when_too_many_guesses_fail_anywhere_all_new_codes_are_long(world: World) -> None:
    """The breaker: the 200th failure of an hour, whoever is meant, makes everybody's new codes long (S3)."""
    _fail_elsewhere(199)
    challenge = ask(world, ANA)
    assert len(world.pin(ANA)) == 8
    fail(world, challenge, 1)
    ask(world, BEN)
    assert len(world.pin(BEN)) == 13
    assert enter(world, challenge, world.pin(ANA)).status == 200, "a code that is out already stays as it is"
    world.move_clock(HOUR + QUARTER)
    ask(world, BEN)
    assert len(world.pin(BEN)) == 8


@pytest.mark.parametrize("waited", [SECOND, HOUR - MINUTE])
def test_the_turn_of_the_hour_forgives_nothing(world: World, waited: timedelta) -> None:
    """Guesses before the full hour count after it, an hour long: nobody gets twice as many by the clock (S3)."""
    turn = now().replace(minute=0, second=0, microsecond=0) + HOUR
    world.move_clock(turn - MINUTE - now())
    _fail_elsewhere(199)
    world.move_clock(waited + MINUTE)
    challenge = ask(world, ANA)
    assert len(world.pin(ANA)) == 8
    fail(world, challenge, 1)
    ask(world, BEN)
    assert len(world.pin(BEN)) == 13


def _fail_elsewhere(times: int) -> None:
    """So many guesses fail at other addresses, some at each."""
    for key in failures_keys(now())[:3]:
        apply(update(key, "ADD failures :some", {"some": times // 3}))
    apply(update(failures_keys(now())[3], "ADD failures :some", {"some": times % 3}))


def _ask_often(world: World, times: int) -> None:
    """Ask for codes for Ana, a minute apart."""
    for _ in range(times):
        ask(world, ANA)
        world.move_clock(MINUTE)


def _fail_often(world: World, failures: Iterable[int]) -> None:
    """Ask for codes for Ana, a minute apart, and fail so often at each; nobody reads the mails."""
    for times in failures:
        fail(world, ask_only(world, ANA), times)
        world.move_clock(MINUTE)
