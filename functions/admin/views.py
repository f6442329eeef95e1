"""Records as administrators see them: what they wrote, which version of it that is, and who wrote it when."""

from typing import TypeVar

from pydantic import ConfigDict

from functions.cases.agreements import Agreement
from functions.cases.configuration_items import ConfigurationItem
from functions.events import Frozen
from functions.people.model import Account, ContactRole, Department, Login, Person, Role
from functions.records import Kept

R = TypeVar("R", bound=Frozen)


class Versioned(Frozen):
    version: int
    changed_at: str
    changed_by: str
    """The id of the administrator who wrote this version."""


class AccountView(Account, Versioned):
    pass


class DepartmentView(Department, Versioned):
    pass


class ConfigurationItemView(ConfigurationItem, Versioned):
    pass


class AgreementView(Agreement, Versioned):
    pass


class ContactView(Frozen):
    """A person who may own cases, as administrators see them."""

    contact_id: str
    email: str
    name: str
    account_id: str | None
    department_id: str | None
    roles: tuple[Role | ContactRole, ...]
    login: Login
    version: int

    @classmethod
    def of(cls, person: Person) -> "ContactView":
        values = person.model_dump(include=set(cls.model_fields) - {"contact_id"})
        return cls(contact_id=person.person_id, **values)


class NewLogin(Frozen):
    model_config = ConfigDict(json_schema_extra={"examples": [{"login": "disabled"}]})

    login: Login


class LoginView(Frozen):
    """Whether a person may sign in."""

    person_id: str
    login: Login


def seen(view: type[Versioned], kept: Kept[R]) -> Versioned:
    written = {"version": kept.version, "changed_at": kept.changed_at, "changed_by": kept.changed_by}
    return view(**dict(kept.record), **written)
