"""What people may ask about their cases."""

from collections.abc import Callable
from functools import partial
from typing import Annotated

from chalice.app import Blueprint, Response
from pydantic import ConfigDict, Field

from functions.cases import actions, lists, repository
from functions.cases.access import may, reader_of, visit_case
from functions.cases.change import Change
from functions.cases.item_keys import entry_key
from functions.cases.model import ActionNotAllowed, Case, CaseNotFound, FieldsLocked, check_unchanged
from functions.cases.policy import OwnerOnly, Right
from functions.cases.status import Action
from functions.cases.views import CaseView, CaseWithMessagesView, StaffCaseView, case_with_messages, shown_to
from functions.events import Frozen
from functions.http import Nothing, Request, VersionMismatch, answer, endpoint, etag
from functions.obeyed import Mandate
from functions.otp.sessions import visit
from functions.text import Line, Text

routes = Blueprint(__name__)

ACTION_REFUSALS = [CaseNotFound, OwnerOnly, ActionNotAllowed, VersionMismatch]


class SavedFields(Frozen):
    """What a case was saved with."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"service": "contact-us"}]})

    service: Line | None = None
    category: Line | None = None
    subject: Line | None = None
    agreement_id: Line | None = None
    configuration_item_id: Line | None = None


class NewFeedback(Frozen):
    model_config = ConfigDict(json_schema_extra={"examples": [{"grade": 5, "notes": "Quick and friendly."}]})

    grade: Annotated[int, Field(ge=1, le=5)]
    notes: Text | None = None


@routes.route("/cases/{case_id}", methods=["GET"])
@endpoint(answers=CaseWithMessagesView | StaffCaseView, headers=["ETag"], refusals=[CaseNotFound])
def get_case(request: Request, case_id: str) -> Response:
    """A case, where it stands, what may be done with it, and the newest messages."""
    own = partial(entry_key, case_id=case_id)
    visited = visit(request, own=own)
    case, messages = repository.find_with_messages(case_id)
    if case is None:
        raise CaseNotFound
    may(Right.read)(case, visited.caller)
    mark = lists.mark_of(visited.found.get(own(visited.caller.person_id)))
    reader = reader_of(case, visited.caller)
    return answer(case_with_messages(case, reader, mark, messages), headers={"ETag": etag(case.version)})


@routes.route("/cases/{case_id}", methods=["PATCH"])
@endpoint(
    body=SavedFields,
    answers=CaseView,
    headers=["ETag"],
    refusals=[CaseNotFound, OwnerOnly, FieldsLocked, VersionMismatch],
)
def patch_case(request: Request, case_id: str) -> Response:
    """Nothing of what a case was saved with can be changed; what a client sends back unchanged does no harm (C10)."""
    visited, case = visit_case(request, case_id)
    may(Right.save)(case, visited.caller)
    request.check_version(case.version)
    check_unchanged(case, request.body.model_dump(exclude_unset=True))
    return answer(CaseView.of(case, reader_of(case, visited.caller)), headers={"ETag": etag(case.version)})


@routes.route("/cases/{case_id}/cancel", methods=["POST"])
@endpoint(body=Nothing, answers=CaseView, headers=["ETag"], refusals=ACTION_REFUSALS)
def post_cancel(request: Request, case_id: str) -> Response:
    """Cancel a case that was a mistake or is not needed any more."""
    return _act(request, case_id, Action.cancel, actions.cancel_case)


@routes.route("/cases/{case_id}/close", methods=["POST"])
@endpoint(body=Nothing, answers=CaseView, headers=["ETag"], refusals=ACTION_REFUSALS)
def post_close(request: Request, case_id: str) -> Response:
    """Close a case whose solution is good."""
    return _act(request, case_id, Action.close, actions.close_case)


@routes.route("/cases/{case_id}/reopen", methods=["POST"])
@endpoint(body=Nothing, answers=CaseView, headers=["ETag"], refusals=ACTION_REFUSALS)
def post_reopen(request: Request, case_id: str) -> Response:
    """Reopen a case whose solution is not good."""
    return _act(request, case_id, Action.reopen, actions.reopen_case)


@routes.route("/cases/{case_id}/feedback", methods=["POST"])
@endpoint(body=NewFeedback, answers=CaseView, headers=["ETag"], refusals=ACTION_REFUSALS)
def post_feedback(request: Request, case_id: str) -> Response:
    """Grade the resolution from 1 to 5; given again in the same cycle, the later counts."""
    wanted: NewFeedback = request.body
    return _act(request, case_id, Action.rate, partial(actions.give_feedback, grade=wanted.grade, notes=wanted.notes))


def _act(request: Request, case_id: str, what: Action, action: Callable[[Case, Mandate], Change]) -> Response:
    visited, case = visit_case(request, case_id)
    show = shown_to(visited.caller)
    with reader_of(case, visited.caller).asking():
        change = action(case, visited.mandate(show, may(what)))
    return answer(show(change))
