"""The clock's door: what the stream missed, lost workflows, what of a case is due, old uploads, people to erase."""

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import Any

from chalice.app import Blueprint

from functions import log
from functions.aws import is_at_fault
from functions.cases import actions, executions, item_keys, repository
from functions.cases.model import Case
from functions.cases.reminders import NothingDue
from functions.cases.stages import StaleWorkflow
from functions.clock import now
from functions.erasure import actions as erasure
from functions.erasure.repository import id_of as receipt_of
from functions.failures import discreet
from functions.moment import stamp
from functions.quarantine import quarantine
from functions.sync.follow_ups import follow, give_up, place
from functions.table import DUE_SHARDS, Item, Key, WriteConflict, apply, query_index, read, update
from functions.uploads.actions import expire
from functions.uploads.repository import id_of

PAGE = 100
ATTEMPTS = 10
"""How often an event is tried before a person must look at it."""
TIME_TO_FINISH = 20_000
"""Milliseconds that the item at hand may take; with fewer left, no other one is begun."""
CHANGED = (WriteConflict, NothingDue, StaleWorkflow)
"""It changes at this moment, or the index lagged: the next sweep comes by if there is still anything to do."""

doors = Blueprint(__name__)


@doors.lambda_function(name="sweep")
@discreet
def sweep(event: dict[str, Any], context: Any) -> dict[str, int]:
    """Do all that is due; with `{"all": true}` also what is not due yet. Return how much was done.

    What there is no time for is left to the next sweep. Deadlines come first: events are many after a failure.
    """
    up_to = "~" if event.get("all") else f"{stamp(now())}~"

    def due(kind: str) -> Iterator[Key]:
        return _while_there_is_time(context, _due(kind, up_to))

    deadlines = sum(_dealt_with(key, _keep_time) for key in due("DEADLINE"))
    untold = _while_there_is_time(context, sorted(due("EVENT"), key=place))
    events = sum(_tell_in_order(keys) for _, keys in groupby(untold, key=_partition))
    workflows = sum(_dealt_with(key, _look_after) for key in due("CASE"))
    erasures = sum(_dealt_with(key, _erase) for key in due("ERASURE"))
    uploads = sum(_dealt_with(key, _expire) for key in due("UPLOAD"))
    done = {"events": events, "workflows": workflows, "deadlines": deadlines, "uploads": uploads, "erasures": erasures}
    for what, count in done.items():
        log.info(f"swept {what}", count=count)
    return done


def _due(kind: str, up_to: str) -> Iterator[Key]:
    for shard in range(DUE_SHARDS):
        after: Item | None = None
        while True:
            items, after = query_index("due", f"{kind}#{shard}", up_to=up_to, limit=PAGE, after=after)
            yield from ((item["pk"], item["sk"]) for item in items)
            if after is None:
                break


def _while_there_is_time(context: Any, keys: Iterable[Key]) -> Iterator[Key]:
    for key in keys:
        if context.get_remaining_time_in_millis() < TIME_TO_FINISH:
            log.warning("left to the next sweep", item=key[0])
            return
        yield key


def _partition(key: Key) -> str:
    return key[0]


def _tell_in_order(keys: Iterable[Key]) -> int:
    """Follow up the events of one case that nobody has; one that fails holds back those later ones that are here."""
    done = 0
    for key in keys:
        item = read(key).get(key)
        if item is None or "due" not in item:
            continue
        try:
            follow(item)
        except Exception as error:  # noqa: BLE001 (whatever is wrong with this one, other cases go on)
            _failed(key, item, error)
            break
        done += 1
    return done


def _failed(key: Key, item: Item, error: Exception) -> None:
    """Count it, unless AWS was at fault; after too many failures the event goes to quarantine (B5)."""
    log.error("could not be told", error, item=key[1], type=item["type"])
    if is_at_fault(error) or isinstance(error, WriteConflict):
        return
    tried = apply(update(key, "ADD attempts :one", {"one": 1}))["attempts"]
    if tried >= ATTEMPTS:
        quarantine(f"{key[0]} {key[1]}", log.describe(error), item["data"])
        give_up(key)


def _dealt_with(key: Key, deal: Callable[[Key], bool]) -> bool:
    """Whether anything was to be done, and was."""
    try:
        return deal(key)
    except CHANGED:
        return False
    except Exception as error:  # noqa: BLE001 (whatever is wrong with this one, the others go on)
        log.error("could not be dealt with", error, item=key[0])
        return False


def _look_after(key: Key) -> bool:
    """Start, or follow up with another, a workflow that should run and does not (C5)."""
    item = read(key).get(key)
    case = repository.case_of(item) if item else None
    return _keep_running(case) if case and case.workflow.running else False


def _keep_running(case: Case) -> bool:
    state = executions.state(case)
    if state != "running":
        case = actions.restart_workflow(case).case if state == "ended" or case.is_moving else case
        if not case.workflow.running:
            log.warning("left to the supervisors", case_id=case.case_id)
            return True
        executions.start(case)
    repository.looked_after(case, now(), ran=state == "running")
    return state != "running"


def _keep_time(key: Key) -> bool:
    """Do what is due of a case by the clock."""
    case = repository.find(item_keys.case_of_alarm(key))
    if case is None:
        return False
    actions.keep_time(case)
    return True


def _expire(key: Key) -> bool:
    """Let an upload die that nobody has attached in time."""
    return expire(id_of(key))


def _erase(key: Key) -> bool:
    """Go on with the erasure of a person."""
    return erasure.go_on(receipt_of(key))
