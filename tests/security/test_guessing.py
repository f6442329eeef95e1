"""200 guesses at once: no more are compared than a challenge has attempts (S3, L27, F2)."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from functions import aws
from functions.otp.model import MAX_ATTEMPTS
from tests.gateway import Answer
from tests.world import World

ANA = "ana@example.org"
GUESSES = 200
AT_ONCE = 20


@pytest.fixture
def turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Single calls take turns in the emulator, which is not made for threads; the guesses do not."""
    endpoint, turn = aws.client("dynamodb")._endpoint, threading.Lock()
    make: Callable[..., Any] = endpoint.make_request

    def one_by_one(*request: Any) -> Any:
        with turn:
            return make(*request)

    monkeypatch.setattr(endpoint, "make_request", one_by_one)


def outcomes(world: World, codes: Iterator[str]) -> Counter[str]:
    """What the guesses were told: `signed_in`, or the code of the problem."""
    challenge = world.gateway("POST", "/v1/otp/challenges", {"email": ANA}).json["challenge_id"]
    world.settle()
    url = f"/v1/otp/challenges/{challenge}/verify"
    ready = threading.Barrier(AT_ONCE)

    def guess(code: str) -> Answer:
        ready.wait()
        return world.gateway("POST", url, {"code": code or world.pin(ANA)})

    with ThreadPoolExecutor(AT_ONCE) as threads:
        answers = list(threads.map(guess, codes))
    return Counter("signed_in" if answer.status == 200 else answer.code for answer in answers)


def test_of_200_wrong_guesses_three_are_compared(world: World, turns: None) -> None:
    """Exactly as many as there are attempts hear that they were wrong; the others hear nothing about their code."""
    told = outcomes(world, (f"wrong-{number}" for number in range(GUESSES)))
    assert told == {"otp_incorrect": MAX_ATTEMPTS, "otp_locked": GUESSES - MAX_ATTEMPTS}


def test_guesses_with_the_right_one_among_them_make_one_session_at_most(world: World, turns: None) -> None:
    """Whichever come first: three comparisons at most, one session at most, and a spent challenge opens nothing."""
    told = outcomes(world, ("" if number % 10 == 5 else f"wrong-{number}" for number in range(GUESSES)))
    assert told["signed_in"] <= 1
    assert told["otp_incorrect"] + told["signed_in"] <= MAX_ATTEMPTS
    assert told.total() == GUESSES
    assert set(told) <= {"signed_in", "otp_incorrect", "otp_locked", "otp_expired"}
