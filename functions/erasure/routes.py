"""What administrators may ask of the erasure of a person."""

from http import HTTPStatus
from typing import Literal

from chalice.app import Blueprint

from functions.erasure import actions, repository
from functions.erasure.model import CasesOpen, Erasure, ErasureNotFound
from functions.events import Frozen
from functions.http import Nothing, Request, endpoint
from functions.moment import Moment
from functions.otp.sessions import visit
from functions.people.actions import PersonNotFound
from functions.people.model import AdministratorOnly, check_administrator

routes = Blueprint(__name__)


class ErasureView(Frozen):
    """The receipt of an erasure; nothing in it is personal."""

    receipt_id: str
    contact_id: str
    state: Literal["running", "done"]
    requested_at: Moment
    requested_by: str
    """The id of the administrator."""
    finished_at: Moment | None
    waits_for: str | None
    """The number of a case that is open still: what is left of the person waits until it is over."""
    cases: int
    """In so many cases something was erased; each still exists, for statistics."""
    events: int
    digest: str
    """SHA-256 over the links that say so in the timelines of these cases, one after the other."""

    @classmethod
    def of(cls, erasure: Erasure) -> "ErasureView":
        values = erasure.model_dump(include=set(cls.model_fields) - {"requested_by"})
        return cls(**values, requested_by=erasure.requested_by.id)


@routes.route("/admin/contacts/{contact_id}/erase", methods=["POST"])
@endpoint(
    body=Nothing,
    answers=ErasureView,
    status=HTTPStatus.ACCEPTED,
    refusals=[AdministratorOnly, PersonNotFound, CasesOpen],
    key_required=True,
)
def post_erasure(request: Request, contact_id: str) -> ErasureView:
    """Erase a person for good: signed out at once, the rest within minutes. Cases stay, without what is personal.

    A case that is open still, as one that a delegate has reopened since, comes to its end first: see `waits_for`.
    """
    visited = visit(request, role=check_administrator)
    once = visited.once(ErasureView.of)
    return ErasureView.of(actions.request_erasure(contact_id, visited.caller.actor, once))


@routes.route("/admin/erasures/{receipt_id}", methods=["GET"])
@endpoint(answers=ErasureView, refusals=[AdministratorOnly, ErasureNotFound])
def get_erasure(request: Request, receipt_id: str) -> ErasureView:
    """The receipt of an erasure, and how far it has come."""
    visit(request, role=check_administrator)
    erasure = repository.find(receipt_id)
    if erasure is None:
        raise ErasureNotFound
    return ErasureView.of(erasure)
