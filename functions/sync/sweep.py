"""The clock's door: finish what the stream missed, replace workflows that were lost, and tell of deadlines."""

from collections.abc import Iterator
from typing import Any

from chalice.app import Blueprint

from functions import log
from functions.cases import actions, executions, repository
from functions.cases.reminders import NothingDue
from functions.clock import now
from functions.moment import stamp
from functions.sync.follow_ups import follow, told
from functions.sync.quarantine import quarantine
from functions.table import DUE_SHARDS, Item, Key, WriteConflict, apply, query_index, read, update

PAGE = 100
ATTEMPTS = 10
"""How often an event is tried before a person must look at it."""

doors = Blueprint(__name__)


@doors.lambda_function(name="sweep")
def sweep(event: dict[str, Any], context: Any) -> dict[str, int]:
    """Do all that is due; with `{"all": true}` also what is not due yet. Return how much was done."""
    up_to = "~" if event.get("all") else f"{stamp(now())}~"
    events = sum(_tell(key) for key in sorted(_due("EVENT", up_to)))
    workflows = sum(_look_after(key) for key in _due("CASE", up_to))
    log.info("swept events", count=events)
    deadlines = sum(_remind(key) for key in _due("DEADLINE", up_to))
    log.info("swept workflows", count=workflows)
    log.info("swept deadlines", count=deadlines)
    return {"events": events, "workflows": workflows, "deadlines": deadlines}


def _due(kind: str, up_to: str) -> Iterator[Key]:
    for shard in range(DUE_SHARDS):
        after: Item | None = None
        while True:
            items, after = query_index("due", f"{kind}#{shard}", up_to=up_to, limit=PAGE, after=after)
            yield from ((item["pk"], item["sk"]) for item in items)
            if after is None:
                break


def _tell(key: Key) -> bool:
    """Follow an event up that nobody has; after too many failures it goes to quarantine (B5)."""
    item = read(key).get(key)
    if item is None or "due" not in item:
        return False
    try:
        follow(item)
    except Exception as error:  # noqa: BLE001 (whatever is wrong with this one, the others go on)
        log.error("could not be told", error, item=key[1], type=item["type"])
        tried = apply(update(key, "ADD attempts :one", {"one": 1}))["attempts"]
        if tried >= ATTEMPTS:
            quarantine(f"{key[0]} {key[1]}", log.describe(error), item["data"])
            told(key)
        return False
    return True


def _look_after(key: Key) -> bool:
    """Start, or follow up with another, a workflow that should run and does not (C5). True where one was missing."""
    item = read(key).get(key)
    case = repository.case_of(item) if item else None
    if case is None or not case.workflow.running:
        return False
    try:
        state = executions.state(case)
        if state != "running":
            began = state == "ended" or case.stage is not None
            case = actions.restart_workflow(case).case if began else case
            executions.start(case)
        repository.looked_after(case, now())
    except WriteConflict:
        return False  # it has just changed, and so will be looked after again
    return state != "running"


def _remind(key: Key) -> bool:
    """Tell of the deadlines of a case that approach or were missed. False where there was nothing to tell."""
    try:
        case = repository.find(repository.case_of_alarm(key))
        if case is not None:
            actions.tell_deadlines(case)
    except (NothingDue, WriteConflict):
        return False  # the index lagged, or the case changes at this moment
    except Exception as error:  # noqa: BLE001 (whatever is wrong with this one, the others go on)
        log.error("deadlines could not be told", error, item=key[0])
        return False
    return case is not None
