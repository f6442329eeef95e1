"""The case that a visit is about, for those who may read it, and what they may do with it now."""

from collections.abc import Callable

from functions.cases.item_keys import case_key
from functions.cases.model import Case, CaseNotFound
from functions.cases.policy import Reader, Right, check_may
from functions.cases.repository import case_of
from functions.cases.status import Action
from functions.clock import now
from functions.http import Request
from functions.otp.sessions import Visit, visit
from functions.people.model import Person
from functions.table import Key


def visit_case(
    request: Request, case_id: str, *keys: Key, own: Callable[[str], Key] | None = None
) -> tuple[Visit, Case]:
    """Who asks, and the case, read at once. Raise `CaseNotFound` where the caller may not read it.

    So, too, for a request that was obeyed before: its answer is shown again only to who may still read the case (A25).
    """
    visited = visit(request, case_key(case_id), *keys, own=own, check=lambda visited: case_to_read(visited, case_id))
    return visited, case_to_read(visited, case_id)


def case_to_read(visited: Visit, case_id: str) -> Case:
    """The case that was read with the session. Raise `CaseNotFound` for one that the caller may not read."""
    item = visited.found.get(case_key(case_id))
    if item is None:
        raise CaseNotFound
    case = case_of(item)
    may(Right.read)(case, visited.caller)
    return case


def may(what: Action | Right) -> Callable[[Case, Person], None]:
    """A check for a mandate: whether a person may do that, at the time when it is asked."""
    return lambda case, person: check_may(case, person, what, now())


def reader_of(case: Case, person: Person) -> Reader:
    return Reader.of(case, person, now())
