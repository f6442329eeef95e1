"""The CPU of each main request through the real handler, against the raw calls to DynamoDB that it makes.

Rounds are interleaved, so that a busy machine is busy for all alike; ratios count, absolute times don't.
"""

import gc
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from time import process_time
from typing import Any

import boto3
from botocore import xform_name

from app import app
from functions import aws
from functions.cases import numbers
from functions.keys import derive
from tests.bench.wire import Wire
from tests.gateway import LambdaContext

ROUNDS = 11
REPEATED = 20
"""How often a request is made in each round."""

Recordings = dict[str, dict[str, Any]]
Microseconds = dict[str, list[float]]


def measure(recordings: Recordings, progress: Callable[[int, int], None]) -> Iterator[tuple[str, float, float, float]]:
    """Name, and the medians of the handler, of the raw calls with our client, and with a client as it comes."""
    wire = Wire()
    wire.install()
    wire.answer_with([{"status": 200, "headers": {}, "body": json.dumps({"SecretString": "k" * 64})}])
    derive("warm")
    ours, plain = aws.client("dynamodb"), boto3.client("dynamodb")
    times: dict[str, Microseconds] = {name: {"handler": [], "ours": [], "plain": []} for name in recordings}
    for turn in range(-1, ROUNDS):
        for name, recorded in recordings.items():
            wire.answer_with(recorded["calls"])
            for who, took in (
                ("handler", _handler(recorded["event"])),
                ("ours", _raw(ours, recorded["calls"])),
                ("plain", _raw(plain, recorded["calls"])),
            ):
                if turn >= 0:  # the first round compiles models and fills caches
                    times[name][who].append(took)
        progress(turn + 1, ROUNDS)
    for name, taken in times.items():
        yield name, median(taken["handler"]), median(taken["ours"]), median(taken["plain"])


def _handler(event: dict[str, Any]) -> float:
    text, context = json.dumps(event), LambdaContext()
    events = [json.loads(text) for _ in range(REPEATED)]
    with _numbers_leased(), _timed() as taken:
        for each in events:
            answer = app(each, context)
    assert answer["statusCode"] < 400, answer
    return taken[0]


def _raw(client: Any, calls: list[dict[str, Any]]) -> float:
    made = [(getattr(client, xform_name(call["call"])), call["params"]) for call in calls]
    with _timed() as taken:
        for _ in range(REPEATED):
            for call, params in made:
                call(**params)
    return taken[0]


@contextmanager
def _numbers_leased() -> Iterator[None]:
    """A create asks for a block of numbers one time in ten; that is counted elsewhere, as calls are."""
    leased, numbers.next_number = numbers.next_number, lambda *_: "SR-2026-000001"
    try:
        yield
    finally:
        numbers.next_number = leased


@contextmanager
def _timed() -> Iterator[list[float]]:
    """Microseconds of CPU for each repetition."""
    taken = [0.0]
    gc.collect()
    started = process_time()
    yield taken
    taken[0] = (process_time() - started) / REPEATED * 1e6
