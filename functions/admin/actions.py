"""What administrators can do with records: check what each refers to, and write it with its history in one go."""

from typing import TypeVar

from functions.calendars.repository import calendar_key
from functions.cases import services
from functions.cases.agreements import Agreement
from functions.cases.catalogue import AGREEMENTS, CONFIGURATION_ITEMS, agreed
from functions.cases.configuration_items import ConfigurationItem
from functions.clock import now
from functions.errors import Conflict
from functions.events import Actor, Frozen
from functions.obeyed import Once
from functions.people.model import Account, Department, Party
from functions.people.repository import ACCOUNTS, DEPARTMENTS, find_contact
from functions.records import Kept, Kind, ReferenceUnknown
from functions.table import Write, commit, read, until_first

R = TypeVar("R", bound=Frozen)


class DepartmentFixed(Conflict):
    """A department stays with its account, since its contacts are associated with both."""


def keep_account(account: Account, before: Kept[Account] | None, by: Actor, once: Once | None) -> Kept[Account]:
    return _keep(ACCOUNTS, account, before, by, once)


def keep_department(
    department: Department, before: Kept[Department] | None, by: Actor, once: Once | None
) -> Kept[Department]:
    """Raise `ReferenceUnknown` where there is no such account, `DepartmentFixed` where it is another than before."""
    if before is not None and before.record.account_id != department.account_id:
        raise DepartmentFixed("A department stays with its account.")
    if ACCOUNTS.find(department.account_id) is None:
        raise ReferenceUnknown("/account_id")
    return _keep(DEPARTMENTS, department, before, by, once)


def keep_configuration_item(
    item: ConfigurationItem, before: Kept[ConfigurationItem] | None, by: Actor, once: Once | None
) -> Kept[ConfigurationItem]:
    """Raise `ReferenceUnknown` where there is no such owner."""
    item = item.model_copy(update={"owner": _known(item.owner, "/owner")})
    return _keep(CONFIGURATION_ITEMS, item, before, by, once)


def keep_agreement(
    agreement: Agreement, before: Kept[Agreement] | None, by: Actor, once: Once | None
) -> Kept[Agreement]:
    """Raise `ReferenceUnknown` where there is no such party or service, `TooManyAgreements` with one party."""
    if agreement.party is not None:
        agreement = agreement.model_copy(update={"party": _known(agreement.party, "/party")})
    calendars = read(*{calendar_key(name) for covered in agreement.services for name in covered.terms.calendars})
    offered = {service.service for service in services.all_services()}
    for place, covered in enumerate(agreement.services):
        if covered.service not in offered:
            raise ReferenceUnknown(f"/services/{place}/service")
        for kind, term in covered.terms:
            if term and term.calendar and calendar_key(term.calendar) not in calendars:
                raise ReferenceUnknown(f"/services/{place}/terms/{kind}/calendar")
    beside = agreed(agreement, before.record if before else None)
    return _keep(AGREEMENTS, agreement, before, by, once, *beside)


def _keep(kind: Kind[R], record: R, before: Kept[R] | None, by: Actor, once: Once | None, *beside: Write) -> Kept[R]:
    """Write the next version; one that changes nothing is none."""
    if before is not None and before.record == record:
        return before
    moment = now()
    kept = kind.next(record, before, by, moment)
    obeyed = [once.record(kept, moment)] if once else []
    until_first(lambda: commit(*obeyed, *kind.written(kept), *beside))
    return kept


def _known(party: Party, place: str) -> Party:
    """The party, with the contact's id where an address was given. Raise `ReferenceUnknown` for an unknown one."""
    if party.kind == "contact":
        contact = find_contact(party.id)
        if contact is not None:
            return Party(kind="contact", id=contact.person_id)
    elif (ACCOUNTS if party.kind == "account" else DEPARTMENTS).find(party.id) is not None:
        return party
    raise ReferenceUnknown(f"{place}/id")
