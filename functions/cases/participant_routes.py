"""Who takes part in a case: shown to its readers, said by its owner, and by those who work on it (A1, F18)."""

from http import HTTPStatus

from chalice.app import Blueprint, Response
from pydantic import ConfigDict

from functions.cases import actions
from functions.cases.access import case_to_read, may, reader_of, visit_case
from functions.cases.change import Change
from functions.cases.item_keys import additions_key, case_key
from functions.cases.model import Case, CaseErased, CaseNotFound
from functions.cases.policy import OwnerOnly, Right, check_removes
from functions.cases.sharing import (
    OwnerTakesPart,
    ParticipantNotFound,
    ParticipantUnavailable,
    TooManyAdditions,
    TooManyParticipants,
    UntilPast,
)
from functions.cases.views import ParticipantsView, ParticipantView
from functions.clock import now
from functions.events import Frozen, ParticipantRole
from functions.http import Request, VersionMismatch, answer, endpoint, no_content
from functions.moment import GivenMoment
from functions.otp.sessions import visit
from functions.people.model import Email, Person
from functions.people.repository import address_key, address_ref

routes = Blueprint(__name__)


class NewParticipant(Frozen):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"email": "bob@example.org", "role": "participant"}]},
    )

    email: Email
    role: ParticipantRole
    """`viewer` reads; `participant` also comments and complains; `delegate` may do what the owner may, but not this."""
    until: GivenMoment | None = None
    """Not at that time any more."""


@routes.route("/cases/{case_id}/participants", methods=["GET"])
@endpoint(answers=ParticipantsView, refusals=[CaseNotFound])
def get_participants(request: Request, case_id: str) -> ParticipantsView:
    """Who takes part in the case beside its owner, also whose time is over."""
    visited, case = visit_case(request, case_id)
    return ParticipantsView.of(case, reader_of(case, visited.caller))


@routes.route("/cases/{case_id}/participants", methods=["POST"])
@endpoint(
    body=NewParticipant,
    answers=ParticipantView,
    status=HTTPStatus.CREATED,
    refusals=[
        CaseNotFound,
        OwnerOnly,
        CaseErased,
        OwnerTakesPart,
        ParticipantUnavailable,
        TooManyParticipants,
        TooManyAdditions,
        UntilPast,
        VersionMismatch,
    ],
)
def post_participant(request: Request, case_id: str) -> Response:
    """Let the person with that address take part, or in another way than before; who is new is told by mail.

    The answer is the same whether or not the address is known here. Staff members take part by their teams alone.
    """
    wanted: NewParticipant = request.body
    visited, case = visit_case(request, case_id, address_key(address_ref(wanted.email)), own=additions_key)

    def show(change: Change) -> ParticipantView:
        added = next(each for each in change.case.participants if each.email == wanted.email)
        return ParticipantView.of(added, reader_of(change.case, visited.caller))

    by = visited.mandate(show, may(Right.share))
    change = actions.share_case(case, by, visited.found, wanted.email, wanted.role, wanted.until)
    return answer(show(change), HTTPStatus.CREATED)


@routes.route("/cases/{case_id}/participants/{participant_id}", methods=["DELETE"])
@endpoint(
    status=HTTPStatus.NO_CONTENT,
    refusals=[CaseNotFound, OwnerOnly, ParticipantNotFound, VersionMismatch],
)
def delete_participant(request: Request, case_id: str, participant_id: str) -> Response:
    """End somebody's part in the case, or one's own; they cannot read it from the next request on."""
    visited = visit(request, case_key(case_id))  # who has left cannot read it, and may repeat this
    case = case_to_read(visited, case_id)

    def removes(latest: Case, person: Person) -> None:
        check_removes(latest, person, participant_id, now())

    actions.remove_participant(case, visited.mandate(None, removes), participant_id)
    return no_content()
