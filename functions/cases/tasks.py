"""The tasks of cases, in the table, and the lists of the teams that have them."""

from functions.cases.change import Change
from functions.cases.item_keys import task_key
from functions.cases.model import Case, OpenTask
from functions.cases.services import CUSTOMER
from functions.events import TaskCompleted
from functions.moment import stamp
from functions.table import Item, Write, apply, put, query_index, update


class Task(OpenTask):
    """A task with its case, as staff see it, open or not."""

    case_id: str
    number: str
    subject: str
    outcome: str | None = None
    completed_by: str | None = None
    """None for customers, whose names stand where they can be erased."""


def task_of(item: Item) -> Task:
    return Task.model_validate_json(item["data"])


def team_tasks(team: str, *, limit: int, after: Item | None) -> tuple[list[Item], Item | None]:
    """Open tasks of a team, oldest due first; the index may lag."""
    return query_index("work", f"TEAM#{team}", up_to="~", limit=limit, after=after)


def replace_token(task_id: str, token: str) -> Item:
    """Give a task, open or not, the token that wakes its workflow now; return its item."""
    return apply(update(task_key(task_id), "SET task_token = :token", {"token": token}))


def task_waits(task: OpenTask, token: str | None, case: Case) -> Write:
    item = {
        "data": _task(task, case).model_dump_json(),
        **({"task_token": token} if token else {}),
    }
    if task.team != CUSTOMER:
        item |= {"work_of": f"TEAM#{task.team}", "work_due": f"{stamp(task.due_at)}#{task.task_id}"}
    return put(task_key(task.task_id), item)


def task_moved(task: OpenTask, case: Case) -> Write:
    """On another team's list, under the same time; its token stays."""
    values = {"data": _task(task, case).model_dump_json(), "work_of": f"TEAM#{task.team}"}
    return update(task_key(task.task_id), "SET #data = :data, work_of = :work_of", values, names={"#data": "data"})


def task_ended(task: OpenTask, saved: Change) -> Write:
    """Completed with an outcome, or withdrawn without; its token stays, to wake the workflow."""
    ended = _task(task, saved.case)
    for what in saved.whats:
        if isinstance(what, TaskCompleted) and what.task_id == task.task_id:
            by = None if saved.actor.kind == "customer" else saved.actor.name
            ended = ended.model_copy(update={"outcome": what.outcome, "completed_by": by})
    values = {"data": ended.model_dump_json()}
    return update(task_key(task.task_id), "SET #data = :data REMOVE work_of, work_due", values, names={"#data": "data"})


def _task(task: OpenTask, case: Case) -> Task:
    return Task(**task.model_dump(), case_id=case.case_id, number=case.number, subject=case.subject)
