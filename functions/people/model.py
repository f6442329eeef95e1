"""A person: a contact who may own cases, or a staff member who works on them. Rules only, no I/O."""

import re
from datetime import datetime
from typing import Literal

from functions.errors import Forbidden
from functions.events import Actor, Frozen
from functions.moment import Moment
from functions.text import clean

Role = Literal["administrator"]
_ADDRESS_LIMIT = 254
"""RFC 5321, the limit of a path."""
_ATOM = "[a-z0-9!#$%&'*+/=^_`{|}~-]+"
"""RFC 5322, without the `?` of encoded words, as which a mail program would read it."""
_LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_MAILABLE = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+(?!\d+$){_LABEL}")


class AdministratorOnly(Forbidden):
    pass


class Person(Frozen):
    """`person_id` is `contact_` or `staff_` and a ULID."""

    person_id: str
    kind: Literal["contact", "staff"]
    email: str
    name: str = ""
    login: Literal["enabled", "disabled"] = "enabled"
    sessions_valid_from: Moment
    """A session that began earlier is over; moved on to sign a person out everywhere."""
    teams: tuple[str, ...] = ()
    """The teams of a staff member."""
    roles: tuple[Role, ...] = ()
    """What a staff member may do beside the work on cases; an administrator keeps the records."""
    version: int = 1

    def with_login(self, login: Literal["enabled", "disabled"], now: datetime) -> "Person":
        """Switched on or off; either way no session from before is valid any more."""
        return self.model_copy(update={"login": login, "sessions_valid_from": now, "version": self.version + 1})

    @property
    def is_staff(self) -> bool:
        return self.kind == "staff"

    @property
    def actor(self) -> Actor:
        kind: Literal["staff", "customer"] = "staff" if self.is_staff else "customer"
        return Actor(kind=kind, id=self.person_id, name=self.name or self.email)


def check_administrator(person: Person) -> None:
    """Raise `AdministratorOnly` for everybody else."""
    if not (person.is_staff and "administrator" in person.roles):
        raise AdministratorOnly("Only administrators may do this.")


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
