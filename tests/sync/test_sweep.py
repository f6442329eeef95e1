"""The sweeper among open cases: one that nobody can help holds up no other."""

from functions.cases.item_keys import case_key
from functions.sync.sweep import sweep
from functions.table import apply, read, update
from tests.gateway import Hurried
from tests.world import World


def test_a_case_whose_process_is_gone_holds_up_no_other(world: World) -> None:
    """C5, B5: where a lost workflow can't be followed by another, the workflows of other cases still are."""
    ana = world.sign_in("ana@example.org")
    cases = [world.open_case(ana, key=f"key-{number}") for number in range(4)]
    for case_id in cases:
        world.workflows.lose(f"{case_id}-1")
    for case_id in cases[::2]:
        _forget_process(case_id)
    assert world.sweep(everything=True)["workflows"] == 2
    running = {name for name, execution in world.workflows.executions.items() if execution.status == "RUNNING"}
    assert running == {f"{case_id}-2" for case_id in cases[1::2]}


def test_a_sweep_that_runs_out_of_time_leaves_the_rest_to_the_next(world: World) -> None:
    """C5, B5: it ends between two items, before Lambda ends it within one; nothing is lost by that."""
    ana = world.sign_in("ana@example.org")
    cases = [world.open_case(ana, key=f"key-{number}") for number in range(3)]
    for case_id in cases:
        world.workflows.lose(f"{case_id}-1")

    def restarted() -> int:
        return len([name for name in world.workflows.executions if name.endswith("-2")])

    assert sweep({"all": True}, Hurried(lambda: restarted() == 1))["workflows"] == 1
    assert restarted() == 1
    assert world.sweep(everything=True)["workflows"] == 2


def _forget_process(case_id: str) -> None:
    """As if the folder of its process had been deleted."""
    key = case_key(case_id)
    data = read(key)[key]["data"].replace('"contact-us"', '"gone"')
    apply(update(key, "SET #data = :data", {"data": data}, names={"#data": "data"}))
