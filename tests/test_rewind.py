"""A scene that was played comes back as it was, and only where it would have come out the same: a test of the tests."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.rewind import footprint
from tests.world import World

ANA = "ana@example.org"


def play(world: World, plays: list[str]) -> str:
    """Something of everything that a world holds; the id of a case."""
    plays.append("played")
    world.switch_on("configuration_items")
    return world.case_in("resolved", world.sign_in(ANA))


def all_of_it(world: World) -> tuple[Any, ...]:
    return world.items(), world.stream_records(), world.mailbox(), world.told, footprint(world)


def test_a_scene_is_played_once_and_comes_back_as_it_was(world: World) -> None:
    """The same items, records of the stream, mails, events and features; and what then happens touches none of it."""
    plays: list[str] = []
    case_id = world.played("a scene of its own", lambda: play(world, plays))
    before = all_of_it(world)
    world.create(world.customer("ben@example.org"))
    world.settle()
    for _ in range(2):
        world.reset()
        assert world.played("a scene of its own", lambda: play(world, plays)) == case_id
        assert all_of_it(world) == before
        world.create(world.customer("ben@example.org"))
    assert plays == ["played"]


OTHERWISE: dict[str, Callable[[World], Any]] = {
    "something was written": lambda world: world.gateway("POST", "/v1/otp/challenges", {"email": ANA}),
    "something waits in a queue": lambda world: world.send_raw("{}", "1"),
    "a feature is on": lambda world: world.switch_on("agreements"),
    "the clock was moved": lambda world: world.move_clock(timedelta(hours=1)),
    "other scenes were played": lambda world: world.administrator(),
}


@pytest.mark.parametrize("begin", OTHERWISE.values(), ids=OTHERWISE)
def test_a_scene_is_played_anew_in_another_world(world: World, begin: Callable[[World], Any]) -> None:
    """Whatever else has happened before it, stays."""
    plays: list[str] = []
    world.played("one more", lambda: None)
    world.reset()
    begin(world)
    before = all_of_it(world)
    world.played("one more", lambda: plays.append("played"))
    assert plays == ["played"]
    assert all_of_it(world) == before
