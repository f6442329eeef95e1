"""The HTTP edge: a body becomes a model, an answer becomes JSON, a refusal becomes a problem document (RFC 9457)."""

import base64
import functools
import hmac
import json
import posixpath
import time
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any, Generic, Literal, TypeVar
from urllib.parse import quote, urlencode

from chalice.app import Chalice, Response
from chalice.app import Request as ChaliceRequest
from pydantic import BaseModel, Field, ValidationError

from functions import log
from functions.browsers import for_browsers
from functions.errors import (
    FieldError,
    Invalid,
    Malformed,
    NotSignedIn,
    PreconditionFailed,
    Refusal,
    TooLarge,
    Unavailable,
    field_errors,
    pointer,
)
from functions.events import Frozen
from functions.keys import derive
from functions.obeyed import AlreadyObeyed, Once, Shown, fingerprint
from functions.strict_json import strict
from functions.table import WriteConflict, read

BODY_LIMIT = 256 * 1024
KEY_LIMIT = 255
BROKEN = "The request breaks a rule; see `errors`."
SAY_JSON = "Send JSON, and say so: `Content-Type: application/json`."
JSON = "application/json"
CLOUDEVENTS = "application/cloudevents+json"
PROBLEM = "application/problem+json"
T = TypeVar("T")
View = Callable[..., BaseModel | Response]


class BodyTooLarge(TooLarge):
    pass


class ValidationFailed(Invalid):
    pass


class CursorInvalid(Invalid):
    pass


class IdempotencyKeyRequired(Malformed):
    pass


class IdempotencyKeyInvalid(Malformed):
    pass


class VersionMismatch(PreconditionFailed):
    pass


class Busy(Unavailable):
    pass


class MethodNotAllowed(Refusal):
    status = HTTPStatus.METHOD_NOT_ALLOWED


class UnsupportedMedia(Refusal):
    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE


class InternalError(Refusal):
    """Not a rule's refusal: a fault of ours, or of AWS."""

    status = HTTPStatus.INTERNAL_SERVER_ERROR


class Nothing(Frozen):
    """No body, or an empty object."""


class Pages(Frozen):
    """The part of a list to show."""

    limit: Annotated[int, Field(ge=1, le=100)] = 25
    """How many at most."""
    after: str | None = None
    """`page.after` of the page before, which was asked for with the same query."""


class PageInfo(Frozen):
    after: str | None
    has_more: bool


class Page(Frozen, Generic[T]):
    """One page of a list; `page.after` leads to the next."""

    data: list[T]
    page: PageInfo

    @classmethod
    def model_parametrized_name(cls, params: tuple[type[Any], ...]) -> str:
        return f"{params[0].__name__}Page" if params != (Any,) else "Page"


@dataclass(frozen=True, slots=True)
class Operation:
    """What the OpenAPI document says of one route."""

    answers: Any
    """The model of the answer, or a union of models."""
    status: int
    body: type[BaseModel] | None
    query: type[BaseModel] | None
    refusals: tuple[type[Refusal], ...]
    public: bool
    key_required: bool
    consistency: Literal["strong", "eventual"]
    headers: tuple[str, ...]
    """Of the answer, beside those of every answer."""
    redirects: bool
    """Whether it leads to another address, who asks for no JSON."""
    signed: bool
    """Whether an internal system sends it, by a signature in the headers and without a session."""


