"""Portico killed, unheard or refused at every call to AWS that it makes: what is left in the end is the same."""

import ast
from collections.abc import Callable
from functools import cache

import boto3
import pytest

from functions import table
from functions.sync import sweep
from tests.calls import FUNCTIONS, SERVICES
from tests.faults.explore import Explorer, Found, Scenario
from tests.faults.scenarios import COMPLETE, CREATE, HANDED_ON, SCENARIOS
from tests.world import World

Explore = Callable[[Scenario], Found]


@pytest.fixture(scope="module")
def explore(one_world: World) -> Explore:
    """One fault anywhere in a scenario; each scenario is explored once."""

    @cache
    def found(scenario: Scenario) -> Found:
        with pytest.MonkeyPatch.context() as patch:
            for module in (table, sweep):
                patch.setattr(module, "DUE_SHARDS", 1)  # one shard is read as the other seven are
            return Explorer(one_world, scenario, depth=1).explore()

    return found


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_one_fault_anywhere_changes_nothing(explore: Explore, scenario: Scenario) -> None:
    """Whichever call fails, in whichever way: the same items, events, workflows and answers, and no mail lost (R1)."""
    found = explore(scenario)
    assert not found.broken, "\n".join(found.broken)


@pytest.mark.parametrize("scenario", [CREATE, COMPLETE], ids=lambda scenario: scenario.name)
def test_two_faults_anywhere_change_nothing(world: World, monkeypatch: pytest.MonkeyPatch, scenario: Scenario) -> None:
    """All pairs, with events delivered one by one: as one fault, where all comes together (R2, F23)."""
    monkeypatch.setattr(world, "batch", 1)
    found = Explorer(world, scenario, depth=2).explore()
    assert not found.broken, "\n".join(found.broken)


def test_every_call_to_aws_met_a_fault(explore: Explore) -> None:
    """A call that stands in the code and is in no scenario would make all of this worth less (T2)."""
    hit = {site for scenario in SCENARIOS for site in explore(scenario).hit}
    assert _call_sites() - ONLY_READS - HANDED_ON == hit - ONLY_READS


ONLY_READS = {"table.py query"}
"""Lists and views; they are part of no action and no follow-up."""


def _call_sites() -> set[str]:
    """The functions of ours that call an operation of AWS, as the source says."""
    operations = _operations()
    found = set()
    for path in FUNCTIONS.rglob("*.py"):
        for function in ast.walk(ast.parse(path.read_text())):
            if isinstance(function, ast.FunctionDef):
                called = {node.func.attr for node in ast.walk(function) if _is_method(node)}  # type: ignore[attr-defined]
                if called & operations:
                    found.add(f"{path.relative_to(FUNCTIONS)} {function.name}")
    return found


def _is_method(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)


def _operations() -> set[str]:
    """What a client of one of our services can be asked for; `query` and its like are nobody else's methods here."""
    session = boto3.Session()
    clients = [session.client(service) for service in SERVICES]
    return {name for client in clients for name in client.meta.method_to_api_mapping}
