"""A person: a contact who may own cases, or a staff member who works on them. Rules only, no I/O."""

import re
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from functions.errors import Conflict, Forbidden
from functions.events import Actor, Frozen
from functions.moment import Moment
from functions.text import Id, Line, clean

Role = Literal["administrator"]
ContactRole = Literal["organisation_reader"]
PartyKind = Literal["contact", "department", "account"]


class AdministratorOnly(Forbidden):
    pass


class BeingErased(Conflict):
    """Nothing is changed of a person any more who is being erased."""

    def __init__(self) -> None:
        super().__init__("This person is being erased.")


class Party(Frozen):
    """Whom something is agreed with, or to whom it belongs."""

    kind: PartyKind
    id: Line


class Account(Frozen):
    """The customer as an organisation (A3)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"account_id": "acme", "name": "Acme"}]})

    account_id: Id
    name: Line


class Department(Frozen):
    """A part of an account."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"department_id": "acme-ops", "account_id": "acme", "name": "Ops"}]}
    )

    department_id: Id
    account_id: Id
    name: Line


_TYPED = r"^[^@\s<>()\[\],;:\\\"]{1,64}@[^@\s<>()\[\],;:\\\"_]+(\.[^@\s<>()\[\],;:\\\"_]+)+$"
_ADDRESS_LIMIT = 254
"""RFC 5321, the limit of a path."""
_ATOM = "[a-z0-9!#$%&'*+/=^_`{|}~-]+"
"""RFC 5322, without the `?` of encoded words, as which a mail program would read it."""
_LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_MAILABLE = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+(?!\d+$){_LABEL}")

Login = Literal["enabled", "disabled"]
"""Whether a person may sign in."""


class Person(Frozen):
    """`person_id` is `contact_` or `staff_` and a ULID."""

    person_id: str
    kind: Literal["contact", "staff"]
    email: str
    name: str = ""
    login: Login = "enabled"
    sessions_valid_from: Moment
    """A session that began earlier is over; moved on to sign a person out everywhere."""
    teams: tuple[str, ...] = ()
    """The teams of a staff member."""
    roles: tuple[Role | ContactRole, ...] = ()
    """What a staff member may do beside the work on cases: an administrator keeps the records. What a contact may
    do beside owning cases: an organisation reader reads all cases of the account (A25)."""
    account_id: str | None = None
    department_id: str | None = None
    """The organisation that a contact belongs to, and its part (A6)."""
    erasure: str | None = None
    """The id of the receipt, where this person is being erased."""
    case_mails: bool = True
    """Whether mails about cases are wanted (C36); codes and invitations come in any case."""
    signed_in: bool = Field(default=False, exclude=True)
    """Whether ever, so that the address is known to be theirs; an attribute of the item, which signing in sets."""
    version: int = 1

    def with_login(self, login: Login, now: datetime) -> "Person":
        """Switched on or off; either way no session from before is valid any more. Raise `BeingErased`."""
        self._check_stays()
        return self.model_copy(update={"login": login, "sessions_valid_from": now, "version": self.version + 1})

    def described(self, contact: "Contact") -> "Person":
        """With that name, and as belonging to that account and department, or to none (A6, A7). Raise `BeingErased`."""
        self._check_stays()
        values = contact.model_dump(include=set(Contact.model_fields))
        return self.model_copy(update=values | {"version": self.version + 1})

    def as_staff(self, member: "NewStaffMember") -> "Person":
        """With that name, in those teams alone, with those roles alone (A12). Raise `BeingErased`."""
        self._check_stays()
        values = member.model_dump(include={"name", "teams", "roles"})
        return self.model_copy(update=values | {"version": self.version + 1})

    def with_case_mails(self, wanted: bool) -> "Person":  # noqa: FBT001 (what the person says)
        """Raise `BeingErased`."""
        self._check_stays()
        return self.model_copy(update={"case_mails": wanted, "version": self.version + 1})

    def erasing(self, receipt_id: str, now: datetime) -> "Person":
        """Signed out for good, until the rest is erased."""
        return self.with_login("disabled", now).model_copy(update={"erasure": receipt_id})

    def anonymous(self) -> "Person":
        return self.model_copy(update={"email": "", "name": ""})

    def _check_stays(self) -> None:
        if self.erasure:
            raise BeingErased

    @property
    def parties(self) -> tuple[Party, ...]:
        """Whom this person's cases may be agreed with, in the order of priority: contact, department, account (C18)."""
        possible: tuple[tuple[PartyKind, str | None], ...] = (
            ("contact", self.person_id),
            ("department", self.department_id),
            ("account", self.account_id),
        )
        return tuple(Party(kind=kind, id=party_id) for kind, party_id in possible if party_id)

    @property
    def is_staff(self) -> bool:
        return self.kind == "staff"

    @property
    def actor(self) -> Actor:
        kind: Literal["staff", "customer"] = "staff" if self.is_staff else "customer"
        return Actor(kind=kind, id=self.person_id, name=self.name or self.email)


