"""Case numbers: by template, and never the same twice."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.client import BaseClient

from functions.cases import numbers
from functions.settings import settings
from tests.world import World


class PerThread(threading.local):
    """What a function's container keeps: each thread stands for one of its own."""

    def setdefault(self, name: str, default: list[int]) -> list[int]:
        kept: list[int] = self.__dict__.setdefault(name, default)
        return kept


@pytest.fixture
def parallel(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many containers at once; moto does one call at a time, as it must, and what is between calls interleaves."""
    one_call, call = threading.Lock(), BaseClient._make_api_call  # type: ignore[attr-defined]

    def locked(*given: Any) -> Any:
        with one_call:
            return call(*given)

    monkeypatch.setattr(BaseClient, "_make_api_call", locked)
    monkeypatch.setattr(numbers, "_leases", PerThread())


def test_numbers_count_on_by_template(world: World, ana: str) -> None:
    """Each service counts for itself, in six digits behind its prefix and the year (C3)."""
    made = [world.create(ana, key=f"c{n}").json["number"] for n in range(12)]
    year = datetime.now(UTC).year
    assert made == [f"SR-{year}-{n:06}" for n in range(1, 13)]
    assert world.create(ana, "report-incident", key="i").json["number"] == f"INC-{year}-000001"


def test_numbers_begin_anew_with_the_year(world: World, ana: str) -> None:
    """The year of a number is the year of its case (C3)."""
    world.create(ana)
    now = datetime.now(UTC)
    world.move_clock(datetime(now.year + 1, 1, 1, tzinfo=UTC) - now + timedelta(seconds=60))
    created = world.create(world.sign_in("ana@example.org"), key="key-2").json
    assert (created["created_at"][:4], created["number"]) == (f"{now.year + 1}", f"SR-{now.year + 1}-000001")


def test_a_number_that_is_taken_is_passed_over(world: World, ana: str) -> None:
    """Should the counter ever fall back, the transaction finds the number taken, and takes the next one (C3, C28)."""
    taken = [world.create(ana, key=key).json["number"] for key in ("one", "two")]
    numbers._leases.clear()
    [counter] = [item for item in world.items() if item["pk"]["S"].startswith("COUNTER#")]
    world.database.delete_item(TableName=settings.table_name, Key={name: counter[name] for name in ("pk", "sk")})
    created = world.create(ana, key="three")
    assert (created.status, created.json["number"] in taken) == (201, False)


def test_no_number_is_given_twice_however_many_create_at_once(world: World, ana: str, parallel: None) -> None:
    """Eight functions that create at the same time never share a number; gaps are allowed (C3, C28, D1)."""
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: world.create(ana, key=f"key-{n}"), range(40)))
    assert [answer.status for answer in answers] == [201] * 40
    assert len({answer.json["number"] for answer in answers}) == 40
    assert len({answer.json["case_id"] for answer in answers}) == 40


def test_one_key_sent_many_times_at_once_makes_one_case(world: World, ana: str, parallel: None) -> None:
    """The transaction decides who was first; everybody gets that answer (A3, F23)."""
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: world.create(ana), range(8)))
    assert {(answer.status, answer.body) for answer in answers} == {(201, answers[0].body)}
    assert sum("Idempotent-Replayed" not in answer.headers for answer in answers) == 1
    assert len(world.gateway("GET", "/v1/cases", token=ana).json["data"]) == 1