@dataclass(slots=True)
class Request:
    """One HTTP request, read and checked."""

    method: str
    path: str
    headers: Any
    ip: str
    raw_body: bytes
    key_required: bool
    status: int
    body: Any = None
    query: Any = None
    caller_id: str = ""
    """Who signed in; a cursor fits nobody else."""
    once: Once | None = None
    """How it has its effect once, where who signed in has sent a key."""

    @property
    def bearer(self) -> str:
        """The session token (RFC 6750). Raise `NotSignedIn` without one."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise NotSignedIn("Sign in first: send a session token as `Authorization: Bearer …`.")
        return str(token)

    @property
    def idempotency_key(self) -> str | None:
        """The caller's key, where one was sent. Raise where it is needed, or unusable."""
        key: str | None = self.headers.get("idempotency-key")
        if key is None and self.key_required:
            raise IdempotencyKeyRequired(
                "This request needs an `Idempotency-Key` header, so that it has its effect once."
            )
        if key is not None and not (0 < len(key) <= KEY_LIMIT and key.isascii() and key.isprintable()):
            raise IdempotencyKeyInvalid(f"`Idempotency-Key` takes 1 to {KEY_LIMIT} printable ASCII characters.")
        return key

    @property
    def wants_json(self) -> bool:
        """Whether `Accept` names JSON; who takes anything does not ask for it (RFC 9110, 12.5.1)."""
        ranges = self.headers.get("accept", "").split(",")
        return any(each.partition(";")[0].strip().lower() == JSON for each in ranges)

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.raw_body)

    def check_version(self, version: int) -> None:
        """Raise `VersionMismatch` where `If-Match` names another version (RFC 9110)."""
        wanted = self.headers.get("if-match")
        if wanted not in (None, "*", etag(version)):
            raise VersionMismatch("It has changed since you read it; read it again.", current=etag(version))

    def cursor(self, *position: Any) -> str:
        """Where the next page of this very query begins; signed, so that it fits no other."""
        payload = json.dumps(position).encode()
        return _base64(payload + self._signature(payload))

    def position(self) -> list[Any] | None:
        """What `cursor` was made of. Raise `CursorInvalid` for one of another query, or of nobody's."""
        if self.query.after is None:
            return None
        try:
            sealed = base64.urlsafe_b64decode(self.query.after + "=" * (-len(self.query.after) % 4))
        except ValueError:
            sealed = b""
        payload, signature = sealed[:-16], sealed[-16:]
        if not hmac.compare_digest(signature, self._signature(payload)):
            raise CursorInvalid(
                "`after` must be taken from the page before, of the same query.", errors=[_unacceptable("after")]
            )
        position: list[Any] = json.loads(payload)
        return position

    def page(self, data: list[Any], *next_position: Any) -> Response:
        """Answer one page, with `Link: rel=next` (RFC 8288) where `next_position` says that more may follow."""
        after = self.cursor(*next_position) if next_position else None
        page = Page[Any](data=data, page=PageInfo(after=after, has_more=after is not None))
        headers = {}
        if after:
            kept = self.query.model_dump(mode="json", exclude_none=True) | {"after": after}
            headers["Link"] = f'<?{urlencode(kept)}>; rel="next"'
        return answer(page, headers=headers)

    def reference(self, path: str) -> str:
        """Another address of the API as seen from this one, for headers of the answer (RFC 3986, 4.2).

        A stage of API Gateway, a base path of a domain, or a proxy may stand before `/v1`, which only the client knows.
        """
        return posixpath.relpath(path, posixpath.dirname(self.path))

    def _signature(self, payload: bytes) -> bytes:
        query = self.query.model_dump_json(exclude={"after", "limit"})
        return derive("cursor", self.method, self.path, self.caller_id, query, _base64(payload))[:16]


def endpoint(
    *,
    answers: Any = None,
    status: int = HTTPStatus.OK,
    body: type[BaseModel] | None = None,
    query: type[BaseModel] | None = None,
    refusals: Sequence[type[Refusal]] = (),
    public: bool = False,
    key_required: bool = False,
    consistency: Literal["strong", "eventual"] = "strong",
    headers: Sequence[str] = (),
    redirects: bool = False,
    signed: bool = False,
) -> Callable[[View], Callable[..., Response]]:
    """Make a view of `(request, **path)` a route: checked on the way in, documented on the way out.

    What creates something takes an idempotency key, so that a lost answer never means two of it (A1).
    """
    operation = Operation(
        answers,
        int(status),
        body,
        query,
        tuple(refusals),
        public,
        key_required or status == HTTPStatus.CREATED,
        consistency,
        tuple(headers),
        redirects,
        signed,
    )

    def decorate(view: View) -> Callable[..., Response]:
        @functools.wraps(view)
        def handle(**path: str) -> Response:
            try:
                result = _seen(view, _read(_current.get(), operation), path)
            except Refusal as refusal:
                return problem(refusal)
            except AlreadyObeyed as obeyed:
                return _json(obeyed.body, obeyed.status, {**obeyed.headers, "Idempotent-Replayed": "true"})
            except WriteConflict:
                return problem(Busy("Too many changes at once; try again.", retry_after=1))
            except Exception as error:  # noqa: BLE001 (Chalice would log the message, which may quote a person)
                log.error("failed", error, request_id=_request_id(_current.get()))
                return problem(InternalError("Something failed on our side; try again."))
            return answer(result, operation.status) if isinstance(result, BaseModel) else result

        handle.operation = operation  # type: ignore[attr-defined]
        return handle

    return decorate


def _seen(view: View, request: Request, path: Mapping[str, str]) -> BaseModel | Response:
    """What the view answers: where it refuses because of what its twin, sent at the same time, did, the twin's answer.

    What is read in one batch need not be of one moment (DynamoDB): the case of after that effect, its record of before.
    """
    try:
        return view(request, **path)
    except Refusal:
        if request.once and request.once.key in read(request.once.key):
            return view(request, **path)
        raise


def answer(model: BaseModel | Shown, status: int = HTTPStatus.OK, headers: Mapping[str, str] | None = None) -> Response:
    shown = model if isinstance(model, Shown) else Shown(model, headers or {})
    return _json(shown.model.model_dump_json(), status, shown.headers)


def no_content() -> Response:
    return Response("", headers={"Content-Type": JSON}, status_code=HTTPStatus.NO_CONTENT)


