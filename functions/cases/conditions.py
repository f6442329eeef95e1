"""What applies to a new case beside its service: the agreement that covers it, the configuration item it is about.

Where a deployment has switched on neither, nothing is read for it; else all of it in one consistent read, and in one
more where an agreement counts by a calendar that its service does not name.
"""

from collections.abc import Mapping

from functions.calendars.model import Calendar
from functions.calendars.repository import calendar_key, calendars_in
from functions.cases import catalogue, services
from functions.cases.agreements import Agreement, AgreementChoiceRequired, ServiceNotAvailable, candidates, chosen
from functions.cases.configuration_items import owned_item
from functions.cases.model import About, AgreedBy, Applied
from functions.cases.services import Service
from functions.cases.terms import Terms
from functions.clock import now
from functions.errors import FieldError, Invalid
from functions.people.model import Person
from functions.settings import settings
from functions.table import read


class FeatureOff(Invalid):
    """This deployment does not know such a thing (C10, C12)."""

    def __init__(self, pointer: str) -> None:
        error = FieldError(pointer=pointer, code="feature_off", message="is not used by this portal")
        super().__init__("This portal does not use this.", errors=[error])


def is_on(feature: str) -> bool:
    return feature in settings.features


def is_offered(service: Service) -> bool:
    """Where this portal may, and consultations are a feature of their own (C9)."""
    allowed = not service.portals or settings.stage in service.portals
    return allowed and (service.category != "consultation" or is_on("consultation"))


def check_wish(service: Service, agreement_id: str | None, item_id: str | None) -> None:
    """Raise for what this deployment has not switched on: `ServiceNotAvailable`, `FeatureOff`."""
    if not is_offered(service):
        raise ServiceNotAvailable("This portal does not offer this service.")
    if agreement_id is not None and not is_on("agreements"):
        raise FeatureOff("/agreement_id")
    if item_id is not None and not is_on("configuration_items"):
        raise FeatureOff("/configuration_item_id")


def applied(owner: Person, service: Service, agreement_id: str | None, item_id: str | None) -> Applied:
    """What a case of this owner about this service is saved with. Raise what the rules about either raise."""
    check_wish(service, agreement_id, item_id)
    offered, item = _read(owner, item_id)
    return _applied(chosen(offered, service.service, agreement_id) if offered else None, service, item)


def preview(
    owner: Person, service: Service, agreement_id: str | None, item_id: str | None
) -> tuple[Applied, tuple[AgreedBy, ...] | None]:
    """The same before anything is chosen: where that is needed, no agreement, and the candidates (C20, C25)."""
    check_wish(service, agreement_id, item_id)
    offered, item = _read(owner, item_id)
    try:
        return _applied(chosen(offered, service.service, agreement_id) if offered else None, service, item), None
    except AgreementChoiceRequired:
        return Applied(item=item), tuple(_named(each) for each in offered)


def with_calendars(terms: Terms, known: Mapping[str, Calendar]) -> Mapping[str, Calendar]:
    """The calendars of the service, and those of its agreement, which are read where they are others."""
    further = [name for name in terms.calendars if name not in known]
    return {**known, **calendars_in(read(*map(calendar_key, further)), further)} if further else known


def offered_to(person: Person | None) -> list[Service]:
    """The services that a customer's agreements cover, where agreements are switched on (C11); all to others."""
    offered = [service for service in services.all_services() if is_offered(service)]
    if person is None or person.is_staff or not is_on("agreements"):
        return offered
    agreements = candidates(catalogue.read_for(person).agreements, person.parties, now())
    return [service for service in offered if any(agreement.covers(service.service) for agreement in agreements)]


def _read(owner: Person, item_id: str | None) -> tuple[tuple[Agreement, ...], About | None]:
    """The candidates, none where agreements are off; and the configuration item that the owner has named."""
    if not is_on("agreements") and item_id is None:
        return (), None
    known = catalogue.read_for(owner, item_id)
    item = None
    if item_id is not None:
        named = owned_item(known.item, owner)
        item = About(configuration_item_id=named.configuration_item_id, name=named.name)
    return candidates(known.agreements, owner.parties, now()) if is_on("agreements") else (), item


def _applied(agreement: Agreement | None, service: Service, item: About | None) -> Applied:
    if agreement is None:
        return Applied(item=item)
    return Applied(agreement=_named(agreement), item=item, terms=agreement.terms(service.service))


def _named(agreement: Agreement) -> AgreedBy:
    return AgreedBy(agreement_id=agreement.agreement_id, title=agreement.title)
