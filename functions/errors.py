"""What can be refused, and the HTTP status it becomes (RFC 9457).

Refusal
├── Malformed           400   the request cannot be read
├── NotSignedIn         401
├── Forbidden           403
├── NotFound            404   unknown, or somebody else's: one answer for both
├── Conflict            409   not in this state
├── Gone                410   over for good; start again
├── PreconditionFailed  412
├── TooLarge            413
├── Invalid             422   readable, but against a rule; names the fields
├── Exhausted           429   too often; when it may be tried again is in `retry_after`
└── Unavailable         503   not now; try again

A named refusal (`ActionNotAllowed`, `OtpLocked` …) stands beside the rule that raises it; its class name in
snake case is its `code`, which never changes.
"""

import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, ClassVar

from pydantic import ValidationError
from typing_extensions import TypedDict


class FieldError(TypedDict):
    """One field and the rule that it broke; `pointer` is a JSON pointer (RFC 6901) into the body."""

    pointer: str
    code: str
    message: str


def pointer(*parts: object) -> str:
    """A JSON pointer (RFC 6901) through these members."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in parts)


def field_errors(error: ValidationError) -> list[FieldError]:
    """What pydantic found, field by field, without the values and in our words."""
    return [
        {
            "pointer": pointer(*found["loc"][:-1] if _is_name(found["loc"]) else found["loc"]),
            "code": found["type"],
            "message": found["msg"].removeprefix("Value error, "),
        }
        for found in error.errors(include_url=False, include_context=False, include_input=False)
    ]


def _is_name(place: tuple[int | str, ...]) -> bool:
    """Whether pydantic means the name of a member, which it writes behind it."""
    return len(place) > 1 and place[-1] == "[key]"


class Refusal(Exception):
    """A rule says no, on purpose."""

    status: ClassVar[HTTPStatus]
    code: ClassVar[str]

    def __init_subclass__(cls) -> None:
        cls.code = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()

    def __init__(self, detail: str, *, errors: Sequence[FieldError] = (), **members: Any) -> None:
        """`members` are further members of the problem document, such as `allowed_actions`."""
        super().__init__(detail)
        self.detail, self.errors, self.members = detail, list(errors), members

    def problem(self) -> dict[str, Any]:
        """The problem document, without what only a door knows (`instance`, `request_id`)."""
        document = {
            "type": f"/problems/{self.code}",
            "title": self.status.phrase,
            "status": int(self.status),
            "detail": self.detail,
            "code": self.code,
            **self.members,
        }
        return document | ({"errors": self.errors} if self.errors else {})


class Malformed(Refusal):
    status = HTTPStatus.BAD_REQUEST


class NotSignedIn(Refusal):
    status = HTTPStatus.UNAUTHORIZED


class Forbidden(Refusal):
    status = HTTPStatus.FORBIDDEN


class NotFound(Refusal):
    status = HTTPStatus.NOT_FOUND


class Conflict(Refusal):
    status = HTTPStatus.CONFLICT


class Gone(Refusal):
    status = HTTPStatus.GONE


class PreconditionFailed(Refusal):
    status = HTTPStatus.PRECONDITION_FAILED


class TooLarge(Refusal):
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class Invalid(Refusal):
    status = HTTPStatus.UNPROCESSABLE_ENTITY


class Exhausted(Refusal):
    status = HTTPStatus.TOO_MANY_REQUESTS


class Unavailable(Refusal):
    status = HTTPStatus.SERVICE_UNAVAILABLE
