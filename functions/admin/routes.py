"""What administrators may ask. A record is added under an id of their choice, and changed as a whole, by version."""

from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Any, TypeVar

from chalice.app import Blueprint, Response

from functions.admin.actions import (
    DepartmentFixed,
    keep_account,
    keep_agreement,
    keep_configuration_item,
    keep_department,
)
from functions.admin.views import (
    AccountView,
    AgreementView,
    ConfigurationItemView,
    ContactView,
    DepartmentView,
    LoginView,
    NewLogin,
    Versioned,
    seen,
)
from functions.cases.agreements import Agreement
from functions.cases.catalogue import AGREEMENTS, CONFIGURATION_ITEMS, TooManyAgreements
from functions.cases.configuration_items import ConfigurationItem
from functions.errors import FieldError, NotFound
from functions.events import Actor, Frozen
from functions.http import Page, Pages, Request, ValidationFailed, VersionMismatch, answer, endpoint, etag
from functions.obeyed import Once, Shown
from functions.otp.sessions import Visit, visit
from functions.people import repository as people
from functions.people.actions import AddressTaken, OwnLogin, PersonNotFound, add_contact, change_contact, set_login
from functions.people.model import (
    Account,
    AdministratorOnly,
    BeingErased,
    Contact,
    Department,
    NewContact,
    Person,
    check_administrator,
)
from functions.people.repository import ACCOUNTS, DEPARTMENTS, person_key, person_of
from functions.records import IdTaken, Kept, Kind, RecordChanged, ReferenceUnknown
from functions.settings import settings
from functions.table import Key

routes = Blueprint(__name__)

R = TypeVar("R", bound=Frozen)
Keep = Callable[[R, Kept[R] | None, Actor, Once | None], Kept[R]]


class RecordNotFound(NotFound):
    def __init__(self) -> None:
        super().__init__("There is no such record.")


class ModuleOff(NotFound):
    """This deployment has not switched it on (A5)."""


ADDING: dict[str, Any] = {"status": HTTPStatus.CREATED, "headers": ["Location", "ETag"]}
ADDING_REFUSALS = [AdministratorOnly, IdTaken, ReferenceUnknown]
CHANGING_REFUSALS = [AdministratorOnly, RecordNotFound, RecordChanged, ReferenceUnknown, VersionMismatch]
"""What the routes of every kind have in common."""


@routes.route("/admin/accounts", methods=["GET"])
@endpoint(query=Pages, answers=Page[AccountView], refusals=[AdministratorOnly])
def get_accounts(request: Request) -> Response:
    """All accounts, by id."""
    return _page(request, ACCOUNTS, AccountView)


@routes.route("/admin/accounts", methods=["POST"])
@endpoint(body=Account, answers=AccountView, refusals=[*ADDING_REFUSALS], **ADDING)
def post_account(request: Request) -> Response:
    """Add an account."""
    return _add(request, ACCOUNTS, AccountView, keep_account)


@routes.route("/admin/accounts/{account_id}", methods=["GET"])
@endpoint(answers=AccountView, headers=["ETag"], refusals=[AdministratorOnly, RecordNotFound])
def get_account(request: Request, account_id: str) -> Response:
    """One account."""
    return _one(request, ACCOUNTS, AccountView, account_id)


@routes.route("/admin/accounts/{account_id}", methods=["PUT"])
@endpoint(body=Account, answers=AccountView, headers=["ETag"], refusals=[*CHANGING_REFUSALS])
def put_account(request: Request, account_id: str) -> Response:
    """Change an account as a whole."""
    return _change(request, ACCOUNTS, AccountView, account_id, keep_account)


@routes.route("/admin/departments", methods=["GET"])
@endpoint(query=Pages, answers=Page[DepartmentView], refusals=[AdministratorOnly])
def get_departments(request: Request) -> Response:
    """All departments, by id."""
    return _page(request, DEPARTMENTS, DepartmentView)


@routes.route("/admin/departments", methods=["POST"])
@endpoint(body=Department, answers=DepartmentView, refusals=[*ADDING_REFUSALS], **ADDING)
def post_department(request: Request) -> Response:
    """Add a department."""
    return _add(request, DEPARTMENTS, DepartmentView, keep_department)


@routes.route("/admin/departments/{department_id}", methods=["GET"])
@endpoint(answers=DepartmentView, headers=["ETag"], refusals=[AdministratorOnly, RecordNotFound])
def get_department(request: Request, department_id: str) -> Response:
    """One department."""
    return _one(request, DEPARTMENTS, DepartmentView, department_id)


