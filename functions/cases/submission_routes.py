"""What customers can ask for, and asking for it: services, previews, a case of one's own or on behalf of others."""

from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from chalice.app import Blueprint, Response
from pydantic import ConfigDict
from pydantic_core import from_json

from functions.calendars.repository import calendar_key, calendars_in
from functions.cases import actions, conditions, services
from functions.cases.access import case_to_read
from functions.cases.agreements import (
    AgreementChoiceRequired,
    AgreementNotOffered,
    DefaultAgreementMissing,
    ServiceNotAvailable,
)
from functions.cases.change import Change
from functions.cases.conditions import FeatureOff
from functions.cases.configuration_items import ConfigurationItemNotAvailable
from functions.cases.item_keys import case_key
from functions.cases.model import CaseNotFound
from functions.cases.policy import StaffOnly
from functions.cases.verbs import NotFinal, OwnerUnknown, promised
from functions.cases.views import CaseView, DeadlineView, PreviewView, ServicesView, ServiceView, shown_to
from functions.clock import now
from functions.errors import NotFound, NotSignedIn
from functions.events import Frozen
from functions.http import IdempotencyKeyInvalid, Request, answer, endpoint
from functions.obeyed import Shown
from functions.otp.sessions import Visit, visit
from functions.people.model import Person
from functions.people.repository import find_contact
from functions.table import read
from functions.text import Line
from functions.uploads.model import AttachmentIds, NotAttachable
from functions.uploads.repository import files_in, upload_key

routes = Blueprint(__name__)

CHOICE_REFUSALS = [
    services.ServiceUnknown,
    ServiceNotAvailable,
    FeatureOff,
    AgreementNotOffered,
    ConfigurationItemNotAvailable,
    DefaultAgreementMissing,
]
CREATION_REFUSALS = [
    *CHOICE_REFUSALS,
    AgreementChoiceRequired,
    services.AnswersInvalid,
    CaseNotFound,
    NotFinal,
    NotAttachable,
]


class ServiceNotFound(NotFound):
    pass


class NewCase(Frozen):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"service": "contact-us", "answers": {"TOPIC": "OTHER", "MESSAGE": "When is the town hall open?"}}
            ]
        }
    )

    service: Line
    answers: dict[str, Any]
    """By field code, as the service's form asks."""
    follows: Line | None = None
    """A case of mine that is closed or canceled, and that this one goes on with."""
    agreement_id: Line | None = None
    """One of several candidates, where the customer must choose (C20)."""
    configuration_item_id: Line | None = None
    """The thing of the customer's that the case is about (C12)."""
    attachments: AttachmentIds = ()
    """Files of mine that go with the first message (C27)."""


class Preview(Frozen):
    model_config = ConfigDict(json_schema_extra={"examples": [{"service": "contact-us"}]})

    service: Line
    agreement_id: Line | None = None
    configuration_item_id: Line | None = None


class CaseOnBehalf(NewCase):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "owner": "ana@example.org",
                    "service": "contact-us",
                    "answers": {"TOPIC": "OTHER", "MESSAGE": "She asks when the town hall is open."},
                }
            ]
        }
    )

    owner: Line
    """The contact who is to see the case, by id or e-mail address."""


@routes.route("/services", methods=["GET"])
@endpoint(answers=ServicesView, public=True, refusals=[NotSignedIn, IdempotencyKeyInvalid, DefaultAgreementMissing])
def get_services(request: Request) -> ServicesView:
    """What customers can ask for, with the form of each; for who is signed in, what their agreements cover (C11)."""
    is_known = conditions.is_on("agreements") and "authorization" in request.headers
    offered = conditions.offered_to(visit(request).caller if is_known else None)
    return ServicesView(data=[ServiceView.of(service) for service in offered])


