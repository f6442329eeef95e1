"""The OpenAPI 3.1 document, made from the routes, their models and their refusals."""

import ast
import inspect
import itertools
import json
import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, get_args

from chalice.app import Chalice
from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from functions.errors import FieldError, NotSignedIn, Refusal
from functions.events import Frozen
from functions.http import (
    CLOUDEVENTS,
    JSON,
    KEY_LIMIT,
    PROBLEM,
    BodyTooLarge,
    Busy,
    CursorInvalid,
    IdempotencyKeyInvalid,
    IdempotencyKeyRequired,
    InternalError,
    Operation,
    Pages,
    UnsupportedMedia,
    ValidationFailed,
    VersionMismatch,
)
from functions.obeyed import IdempotencyMismatch
from functions.strict_json import BodyMalformed

Node = dict[str, Any]
Route = tuple[str, str, Any]
"""Path, method in lower case, and the view."""

ABOUT = """A customer case portal: submit once, follow, converse, decide.

Every refusal is a problem document (RFC 9457): its `code` never changes, its texts may. A case or task that is
unknown and one that is somebody else's get the same answer. Answers get further members in time, which a client lets
pass; a request with a member that is not described is refused. An `Idempotency-Key` is kept for 7 days: the same
request gets its first answer again. The gateway may answer 429 and 504, too, as a problem."""

_REQUIREMENTS = re.compile(r" \((?:[A-Z]{1,2}-?[0-9]{1,2}[a-z]?(?:, |-|\)))+")
"""Their ids in docstrings, as ` (C17, D9)`."""
REF = "#/components/schemas/{model}"
_ULID = "[0-9A-HJKMNP-TV-Z]{26}"
_ID: Node = {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"}
PATH: dict[str, Node] = {
    "calendar": {"type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,39}$"},
    "case_id": {"type": "string", "pattern": f"^case_{_ULID}$"},
    "case": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,80}$", "description": "Number or id."},
    "receipt_id": {"type": "string", "pattern": f"^erasure_{_ULID}$"},
    "participant_id": {"type": "string", "pattern": f"^part_{_ULID}_[0-9]{{1,12}}$"},
    "task_id": {"type": "string", "pattern": f"^task_{_ULID}_[0-9]{{1,12}}$"},
    "challenge_id": {"type": "string", "pattern": f"^chal_{_ULID}[a-z2-7]{{26}}$"},
    "attachment_id": {"type": "string", "pattern": f"^att_{_ULID}$"},
    "message_id": {"type": "string", "pattern": f"^msg_{_ULID}_[0-9]{{1,12}}$"},
    "ticket": {"type": "string", "pattern": r"^[A-Za-z0-9_-]{1,64}\.[0-9]{1,12}\.[A-Za-z0-9_-]{43}$"},
    "upload_id": {"type": "string", "pattern": f"^att_{_ULID}$"},
    "service": {"type": "string", "pattern": "^[a-z0-9-]{1,80}$"},
    "system": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,40}$", "description": "The name of the internal system."},
    "contact_id": {"type": "string", "pattern": f"^contact_{_ULID}$"},
    "person_id": {"type": "string", "pattern": f"^(contact|staff)_{_ULID}$"},
    **dict.fromkeys(("account_id", "department_id", "configuration_item_id", "agreement_id"), _ID),
}
"""What stands in braces in a path."""

HEADERS: dict[str, Node] = {
    "ETag": {"description": "The version of what is shown, for `If-Match`.", "schema": {"type": "string"}},
    "Idempotent-Replayed": {
        "description": "`true` where this answer was given before, to the same request.",
        "schema": {"const": "true"},
    },
    "Link": {
        "description": "The next page, where more follow, as seen from this one (RFC 8288).",
        "schema": {"type": "string", "pattern": '^<[?].*>; rel="next"$'},
    },
    "Location": {
        "description": "Where it is found now, as seen from the address that was asked (RFC 9110).",
        "schema": {"type": "string", "format": "uri-reference"},
    },
    "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "string", "pattern": "^[0-9]+$"}},
    "WWW-Authenticate": {"description": "How to sign in.", "schema": {"const": "Bearer"}},
}
SENT_WITH = {
    HTTPStatus.UNAUTHORIZED: "WWW-Authenticate",
    HTTPStatus.TOO_MANY_REQUESTS: "Retry-After",
    HTTPStatus.SERVICE_UNAVAILABLE: "Retry-After",
}
"""The header that comes with every refusal of that status."""

_REDIRECT: Node = {
    "description": "There, for who does not ask for JSON in `Accept`.",
    "headers": {"Location": {"$ref": "#/components/headers/Location"}},
}

