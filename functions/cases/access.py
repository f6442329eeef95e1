"""The case that a visit is about, for those who may read it."""

from functions.cases.model import Case, CaseNotFound
from functions.cases.policy import check_reader
from functions.cases.repository import case_key, case_of
from functions.otp.sessions import Visit


def case_to_read(visited: Visit, case_id: str) -> Case:
    """The case that was read with the session. Raise `CaseNotFound` for one that the caller may not read."""
    item = visited.found.get(case_key(case_id))
    if item is None:
        raise CaseNotFound
    case = case_of(item)
    check_reader(case, visited.caller)
    return case