@routes.route("/services/{service}", methods=["GET"])
@endpoint(answers=ServiceView, public=True, refusals=[ServiceNotFound])
def get_service(request: Request, service: str) -> ServiceView:
    """One service and its form."""
    try:
        found = services.get(service)
    except services.ServiceUnknown:
        found = None
    if found is None or not conditions.is_offered(found):
        raise ServiceNotFound("There is no such service.")
    return ServiceView.of(found)


@routes.route("/cases", methods=["POST"])
@endpoint(
    body=NewCase,
    answers=CaseView,
    status=HTTPStatus.CREATED,
    headers=["Location", "ETag"],
    refusals=CREATION_REFUSALS,
)
def post_case(request: Request) -> Response:
    """Submit a case: exactly one exists afterwards, with a number, and its first message in the conversation."""
    visited = _visit_for(request, check=_check_repeated)
    return _create(visited, visited.caller)


@routes.route("/cases/preview", methods=["POST"])
@endpoint(body=Preview, answers=PreviewView, refusals=CHOICE_REFUSALS)
def post_preview(request: Request) -> PreviewView:
    """What a case about this service would be saved with: nothing is (C25)."""
    wish = request.body
    visited = _visit_for(request)
    service = services.get(wish.service)
    applied, offered = conditions.preview(visited.caller, service, wish.agreement_id, wish.configuration_item_id)
    calendars = conditions.with_calendars(applied.terms, calendars_in(visited.found, service.calendars))
    deadlines = promised(service, applied, calendars, now())
    return PreviewView(
        service=service.service,
        subject=service.subject,
        category=service.category,
        agreement=applied.agreement,
        candidates=offered,
        configuration_item=applied.item,
        deadlines=[DeadlineView.of(deadlines, deadline) for deadline in deadlines.all],
    )


@routes.route("/staff/cases", methods=["POST"])
@endpoint(
    body=CaseOnBehalf,
    answers=CaseView,
    status=HTTPStatus.CREATED,
    headers=["Location", "ETag"],
    refusals=[StaffOnly, OwnerUnknown, *CREATION_REFUSALS],
)
def post_staff_case(request: Request) -> Response:
    """Submit a case on behalf of its owner, who sees it as their own; who submits it does not (F18)."""
    visited = _visit_for(request)
    if not visited.caller.is_staff:
        raise StaffOnly("Only staff members create cases on behalf of others.")
    owner = find_contact(request.body.owner)
    if owner is None:
        raise OwnerUnknown
    return _create(visited, owner)


def _visit_for(request: Request, check: Callable[[Visit], None] | None = None) -> Visit:
    """With the calendars that may count for the service in the body, the case that it follows, and its files."""
    wish = request.body
    wanted = [*map(calendar_key, services.calendars(wish.service))]
    if isinstance(wish, NewCase):
        wanted += [case_key(wish.follows)] if wish.follows else []
        wanted += map(upload_key, wish.attachments)
    return visit(request, *wanted, check=check)


def _check_repeated(visited: Visit) -> None:
    """The case that this request has created may be somebody else's by now. Raise `CaseNotFound` (F18)."""
    once = visited.once(None)
    assert once is not None  # noqa: S101 (without a key there is nothing to repeat)
    case_id = from_json(visited.found[once.key]["data"])["case_id"]
    case_to_read(replace(visited, found=read(case_key(case_id))), case_id)


def _create(visited: Visit, owner: Person) -> Response:
    wish = visited.request.body
    follows = case_to_read(visited, wish.follows) if wish.follows else None
    if follows and follows.owner_id != owner.person_id:
        raise CaseNotFound

    def show(change: Change) -> Shown:
        return shown_to(visited.caller)(change).at(visited.request.reference(f"/v1/cases/{change.case.case_id}"))

    change = actions.create_case(
        owner,
        visited.mandate(show),
        wish.service,
        wish.answers,
        calendars_in(visited.found, services.calendars(wish.service)),
        wish.agreement_id,
        wish.configuration_item_id,
        follows,
        files=files_in(visited.found, wish.attachments),
    )
    return answer(show(change), HTTPStatus.CREATED)