def redirect(url: str) -> Response:
    """To where it can be read for a moment; that address is a secret, which nobody on the way stores."""
    return Response("", headers={"Content-Type": JSON, "Location": url}, status_code=HTTPStatus.FOUND)


def etag(version: int) -> str:
    return f'"{version}"'


def problem(refusal: Refusal) -> Response:
    """A refusal as its problem document; this is the only form of error that leaves."""
    request_id = _request_id(_current.get())
    document = refusal.problem() | {"instance": f"urn:request:{request_id}", "request_id": request_id}
    headers = {"WWW-Authenticate": "Bearer"} if refusal.status == HTTPStatus.UNAUTHORIZED else {}
    if "retry_after" in refusal.members:
        headers["Retry-After"] = str(refusal.members["retry_after"])
    return _json(json.dumps(document), refusal.status, headers, PROBLEM)


def install(app: Chalice) -> None:
    """Put the edge around every route of the app."""
    app.register_middleware(_edge, "http")


def _edge(request: ChaliceRequest, get_response: Callable[[Any], Response]) -> Response:
    """Bind the request, answer what Chalice refuses by itself as a problem, add the headers, log one line."""
    started = time.perf_counter()
    token = _current.set(request)
    try:
        response = get_response(request)
        if response.status_code >= HTTPStatus.BAD_REQUEST and response.headers.get("Content-Type") != PROBLEM:
            response = _chalice_problem(response)
        response = for_browsers(request, response)
        log.info(
            "answered",
            request_id=_request_id(request),
            route=f"{request.method} {request.context.get('resourcePath', '')}",
            status=response.status_code,
            milliseconds=round((time.perf_counter() - started) * 1000),
        )
        return response
    finally:
        _current.reset(token)


def _chalice_problem(response: Response) -> Response:
    """Chalice answers wrong methods, content types and crashes by itself; say the same as a problem."""
    match response.status_code:
        case HTTPStatus.METHOD_NOT_ALLOWED:
            refused = problem(MethodNotAllowed("This address does not take this method; see `Allow`."))
            refused.headers["Allow"] = response.headers["Allow"]
            return refused
        case HTTPStatus.UNSUPPORTED_MEDIA_TYPE:
            return problem(UnsupportedMedia(SAY_JSON))
    return problem(InternalError("Something failed on our side; try again."))


def _json(body: str, status: int, headers: Mapping[str, str], content_type: str = JSON) -> Response:
    return Response(body, headers={"Content-Type": content_type, **headers}, status_code=int(status))


def _read(raw: ChaliceRequest, operation: Operation) -> Request:
    request = Request(
        method=raw.method,
        path=_path(raw),
        headers=raw.headers,
        ip=raw.context.get("identity", {}).get("sourceIp", ""),
        raw_body=raw.raw_body if isinstance(raw.raw_body, bytes) else raw.raw_body.encode(),
        key_required=operation.key_required,
        status=operation.status,
    )
    if len(request.raw_body) > BODY_LIMIT:
        raise BodyTooLarge(f"The body has more than {BODY_LIMIT} bytes.")
    if operation.body is not None:
        if request.raw_body and "content-type" not in raw.headers:
            raise UnsupportedMedia(SAY_JSON)
        request.body = _read_body(operation.body, strict(request.raw_body))
    if operation.query is not None:
        request.query = _read_query(operation.query, _parameters(raw))
    return request


def _path(raw: ChaliceRequest) -> str:
    """The path that was asked for; Chalice's own `path` is the route's, with names in place of the ids."""
    ids = {name: quote(value, safe="") for name, value in (raw.uri_params or {}).items()}
    return str(raw.path.format(**ids))


def _parameters(raw: ChaliceRequest) -> dict[str, str]:
    parameters: Any = raw.query_params or {}
    repeated = [name for name in parameters if len(parameters.getlist(name)) > 1]
    if repeated:
        raise ValidationFailed("A query parameter came twice.", errors=[_unacceptable(name) for name in repeated])
    return {name: parameters[name] for name in parameters}


def _read_body(model: type[BaseModel], body: bytes) -> BaseModel:
    """By the types that JSON has: a number is no text, and no day either."""
    try:
        return model.model_validate_json(body, strict=True)
    except ValidationError as error:
        raise ValidationFailed(BROKEN, errors=field_errors(error)) from None


def _read_query(model: type[BaseModel], parameters: dict[str, str]) -> BaseModel:
    """A query has texts only."""
    try:
        return model.model_validate(parameters, strict=False)
    except ValidationError as error:
        raise ValidationFailed(BROKEN, errors=field_errors(error)) from None


def _unacceptable(parameter: str) -> FieldError:
    return {"pointer": pointer(parameter), "code": "invalid", "message": "is not acceptable here"}


def _base64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _request_id(raw: ChaliceRequest) -> str:
    return str(raw.context.get("requestId", ""))


_current: ContextVar[ChaliceRequest] = ContextVar("request")
