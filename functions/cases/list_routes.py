"""Lists of cases: what I own, what is shared with me, what my organisation has."""

from typing import Literal

from chalice.app import Blueprint, Response
from pydantic_core import from_json

from functions.cases import lists
from functions.cases.lists import EntryRelation
from functions.cases.services import Category
from functions.cases.status import Status
from functions.cases.views import CaseEntryView, SummaryView, UnreadView
from functions.clock import now
from functions.errors import FieldError, Forbidden
from functions.http import Page, Pages, Request, ValidationFailed, endpoint
from functions.moment import GivenMoment, stamp
from functions.otp.sessions import Visit, visit
from functions.people.model import reads_organisation
from functions.table import Item

routes = Blueprint(__name__)

UNREAD_COUNTED = 100
NEWEST_CASES = 5
RELATIONS: dict[str, EntryRelation] = {"mine": "mine", "shared_with_me": "shared", "organisation": "organisation"}


class OrganisationReaderOnly(Forbidden):
    """Only contacts who read the cases of their account may do this (A25)."""


class CaseFilter(Pages):
    filter: Literal["mine", "shared_with_me", "organisation"] = "mine"
    """What I own (A19); what others share with me (A1); what the contacts of my account own."""
    status: Status | None = None
    """Only cases in it."""
    category: Category | None = None
    """Only cases of it."""
    unread: Literal["true"] | None = None
    """Only what I have not read, newest message first; not of an organisation, in whose cases nobody has a mark."""
    updated_since: GivenMoment | None = None
    """Changed at that time or later."""

    @property
    def narrows(self) -> bool:
        """Whether the keys of entries cannot tell which are wanted."""
        return (self.status or self.category or self.unread) is not None

    def takes(self, item: Item) -> bool:
        entry = from_json(item["data"])
        since = stamp(self.updated_since) if self.updated_since else ""
        return (
            self.status in (None, entry["status"])
            and self.category in (None, entry["category"])
            and entry["changed_at"] >= since
        )


@routes.route("/cases", methods=["GET"])
@endpoint(query=CaseFilter, answers=Page[CaseEntryView], refusals=[OrganisationReaderOnly])
def get_cases(request: Request) -> Response:
    """Cases, newest change first; what I have just done is already in it.

    With `status`, `category` or `unread` a page is found among 100 entries: it may hold fewer than `limit`, or none,
    while `has_more` says that there are others to look at.
    """
    visited, query = visit(request), request.query
    of = _whose(visited, query)
    position = request.position()
    found = lists.entries(
        of,
        RELATIONS[query.filter],
        now(),
        limit=query.limit,
        after=(position[0], position[1]) if position else None,
        since=query.updated_since,
        unread=query.unread is not None,
        takes=query.takes if query.narrows else None,
    )
    return request.page([_entry_view(item) for item in found.items], *(found.last or ()))


@routes.route("/cases/unread", methods=["GET"])
@endpoint(answers=UnreadView)
def get_unread(request: Request) -> UnreadView:
    """How many cases, of mine and shared with me, have something that I have not read."""
    return UnreadView(unread=lists.count_unread(visit(request).caller.person_id, UNREAD_COUNTED, now()))


@routes.route("/summary", methods=["GET"])
@endpoint(answers=SummaryView)
def get_summary(request: Request) -> SummaryView:
    """My cases at a glance, and where a new one begins."""
    person_id, moment = visit(request).caller.person_id, now()
    newest = lists.entries(person_id, "mine", moment, limit=NEWEST_CASES)
    return SummaryView(
        cases=[_entry_view(item) for item in newest.items],
        unread=lists.count_unread(person_id, UNREAD_COUNTED, moment),
    )


def _whose(visited: Visit, query: CaseFilter) -> str:
    """The person or the account in whose partition the list stands."""
    if query.filter != "organisation":
        return visited.caller.person_id
    if not reads_organisation(visited.caller):
        raise OrganisationReaderOnly("Only contacts who read the cases of their organisation may ask for them.")
    if query.unread:
        error = FieldError(pointer="/unread", code="invalid", message="is not kept of an organisation")
        raise ValidationFailed("Nobody has a read mark in the cases of an organisation.", errors=[error])
    return str(visited.caller.account_id)


def _entry_view(item: Item) -> CaseEntryView:
    return CaseEntryView(**from_json(item["data"]), unread=lists.mark_of(item).unread)