def new_contact(person_id: str, email: str, now: datetime) -> Person:
    """Whom nobody has described yet: an address that signs in, or with which a case is shared (D2)."""
    return Person(person_id=person_id, kind="contact", email=email, sessions_valid_from=now)


def check_administrator(person: Person) -> None:
    """Raise `AdministratorOnly` for everybody else."""
    if not (person.is_staff and "administrator" in person.roles):
        raise AdministratorOnly("Only administrators may do this.")


def reads_organisation(person: Person) -> bool:
    """Whether the contact reads the cases of the account, whoever owns them (A25)."""
    return not person.is_staff and person.account_id is not None and "organisation_reader" in person.roles


def masked(name: str) -> str:
    """A name that others may see; of an address no more than its beginning and its domain."""
    local, _, domain = name.rpartition("@")
    return f"{local[0]}…@{domain}" if _MAILABLE.fullmatch(name) else name


def canonical_email(address: str) -> str:
    """One spelling per mailbox, so that two spellings are not two people: small letters, the domain in ASCII (F13).

    Raise ValueError for what SES cannot mail, and for a domain whose letters are not its own but only look like them.
    """
    local, _, domain = clean(address.strip()).lower().rpartition("@")
    canonical = f"{local}@{domain if domain.isascii() else _in_dns(domain)}"
    if len(canonical) > _ADDRESS_LIMIT or not _MAILABLE.fullmatch(canonical):
        raise ValueError("must be an address that mail can reach")
    return canonical


def _in_dns(domain: str) -> str:
    """An international domain as DNS has it; it must come back from there as it went."""
    try:
        encoded = domain.encode("idna")
        if encoded.decode("idna") == domain:
            return encoded.decode()
    except UnicodeError:
        pass
    raise ValueError("must have a domain that DNS can hold, spelled as it is there")


def _typed(address: str) -> str:
    if not re.fullmatch(_TYPED, address):
        raise PydanticCustomError("string_pattern_mismatch", "must be an e-mail address, such as ana@example.org")
    return address


Email = Annotated[
    str,
    Field(max_length=_ADDRESS_LIMIT),
    AfterValidator(_typed),
    AfterValidator(canonical_email),
    WithJsonSchema({"type": "string", "maxLength": _ADDRESS_LIMIT, "pattern": _TYPED}),
]
"""An address as people type it; in its one spelling from here on."""


class Contact(Frozen):
    """What administrators say of a contact; a department is one of the account."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "Ana Sousa", "account_id": "acme", "department_id": "acme-ops"}]}
    )

    name: Line
    account_id: Id | None = None
    department_id: Id | None = None
    roles: tuple[ContactRole, ...] = ()


class NewContact(Contact):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "email": "ana@acme.example",
                    "name": "Ana Sousa",
                    "account_id": "acme",
                    "department_id": "acme-ops",
                }
            ]
        }
    )

    email: Email


class NewStaffMember(Frozen):
    """What the operator of a stage says of a staff member."""

    email: Email
    name: Line
    teams: tuple[Id, ...] = ()
    roles: tuple[Role, ...] = ()