@routes.route("/admin/departments/{department_id}", methods=["PUT"])
@endpoint(body=Department, answers=DepartmentView, headers=["ETag"], refusals=[*CHANGING_REFUSALS, DepartmentFixed])
def put_department(request: Request, department_id: str) -> Response:
    """Change a department as a whole."""
    return _change(request, DEPARTMENTS, DepartmentView, department_id, keep_department)


@routes.route("/admin/configuration-items", methods=["GET"])
@endpoint(query=Pages, answers=Page[ConfigurationItemView], refusals=[AdministratorOnly, ModuleOff])
def get_configuration_items(request: Request) -> Response:
    """All configuration items, by id."""
    return _page(request, CONFIGURATION_ITEMS, ConfigurationItemView, feature="configuration_items")


@routes.route("/admin/configuration-items", methods=["POST"])
@endpoint(body=ConfigurationItem, answers=ConfigurationItemView, refusals=[*ADDING_REFUSALS, ModuleOff], **ADDING)
def post_configuration_item(request: Request) -> Response:
    """Add a configuration item."""
    return _add(
        request, CONFIGURATION_ITEMS, ConfigurationItemView, keep_configuration_item, feature="configuration_items"
    )


@routes.route("/admin/configuration-items/{configuration_item_id}", methods=["GET"])
@endpoint(answers=ConfigurationItemView, headers=["ETag"], refusals=[AdministratorOnly, RecordNotFound, ModuleOff])
def get_configuration_item(request: Request, configuration_item_id: str) -> Response:
    """One configuration item."""
    return _one(
        request, CONFIGURATION_ITEMS, ConfigurationItemView, configuration_item_id, feature="configuration_items"
    )


@routes.route("/admin/configuration-items/{configuration_item_id}", methods=["PUT"])
@endpoint(
    body=ConfigurationItem, answers=ConfigurationItemView, headers=["ETag"], refusals=[*CHANGING_REFUSALS, ModuleOff]
)
def put_configuration_item(request: Request, configuration_item_id: str) -> Response:
    """Change a configuration item as a whole."""
    return _change(
        request,
        CONFIGURATION_ITEMS,
        ConfigurationItemView,
        configuration_item_id,
        keep_configuration_item,
        feature="configuration_items",
    )


@routes.route("/admin/agreements", methods=["GET"])
@endpoint(query=Pages, answers=Page[AgreementView], refusals=[AdministratorOnly, ModuleOff])
def get_agreements(request: Request) -> Response:
    """All service agreements, by id."""
    return _page(request, AGREEMENTS, AgreementView, feature="agreements")


@routes.route("/admin/agreements", methods=["POST"])
@endpoint(body=Agreement, answers=AgreementView, refusals=[*ADDING_REFUSALS, ModuleOff, TooManyAgreements], **ADDING)
def post_agreement(request: Request) -> Response:
    """Add a service agreement."""
    return _add(request, AGREEMENTS, AgreementView, keep_agreement, feature="agreements")


@routes.route("/admin/agreements/{agreement_id}", methods=["GET"])
@endpoint(answers=AgreementView, headers=["ETag"], refusals=[AdministratorOnly, RecordNotFound, ModuleOff])
def get_agreement(request: Request, agreement_id: str) -> Response:
    """One service agreement."""
    return _one(request, AGREEMENTS, AgreementView, agreement_id, feature="agreements")


@routes.route("/admin/agreements/{agreement_id}", methods=["PUT"])
@endpoint(
    body=Agreement, answers=AgreementView, headers=["ETag"], refusals=[*CHANGING_REFUSALS, ModuleOff, TooManyAgreements]
)
def put_agreement(request: Request, agreement_id: str) -> Response:
    """Change a service agreement as a whole."""
    return _change(request, AGREEMENTS, AgreementView, agreement_id, keep_agreement, feature="agreements")


@routes.route("/admin/contacts", methods=["GET"])
@endpoint(query=Pages, answers=Page[ContactView], refusals=[AdministratorOnly])
def get_contacts(request: Request) -> Response:
    """All contacts, oldest first."""
    _administrator(request)
    position = request.position()
    found, last = people.contacts(limit=request.query.limit, after=position)
    return request.page([ContactView.of(person) for person in found], *(last or ()))


@routes.route("/admin/contacts", methods=["POST"])
@endpoint(body=NewContact, answers=ContactView, refusals=[AdministratorOnly, AddressTaken, ReferenceUnknown], **ADDING)
def post_contact(request: Request) -> Response:
    """Add a contact, whom Portico knows again when that e-mail address signs in (A6, A7)."""
    visited = _administrator(request)

    def show(contact: Person) -> Shown:
        return _shown_contact(contact).at(request.reference(f"{request.path}/{contact.person_id}"))

    contact = add_contact(request.body, visited.caller.actor, visited.once(show))
    return answer(show(contact), HTTPStatus.CREATED)