PARAMETERS: dict[str, Node] = {
    "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "Names this request, so that it has its effect once however often it is sent.",
        "schema": {"type": "string", "minLength": 1, "maxLength": KEY_LIMIT, "pattern": "^[ -~]+$"},
    },
    "IfMatch": {
        "name": "If-Match",
        "in": "header",
        "description": "The `ETag` that was read: refuse if it has changed since.",
        "schema": {"type": "string", "examples": ['"7"']},
    },
    "WebhookId": {
        "name": "webhook-id",
        "in": "header",
        "required": True,
        "description": "Names this message (Standard Webhooks 1.0); what it asks is known by its own `id`.",
        "schema": {"type": "string", "pattern": "^[!-~]+$"},
    },
    "WebhookTimestamp": {
        "name": "webhook-timestamp",
        "in": "header",
        "required": True,
        "description": "When it was signed: seconds since 1970, and not five minutes ago.",
        "schema": {"type": "string", "pattern": "^[0-9]{1,12}$"},
    },
    "WebhookSignature": {
        "name": "webhook-signature",
        "in": "header",
        "required": True,
        "description": "`v1,` and in base64 the HMAC-SHA-256 of `<webhook-id>.<webhook-timestamp>.<body>`; or several.",
        "schema": {"type": "string", "pattern": "^[!-~]+( [!-~]+)*$"},
    },
}


