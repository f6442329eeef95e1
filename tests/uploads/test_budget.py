"""How many files one person may announce within a day, and how large they may be together (E8)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.people.budgets import Used
from functions.people.repository import used_in
from functions.table import read
from functions.uploads.model import BYTES_PER_DAY, FILES_PER_DAY, SIZE_LIMIT, TooManyUploads, one_more
from functions.uploads.repository import announced_key
from tests.calls import hooked
from tests.uploads.files import announce, announced
from tests.world import World

BEGAN = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


def used(*sizes: int) -> Used:
    """A file of each size, minute by minute."""
    spent = Used()
    for minute, size in enumerate(sizes):
        spent = one_more(spent, size, BEGAN + timedelta(minutes=minute))
    return spent


def test_nobody_fills_the_store(world: World, ana: str, ben: str) -> None:
    """Over the budget nothing is written and the answer says when to come again; others go on (E8, S20)."""
    key = {"Idempotency-Key": "key-1"}
    first = announce(world, ana, size=SIZE_LIMIT, headers=key)
    for _ in range(BYTES_PER_DAY // SIZE_LIMIT - 1):
        announced(world, ana, size=SIZE_LIMIT)
    before = world.items()
    refused = announce(world, ana, size=1)
    assert (refused.status, refused.code) == (429, "too_many_uploads")
    assert 86_000 < int(refused.headers["Retry-After"]) <= 86_400
    assert world.items() == before
    assert announce(world, ana, size=SIZE_LIMIT, headers=key).body == first.body
    assert announce(world, ben, size=1).status == 201
    world.move_clock(timedelta(seconds=int(refused.headers["Retry-After"])))
    assert announce(world, world.sign_in("ana@example.org"), size=SIZE_LIMIT).status == 201


@pytest.mark.parametrize(
    ("spent", "size", "frees"),
    [
        (used(*[1] * (FILES_PER_DAY - 1)), SIZE_LIMIT, 0),
        (used(*[1] * FILES_PER_DAY), 1, 1),
        (used(*[SIZE_LIMIT] * 19, SIZE_LIMIT - 1), 1, 0),
        (used(*[SIZE_LIMIT] * 20), 1, 1),
        (used(1, *[SIZE_LIMIT] * 19, SIZE_LIMIT - 1), 2, 2),
        (used(*[1] * 60, *[SIZE_LIMIT] * 19, *[1] * 20), SIZE_LIMIT, 61),
    ],
)
def test_the_day_slides(spent: Used, size: int, frees: int) -> None:
    """Never more than the budget in any 24 hours, half-open; the wait is as long as it has to be (E8, D16)."""
    now = BEGAN + timedelta(hours=23)
    if frees:
        with pytest.raises(TooManyUploads) as refused:
            one_more(spent, size, now)
        assert refused.value.members == {"retry_after": 3600 + (frees - 1) * 60}
        now += timedelta(seconds=refused.value.members["retry_after"])
        with pytest.raises(TooManyUploads):
            one_more(spent, size, now - timedelta(milliseconds=1))
    after = one_more(spent, size, now)
    assert len(after.uses) == len(spent.uses) - frees + 1


def test_files_that_are_announced_at_once_all_count(world: World, ana: str) -> None:
    """A browser sends them side by side: what comes between is counted, too, and nobody is refused for it (R2, E8)."""
    first: list[str] = []

    def announce_first(model: Any, **_: Any) -> None:
        if model.name == "TransactWriteItems" and not first:
            first.append("on its way")
            announced(world, ana, size=2)

    with hooked({"before-call": announce_first}):
        announced(world, ana, size=3)
    key = announced_key(ana.partition(".")[0])
    assert [use.amount for use in used_in(read(key), key).uses] == [2, 3]
