"""What people meet at the front door."""

from http import HTTPStatus
from typing import Annotated, Literal

from chalice.app import Blueprint, Response
from pydantic import ConfigDict, Field

from functions.events import Frozen
from functions.http import Request, endpoint, no_content
from functions.moment import Moment
from functions.otp.actions import issue_challenge, sign_in, sign_out
from functions.otp.model import VALID_FOR, OtpExpired, OtpIncorrect, OtpLocked, Purpose
from functions.otp.sessions import visit
from functions.people.actions import set_case_mails
from functions.people.model import BeingErased, ContactRole, Email, Person, Role

routes = Blueprint(__name__)


class NewChallenge(Frozen):
    model_config = ConfigDict(json_schema_extra={"examples": [{"email": "ana@example.org"}]})

    email: Email
    purpose: Purpose = "sign_in"


class ChallengeView(Frozen):
    """A sign-in that has begun; the same whether or not the address is known."""

    challenge_id: str
    expires_in: int
    """Seconds for which the code in the mail is valid."""


class Code(Frozen):
    model_config = ConfigDict(json_schema_extra={"examples": [{"code": "27182818"}]})

    code: Annotated[str, Field(min_length=1, max_length=40)]


class PersonView(Frozen):
    """Who is signed in."""

    person_id: str
    kind: Literal["contact", "staff"]
    email: str
    name: str
    teams: tuple[str, ...]
    roles: tuple[Role | ContactRole, ...]
    case_mails: bool

    @classmethod
    def of(cls, person: Person) -> "PersonView":
        return cls(
            person_id=person.person_id,
            kind=person.kind,
            email=person.email,
            name=person.name,
            teams=person.teams,
            roles=person.roles,
            case_mails=person.case_mails,
        )


class Preferences(Frozen):
    model_config = ConfigDict(json_schema_extra={"examples": [{"case_mails": False}]})

    case_mails: bool
    """Whether mails about cases are wanted; codes to sign in with, and that a case is shared, are mailed anyway."""


class SessionView(Frozen):
    """A session that has begun."""

    token: str
    """Send it as `Authorization: Bearer …`; it is shown here only."""
    expires_at: Moment
    person_id: str


@routes.route("/otp/challenges", methods=["POST"])
@endpoint(body=NewChallenge, answers=ChallengeView, status=HTTPStatus.ACCEPTED, public=True)
def post_challenge(request: Request) -> ChallengeView:
    """Ask for a PIN by mail. The answer is the same whether or not the address is known, or over its budget."""
    issued_id = issue_challenge(request.body.email, request.body.purpose, request.ip)
    return ChallengeView(challenge_id=issued_id, expires_in=int(VALID_FOR.total_seconds()))


@routes.route("/otp/challenges/{challenge_id}/verify", methods=["POST"])
@endpoint(body=Code, answers=SessionView, public=True, refusals=[OtpIncorrect, OtpLocked, OtpExpired])
def post_verification(request: Request, challenge_id: str) -> SessionView:
    """Sign in with the PIN. Each try spends an attempt before anything is compared."""
    session = sign_in(challenge_id, request.body.code)
    return SessionView(token=session.token, expires_at=session.expires_at, person_id=session.person_id)


@routes.route("/sessions/current", methods=["DELETE"])
@endpoint(status=HTTPStatus.NO_CONTENT)
def delete_current_session(request: Request) -> Response:
    """Sign out."""
    sign_out(visit(request).caller.person_id, request.bearer)
    return no_content()


@routes.route("/me", methods=["GET"])
@endpoint(answers=PersonView)
def get_me(request: Request) -> PersonView:
    """Who I am."""
    return PersonView.of(visit(request).caller)


@routes.route("/me", methods=["PATCH"])
@endpoint(body=Preferences, answers=PersonView, refusals=[BeingErased])
def patch_me(request: Request) -> PersonView:
    """Choose whether I am mailed about cases."""
    visited = visit(request)
    return PersonView.of(set_case_mails(visited.caller, request.body.case_mails, visited.once(PersonView.of)))
