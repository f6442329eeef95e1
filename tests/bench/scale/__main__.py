"""`make bench-scale`: what requests cost in a large table against a small one, on Amazon's own DynamoDB engine."""

import argparse
import logging
import os
import sys
import time
from pathlib import Path

from moto import mock_aws
from tqdm import tqdm

from tests.conftest import CLOCK_FILE

# The settings are read when these are imported.
# isort: split
from functions import aws
from tests.bench.scale import engine, filling
from tests.bench.scale.metering import Cost
from tests.bench.scale.portal import Portal
from tests.bench.scale.template import SMALL, Load, Template
from tests.bench.scale.verdict import HEAD, Row
from tests.world import World, step_functions

ROUNDS = 31
GIGABYTE = 1e9
BYTES_OF_ENGINE, BYTES_PER_CASE, BYTES_PER_MESSAGE = 1_500_000_000, 12_000, 3_000
"""Of memory, as measured."""


def main() -> None:
    wish = _wish()
    logging.disable()  # what the functions log
    os.environ["NO_PROXY"] = engine.HOST
    large, small = Load(wish.cases, wish.messages), Load(SMALL, SMALL)
    _check_memory(large)
    try:
        with mock_aws(), engine.running(wish.heap) as database:
            rows = _compare(database, small, large, wish.rounds)
    except engine.EngineMissing as missing:
        sys.exit(str(missing))
    dearer = [row.request for row in rows if not row.is_same]
    if dearer:
        sys.exit(f"\nDearer in the large table: {', '.join(dearer)}.")
    print("\nEach request costs the same in the large table as in the small one.")


def _compare(database: engine.Engine, small: Load, large: Load, rounds: int) -> list[Row]:
    world = World(CLOCK_FILE)
    with step_functions(world):
        world.reset()
        template = Template.made(world)
    portals = [Portal(world, template, name, load) for name, load in (("small", small), ("large", large))]
    for portal in portals:
        _fill(database, portal)
    os.environ["AWS_ENDPOINT_URL_DYNAMODB"] = database.url
    aws.client.cache_clear()
    costs: list[dict[str, list[Cost]]] = [{}, {}]
    for portal in portals:
        portal.find_middles()
    for turn in tqdm(range(rounds + 1), desc="asking each in turn", unit=" rounds"):
        for portal, kept in zip(portals, costs, strict=True):
            for name, cost in portal.ask(turn):
                kept.setdefault(name, []).extend([cost] if turn else [])  # the first round fills caches
    print("\n" + HEAD)
    rows = [Row.of(name, costs[0][name], costs[1][name]) for name in costs[0]]
    print("\n".join(map(str, rows)))
    return rows


def _fill(database: engine.Engine, portal: Portal) -> None:
    load, table, template = portal.load, portal.table, portal.template
    filling.create(database.url, table)
    started = time.monotonic()
    size = filling.fill(database.url, table, template.items_of(load), template.count_of(load))
    took = time.monotonic() - started
    print(
        f"{table}: {load.cases:,} cases ({load.own:,} of one customer), {load.tasks:,} open tasks of one team, "
        f"{load.messages:,} messages in one conversation\n"
        f"  {template.count_of(load):,} items, {size / GIGABYTE:.3f} GB of JSON, in {took:.0f} s; "
        f"the engine has {database.memory / GIGABYTE:.1f} GB of memory",
        flush=True,
    )


def _check_memory(load: Load) -> None:
    """Do not begin what cannot end well, where the machine says how much memory is free."""
    told = Path("/proc/meminfo")
    if not told.exists():
        return
    fields = dict(line.split(":", 1) for line in told.read_text().splitlines())
    free = int(fields["MemAvailable"].split()[0]) * 1024
    rest = BYTES_OF_ENGINE + load.messages * BYTES_PER_MESSAGE
    fitting = max(0, free - rest) // BYTES_PER_CASE
    if load.cases > fitting:
        needed = rest + load.cases * BYTES_PER_CASE
        sys.exit(
            f"{load.cases:,} cases take about {needed / GIGABYTE:.0f} GB of memory, and {free / GIGABYTE:.0f} GB are "
            f"free. Take fewer: make bench-scale CASES={fitting // 1000 * 1000}"
        )


def _wish() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench-scale", description=__doc__)
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--heap", default="1g", help="of the engine's Java; the data is not in it")
    return parser.parse_args()


if __name__ == "__main__":
    main()
