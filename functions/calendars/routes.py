"""What administrators ask about calendars."""

from chalice.app import Blueprint, Response

from functions.calendars import actions
from functions.calendars.model import Calendar, CalendarNotFound, NewCalendar, check_name
from functions.calendars.repository import calendar_key, calendar_of
from functions.http import Request, VersionMismatch, answer, endpoint, etag
from functions.obeyed import Shown
from functions.otp.sessions import visit
from functions.people.model import AdministratorOnly, check_administrator

routes = Blueprint(__name__)


class CalendarView(Calendar):
    """A calendar by its name, with its version."""

    calendar: str
    """Its name."""
    version: int

    @classmethod
    def of(cls, name: str, calendar: Calendar, version: int) -> "CalendarView":
        return cls(calendar=name, version=version, **dict(calendar))


@routes.route("/admin/calendars/{calendar}", methods=["GET"])
@endpoint(answers=CalendarView, headers=["ETag"], refusals=[AdministratorOnly, CalendarNotFound])
def get_calendar(request: Request, calendar: str) -> Response:
    """A calendar, as it is now."""
    key = calendar_key(calendar)
    visited = visit(request, key, role=check_administrator)
    item = visited.found.get(key)
    if item is None:
        raise CalendarNotFound
    view = CalendarView.of(calendar, calendar_of(item), item["version"])
    return answer(view, headers={"ETag": etag(view.version)})


@routes.route("/admin/calendars/{calendar}", methods=["PUT"])
@endpoint(
    body=NewCalendar,
    answers=CalendarView,
    headers=["ETag"],
    refusals=[AdministratorOnly, CalendarNotFound, VersionMismatch],
)
def put_calendar(request: Request, calendar: str) -> Response:
    """Make a calendar, or put another in its place.

    It counts for cases that are submitted from now on; a case keeps the calendar with which its deadlines were
    promised. Earlier versions are kept with who made them.
    """
    visited = visit(request, role=check_administrator)
    check_name(calendar)

    def show(version: int) -> Shown:
        return Shown(CalendarView.of(calendar, request.body, version), {"ETag": etag(version)})

    by = visited.caller.actor
    version = actions.keep_calendar(calendar, request.body, by, request.check_version, visited.once(show))
    return answer(show(version))