@routes.route("/admin/contacts/{contact_id}", methods=["GET"])
@endpoint(answers=ContactView, headers=["ETag"], refusals=[AdministratorOnly, RecordNotFound])
def get_contact(request: Request, contact_id: str) -> Response:
    """One contact."""
    return answer(_shown_contact(_known_contact(_administrator(request, person_key(contact_id)), contact_id)))


@routes.route("/admin/contacts/{contact_id}", methods=["PUT"])
@endpoint(body=Contact, answers=ContactView, headers=["ETag"], refusals=[*CHANGING_REFUSALS, BeingErased])
def put_contact(request: Request, contact_id: str) -> Response:
    """Change a contact's name, account and department as a whole; their cases stay theirs."""
    visited = _administrator(request, person_key(contact_id))
    before = _known_contact(visited, contact_id)
    request.check_version(before.version)
    once = visited.once(_shown_contact)
    return answer(_shown_contact(change_contact(before, request.body, visited.caller.actor, once)))


@routes.route("/admin/people/{person_id}/login", methods=["PUT"])
@endpoint(
    body=NewLogin,
    answers=LoginView,
    headers=["ETag"],
    refusals=[AdministratorOnly, PersonNotFound, OwnLogin, BeingErased],
)
def put_login(request: Request, person_id: str) -> Response:
    """Switch the login of a contact or a staff member off, which ends all sessions at once, or on again (A11)."""
    visited = _administrator(request)

    def show(person: Person) -> Shown:
        return Shown(LoginView(person_id=person.person_id, login=person.login), {"ETag": etag(person.version)})

    return answer(show(set_login(person_id, request.body.login, visited.caller.actor, visited.once(show))))


def _administrator(request: Request, *keys: Key, feature: str | None = None) -> Visit:
    visited = visit(request, *keys, role=check_administrator)
    if feature is not None and feature not in settings.features:
        raise ModuleOff(f"The feature {feature} is off here; `features` in infra/stages.toml switches it on.")
    return visited


def _page(request: Request, kind: Kind[R], view: type[Versioned], feature: str | None = None) -> Response:
    _administrator(request, feature=feature)
    found, last = kind.page(limit=request.query.limit, after=request.position())
    return request.page([seen(view, kept) for kept in found], *(last or ()))


def _add(request: Request, kind: Kind[R], view: type[Versioned], keep: Keep[R], feature: str | None = None) -> Response:
    visited = _administrator(request, feature=feature)

    def show(kept: Kept[R]) -> Shown:
        return _shown(view, kept).at(request.reference(f"{request.path}/{kind.id_of(kept.record)}"))

    kept = keep(request.body, None, visited.caller.actor, visited.once(show))
    return answer(show(kept), HTTPStatus.CREATED)


def _one(
    request: Request, kind: Kind[R], view: type[Versioned], record_id: str, feature: str | None = None
) -> Response:
    kept = _known(_administrator(request, kind.key(record_id), feature=feature), kind, record_id)
    return answer(_shown(view, kept))


def _change(
    request: Request, kind: Kind[R], view: type[Versioned], record_id: str, keep: Keep[R], feature: str | None = None
) -> Response:
    visited = _administrator(request, kind.key(record_id), feature=feature)
    before = _known(visited, kind, record_id)
    if kind.id_of(request.body) != record_id:
        error = FieldError(pointer=f"/{kind.name}_id", code="locked", message="must be the id in the address")
        raise ValidationFailed("A record keeps its id.", errors=[error])
    request.check_version(before.version)
    show = partial(_shown, view)
    return answer(show(keep(request.body, before, visited.caller.actor, visited.once(show))))


def _shown(view: type[Versioned], kept: Kept[R]) -> Shown:
    return Shown(seen(view, kept), {"ETag": etag(kept.version)})


def _known(visited: Visit, kind: Kind[R], record_id: str) -> Kept[R]:
    item = visited.found.get(kind.key(record_id))
    if item is None:
        raise RecordNotFound
    return kind.of(item)


def _known_contact(visited: Visit, contact_id: str) -> Person:
    item = visited.found.get(person_key(contact_id))
    person = person_of(item) if item else None
    if person is None or person.is_staff:
        raise RecordNotFound
    return person


def _shown_contact(contact: Person) -> Shown:
    return Shown(ContactView.of(contact), {"ETag": etag(contact.version)})
