"""Service agreements, and which of them sets the conditions of a case. Rules only, no I/O.

The highest priority at which there is a valid agreement decides: the contact's, the department's, the account's; where
there is none, the default agreement of the portal. Lower priorities never do, not even to break a tie (C18-C21).
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any

from pydantic import ConfigDict, Field, StrictBool, ValidationInfo, field_validator

from functions.cases.terms import Terms
from functions.errors import FieldError, Invalid, Unavailable
from functions.events import Frozen
from functions.moment import GivenMoment
from functions.people.model import Party
from functions.text import Id, Line

SERVICES_LIMIT = 25
AGREEMENTS_LIMIT = 20
"""Of an agreement, and of one party, so that all of a party's are read in one item."""


class DefaultAgreementMissing(Unavailable):
    """The portal is not configured to the end: agreements are switched on, and there is no valid default one (C21)."""

    def __init__(self) -> None:
        super().__init__("This portal has no valid default agreement; an administrator must add one.", retry_after=3600)


class AgreementChoiceRequired(Invalid):
    """Several agreements have the same priority; the problem document names them in `candidates` (C20)."""


class AgreementNotOffered(Invalid):
    """The choice is limited to the candidates (C23)."""


class ServiceNotAvailable(Invalid):
    """The customer's agreement does not cover it, or this portal does not offer it (C9, C11)."""

    def __init__(self, detail: str) -> None:
        error = FieldError(pointer="/service", code="not_available", message="is not available to this customer")
        super().__init__(detail, errors=[error])


class CoveredService(Frozen):
    """A service, and what the agreement promises for it before the service itself does (C44)."""

    service: Line
    terms: Terms = Terms()


class Agreement(Frozen):
    """What was agreed with a contact, a department or an account, or by default with everybody."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "agreement_id": "DEP-GOLD",
                    "title": "Gold for Ops",
                    "party": {"kind": "department", "id": "acme-ops"},
                    "valid_from": "2026-01-01T00:00:00Z",
                    "services": [
                        {
                            "service": "report-incident",
                            "terms": {"response": {"amount": 1, "unit": "working_hours"}},
                        }
                    ],
                }
            ]
        }
    )

    agreement_id: Id
    title: Line
    party: Party | None = None
    """With whom; the default agreement is with nobody in particular, and there is one at most."""
    valid_from: GivenMoment
    valid_until: GivenMoment | None = None
    """Valid while `valid_from <= now < valid_until` (D16)."""
    active: StrictBool = True
    all_services: StrictBool = False
    services: Annotated[tuple[CoveredService, ...], Field(max_length=SERVICES_LIMIT, validate_default=True)] = ()
    """What it covers, besides or without `all_services`."""

    @field_validator("valid_until")
    @classmethod
    def _ends_later(cls, valid_until: datetime | None, known: ValidationInfo) -> datetime | None:
        begins = known.data.get("valid_from")
        if valid_until is not None and begins is not None and valid_until <= begins:
            raise ValueError("must be later than `valid_from`")
        return valid_until

    @field_validator("services")
    @classmethod
    def _covers_something(
        cls, services: tuple[CoveredService, ...], known: ValidationInfo
    ) -> tuple[CoveredService, ...]:
        if not (services or known.data.get("all_services")):
            raise ValueError("must name a service, or `all_services` must be true")
        return services

    def is_valid(self, now: datetime) -> bool:
        """C22; half-open, as all intervals are (D16)."""
        return self.active and self.valid_from <= now and (self.valid_until is None or now < self.valid_until)

    def terms(self, service: str) -> Terms:
        """What it promises for that service."""
        return next((covered.terms for covered in self.services if covered.service == service), Terms())

    def covers(self, service: str) -> bool:
        return self.all_services or any(covered.service == service for covered in self.services)


def candidates(agreements: Iterable[Agreement], parties: Iterable[Party], now: datetime) -> tuple[Agreement, ...]:
    """The valid agreements of the first of these parties that has any, or else the default one.

    Raise `DefaultAgreementMissing` where there is none at all.
    """
    known = [agreement for agreement in agreements if agreement.is_valid(now)]
    for party in (*parties, None):
        found = tuple(agreement for agreement in known if agreement.party == party)
        if found:
            return found
    raise DefaultAgreementMissing


def chosen(offered: tuple[Agreement, ...], service: str, wanted: str | None) -> Agreement:
    """The agreement that applies: the only one, or the one of several that the customer wants (C19, C20, C23).

    Raise `ServiceNotAvailable` where it does not cover the service.
    """
    if not any(agreement.covers(service) for agreement in offered):
        raise ServiceNotAvailable("Your agreement does not cover this service.")
    agreement = _wanted(offered, wanted)
    if not agreement.covers(service):
        raise ServiceNotAvailable("The agreement that you chose does not cover this service.")
    return agreement


def _wanted(offered: tuple[Agreement, ...], wanted: str | None) -> Agreement:
    if wanted is None and len(offered) == 1:
        return offered[0]
    for agreement in offered:
        if agreement.agreement_id == wanted:
            return agreement
    if wanted is None:
        error = FieldError(pointer="/agreement_id", code="required", message="must name one of the candidates")
        raise AgreementChoiceRequired(
            "Several agreements apply; choose one of them.", errors=[error], candidates=_named(offered)
        )
    error = FieldError(pointer="/agreement_id", code="not_offered", message="is none of the candidates")
    raise AgreementNotOffered("This agreement cannot be chosen.", errors=[error], candidates=_named(offered))


def _named(offered: tuple[Agreement, ...]) -> list[dict[str, Any]]:
    return [agreement.model_dump(include={"agreement_id", "title"}) for agreement in offered]
