"""What a request costs: its calls to AWS, the capacity units that DynamoDB says it consumed, and its time."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.calls import hooked

READS = {"Query", "BatchGetItem", "GetItem", "Scan", "TransactGetItems"}


@dataclass(frozen=True)
class Cost:
    calls: float = 0
    read_units: float = 0
    write_units: float = 0
    milliseconds: float = 0


def metered(work: Callable[[], None]) -> Cost:
    """Do it, and tell what it has cost."""
    calls, read, written = 0, 0.0, 0.0

    def ask(params: dict[str, Any], model: Any, **_: Any) -> None:
        nonlocal calls
        calls += 1
        if "ReturnConsumedCapacity" in model.input_shape.members:
            params["ReturnConsumedCapacity"] = "INDEXES"  # the total alone leaves some of a transaction out

    def note(parsed: dict[str, Any], model: Any, **_: Any) -> None:
        nonlocal read, written
        consumed = parsed.get("ConsumedCapacity", [])
        units = sum(each["CapacityUnits"] for each in (consumed if isinstance(consumed, list) else [consumed]))
        if model.name in READS:
            read += units
        else:
            written += units

    with hooked({"before-parameter-build": ask, "after-call": note}):
        started = time.perf_counter()
        work()
        took = time.perf_counter() - started
    return Cost(calls, read, written, took * 1e3)