class Untitled(GenerateJsonSchema):
    """A field's name is title enough."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return not schema


class OpenAnswers(Untitled):
    """Who sends what is not described is refused; who reads an answer lets pass what a later version adds to it."""

    def model_schema(self, schema: Any) -> Node:
        return self._open(super().model_schema(schema))

    def typed_dict_schema(self, schema: Any) -> Node:
        return self._open(super().typed_dict_schema(schema))

    def _open(self, described: Node) -> Node:
        if self.mode == "serialization":
            described.pop("additionalProperties", None)
        return described


class Problem(Frozen):
    """Problem details (RFC 9457); `code` is stable, texts may change. A refusal may add members of its own."""

    type: str
    title: str
    status: int
    code: str
    instance: str
    request_id: str
    detail: str | None = None
    errors: list[FieldError] | None = None


def document(app: Chalice) -> Node:
    """The whole document, in the order of paths, so that it only changes with the routes."""
    routes = [
        (path, method.lower(), route.view_function)
        for path, methods in sorted(app.routes.items())
        for method, route in sorted(methods.items())
        if hasattr(route.view_function, "operation")
    ]
    schemas, definitions = _schemas([view.operation for _, _, view in routes])
    definitions["Problem"] |= {"additionalProperties": True}
    paths: Node = {}
    for route in routes:
        paths.setdefault(route[0], {})[route[1]] = _operation(route, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Portico", "version": "1", "description": ABOUT},
        "servers": [{"url": "..", "description": "Where this document stands, without its `/v1/openapi.json`."}],
        "security": [{"session": []}],
        "paths": paths,
        "components": {
            "schemas": definitions,
            "parameters": PARAMETERS | {"IdempotencyKeyRequired": {**PARAMETERS["IdempotencyKey"], "required": True}},
            "headers": HEADERS,
            "responses": _problems(view.operation for _, _, view in routes),
            "securitySchemes": {"session": {"type": "http", "scheme": "bearer"}},
        },
    }


def text(app: Chalice) -> str:
    return published(document(app))


def published(document: Node) -> str:
    """As JSON, for readers to whom the ids of requirements say nothing: without them."""
    return _REQUIREMENTS.sub("", json.dumps(document, indent=1, ensure_ascii=False)) + "\n"


def refusals(operation: Operation) -> set[type[Refusal]]:
    """Every refusal that can answer this operation: its own, and those that follow from what it takes."""
    found: set[type[Refusal]] = {*operation.refusals, InternalError, Busy}
    if operation.body:
        found |= {BodyMalformed, BodyTooLarge, UnsupportedMedia, ValidationFailed}
    if operation.query:
        found.add(ValidationFailed)
    if _is_paged(operation):
        found.add(CursorInvalid)
    if not operation.public:
        found |= {NotSignedIn, IdempotencyKeyInvalid}
    if _takes_key(operation):
        found.add(IdempotencyMismatch)
    if operation.key_required:
        found.add(IdempotencyKeyRequired)
    return found


def _schemas(operations: Iterable[Operation]) -> tuple[dict[Any, Node], Node]:
    """The schema of each body and answer, and what they refer to."""
    adapters: dict[Any, Any] = {Problem: (Problem, "serialization", TypeAdapter(Problem))}
    for operation in operations:
        if operation.body:
            adapters[operation.body] = (operation.body, "validation", TypeAdapter(operation.body))
        if operation.answers is not None:
            adapters[operation.answers] = (operation.answers, "serialization", TypeAdapter(operation.answers))
    found, definitions = TypeAdapter.json_schemas(adapters.values(), ref_template=REF, schema_generator=OpenAnswers)
    return {key: schema for (key, _), schema in found.items()}, definitions["$defs"]


def _operation(route: Route, schemas: dict[Any, Node]) -> Node:
    path, _, view = route
    operation: Operation = view.operation
    summary, _, description = (inspect.getdoc(view) or view.__name__).partition("\n")
    described: Node = {"operationId": view.__name__, "tags": [view.__module__.split(".")[1]], "summary": summary}
    if description.strip():
        described["description"] = description.strip()
    described["x-consistency"] = operation.consistency
    if operation.public:
        described["security"] = []
    parameters = [*_in_path(path), *_in_query(operation.query), *_in_headers(operation)]
    if parameters:
        described["parameters"] = parameters
    if operation.body:
        required = any(field.is_required() for field in operation.body.model_fields.values())
        types = [JSON, CLOUDEVENTS] if operation.signed else [JSON]
        content = {each: {"schema": schemas[operation.body]} for each in types}
        described["requestBody"] = {"required": required, "content": content}
    described["responses"] = {str(operation.status): _success(operation, schemas), **_refused(operation)}
    if operation.redirects:
        described["responses"][str(HTTPStatus.FOUND.value)] = _REDIRECT
    return described


def _in_path(path: str) -> list[Node]:
    names = re.findall(r"{(\w+)}", path)
    return [{"name": name, "in": "path", "required": True, "schema": PATH[name]} for name in names]


def _in_query(query: type[BaseModel] | None) -> list[Node]:
    if query is None:
        return []
    fields = query.model_json_schema(ref_template=REF, schema_generator=Untitled)["properties"]
    texts = _attribute_docstrings(query)
    return [
        {"name": name, "in": "query", "description": texts[name], "schema": _given(schema)}
        for name, schema in fields.items()
    ]


def _attribute_docstrings(model: type[BaseModel]) -> dict[str, str]:
    """What stands below each field, in its class or one that it comes from."""
    texts: dict[str, str] = {}
    classes = [each for each in reversed(inspect.getmro(model)) if issubclass(each, Frozen)]
    for written in (node for each in classes for node in ast.parse(inspect.getsource(each)).body):
        for field, text in itertools.pairwise(written.body if isinstance(written, ast.ClassDef) else ()):
            match field, text:
                case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(said))):
                    texts[name] = inspect.cleandoc(said)
    return texts


def _given(schema: Node) -> Node:
    """The schema of a parameter that is there: it can be left out, but not be null."""
    given = [each for each in schema.get("anyOf", []) if each.get("type") != "null"]
    return given[0] if given else schema


def _in_headers(operation: Operation) -> list[Node]:
    names = []
    if _takes_key(operation):
        names.append("IdempotencyKeyRequired" if operation.key_required else "IdempotencyKey")
    if VersionMismatch in operation.refusals:
        names.append("IfMatch")
    if operation.signed:
        names += ["WebhookId", "WebhookTimestamp", "WebhookSignature"]
    return [{"$ref": f"#/components/parameters/{name}"} for name in names]


def _success(operation: Operation, schemas: dict[Any, Node]) -> Node:
    success: Node = {"description": _answered(operation)}
    names = [*operation.headers]
    if _is_paged(operation):
        names.append("Link")
    if _takes_key(operation):
        names.append("Idempotent-Replayed")
    if names:
        success["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in sorted(names)}
    if operation.answers is not None:
        success["content"] = {JSON: {"schema": schemas[operation.answers]}}
    return success


def _answered(operation: Operation) -> str:
    """What the answer is: the docstring of its model, or of the first of several."""
    if operation.status == HTTPStatus.FOUND:
        return "It can be read at `Location`, for a moment."
    if operation.answers is None:
        return "It is done; the answer has no body."
    model, *_ = get_args(operation.answers) or (operation.answers,)
    return inspect.getdoc(model) or ""


def _refused(operation: Operation) -> Node:
    """By status, with the codes that this very operation can answer."""
    codes: dict[HTTPStatus, list[str]] = {}
    for refusal in sorted(refusals(operation), key=lambda refusal: refusal.code):
        codes.setdefault(refusal.status, []).append(f"`{refusal.code}`")
    return {
        str(status.value): {"$ref": f"#/components/responses/{_name(status)}", "description": ", ".join(codes[status])}
        for status in sorted(codes)
    }


def _problems(operations: Iterable[Operation]) -> Node:
    """One response for each status that a refusal can have."""
    statuses = {refusal.status for operation in operations for refusal in refusals(operation)}
    found: Node = {}
    for status in sorted(statuses):
        found[_name(status)] = {
            "description": status.phrase,
            "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        if status in SENT_WITH:
            header = SENT_WITH[status]
            found[_name(status)]["headers"] = {header: {"$ref": f"#/components/headers/{header}"}}
    return found


def _name(status: HTTPStatus) -> str:
    return status.phrase.title().replace(" ", "")


def _is_paged(operation: Operation) -> bool:
    return operation.query is not None and issubclass(operation.query, Pages)


def _takes_key(operation: Operation) -> bool:
    """Whether it changes something: it has a body, or is held to a version."""
    changes = operation.body is not None or VersionMismatch in operation.refusals
    return changes and not operation.public
