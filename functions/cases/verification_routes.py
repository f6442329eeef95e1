"""What administrators may ask about any case: whether its timeline is as it was written."""

from typing import Annotated

from chalice.app import Blueprint
from pydantic import Field

from functions.cases.item_keys import number_key
from functions.cases.model import CaseNotFound
from functions.cases.verification import Verified, verify
from functions.events import Frozen
from functions.http import CursorInvalid, Request, endpoint
from functions.otp.sessions import visit
from functions.people.model import AdministratorOnly, check_administrator

routes = Blueprint(__name__)


class Onwards(Frozen):
    after: Annotated[str, Field(max_length=400)] | None = None
    """From the answer before, where there is more."""


class VerificationView(Verified):
    """The chain of a case's timeline; `broken` names the first entry that is not as it was written."""

    after: str | None
    """Where there is more, what leads on."""


@routes.route("/admin/cases/{case}/verification", methods=["GET"])
@endpoint(query=Onwards, answers=VerificationView, refusals=[AdministratorOnly, CaseNotFound, CursorInvalid])
def get_verification(request: Request, case: str) -> VerificationView:
    """Whether the timeline of a case, named by id or number, was tampered with; 500 entries at a time."""
    visited = visit(request, number_key(case), role=check_administrator)
    numbered = visited.found.get(number_key(case), {})
    position = request.position()
    after, before = position or (0, "")
    verified = verify(numbered.get("case_id", case), after, before)
    is_over = verified.broken or verified.is_whole
    onwards = None if is_over else request.cursor(verified.up_to, verified.link)
    return VerificationView(**verified.model_dump(), after=onwards)
