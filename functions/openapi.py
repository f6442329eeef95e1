"""The OpenAPI 3.1 document: made from the routes and their models, committed, and served as committed."""

import inspect
import json
import re
from pathlib import Path
from typing import Any

from chalice.app import Blueprint, Chalice, Response
from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from functions.errors import FieldError, NotSignedIn, Refusal
from functions.events import Frozen
from functions.http import (
    BodyMalformed,
    BodyTooLarge,
    Busy,
    IdempotencyKeyInvalid,
    IdempotencyKeyRequired,
    InternalError,
    Operation,
    ValidationFailed,
)

DOCUMENT = Path(__file__).with_name("openapi.json")
_REFERENCE = "#/components/schemas/{model}"
_UNSUPPORTED_MEDIA = 415

routes = Blueprint(__name__)


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


@routes.route("/openapi.json", methods=["GET"])
def get_openapi() -> Response:
    return Response(DOCUMENT.read_text(), headers={"Content-Type": "application/json"})


def document(app: Chalice) -> dict[str, Any]:
    """The whole document, in the order of paths, so that it only changes with the routes."""
    operations = [
        (path, method.lower(), route.view_function)
        for path, methods in sorted(app.routes.items())
        for method, route in sorted(methods.items())
        if hasattr(route.view_function, "operation")
    ]
    inputs = {(view.operation.body, "validation") for _, _, view in operations if view.operation.body}
    wanted: set[tuple[type[BaseModel], JsonSchemaMode]] = {*inputs, (Problem, "validation")}  # type: ignore[arg-type]
    _, definitions = models_json_schema(sorted(wanted, key=lambda found: found[0].__name__), ref_template=_REFERENCE)
    schemas: dict[str, Any] = definitions.get("$defs", {})
    schemas["Problem"]["additionalProperties"] = True
    paths: dict[str, Any] = {}
    for path, method, view in operations:
        paths.setdefault(path, {})[method] = _operation(path, method, view, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Portico",
            "version": "1",
            "description": "A customer case portal: submit once, follow, converse, decide.",
        },
        "servers": [{"url": "/"}],
        "security": [{"session": []}],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": {"session": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(path: str, method: str, view: Any, schemas: dict[str, Any]) -> dict[str, Any]:
    operation: Operation = view.operation
    summary, _, description = (inspect.getdoc(view) or view.__name__).partition("\n")
    described: dict[str, Any] = {"operationId": view.__name__, "summary": summary}
    if description.strip():
        described["description"] = description.strip()
    described["x-consistency"] = operation.consistency
    if operation.public:
        described["security"] = []
    parameters = _parameters(path, method, operation, schemas)
    if parameters:
        described["parameters"] = parameters
    if operation.body:
        reference = _REFERENCE.format(model=operation.body.__name__)
        required = any(field.is_required() for field in operation.body.model_fields.values())
        content = {"application/json": {"schema": {"$ref": reference}}}
        described["requestBody"] = {"required": required, "content": content}
    described["responses"] = _responses(operation, schemas)
    return described


def _parameters(path: str, method: str, operation: Operation, schemas: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{(\w+)}", path)
    ]
    if operation.query:
        schema = operation.query.model_json_schema(ref_template=_REFERENCE)
        schemas |= schema.pop("$defs", {})
        found += [
            {"name": name, "in": "query", "required": False, "schema": field}
            for name, field in schema["properties"].items()
        ]
    if method == "post" and not operation.public:
        key = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"}
        found.append({"name": "Idempotency-Key", "in": "header", "required": operation.key_required, "schema": key})
    return found


def _responses(operation: Operation, schemas: dict[str, Any]) -> dict[str, Any]:
    success: dict[str, Any] = {"description": "Done."}
    if operation.answers is not None:
        schema = TypeAdapter(operation.answers).json_schema(ref_template=_REFERENCE, mode="serialization")
        schemas |= schema.pop("$defs", {})
        success["content"] = {"application/json": {"schema": schema}}
    by_status: dict[int, list[str]] = {}
    for refusal in _refusals(operation):
        by_status.setdefault(int(refusal.status), []).append(refusal.code)
    if operation.body:
        by_status[_UNSUPPORTED_MEDIA] = ["unsupported_media"]
    problems = {
        str(status): {
            "description": ", ".join(f"`{code}`" for code in sorted(set(codes))),
            "content": {"application/problem+json": {"schema": {"$ref": _REFERENCE.format(model="Problem")}}},
        }
        for status, codes in sorted(by_status.items())
    }
    return {str(operation.status): success, **problems}


def _refusals(operation: Operation) -> list[type[Refusal]]:
    found: list[type[Refusal]] = [*operation.refusals, InternalError, Busy]
    if operation.body:
        found += [BodyMalformed, BodyTooLarge, ValidationFailed]
    if operation.query:
        found.append(ValidationFailed)
    if not operation.public:
        found += [NotSignedIn, IdempotencyKeyInvalid]
    if operation.key_required:
        found.append(IdempotencyKeyRequired)
    return found


def text(app: Chalice) -> str:
    return json.dumps(document(app), indent=2, ensure_ascii=False) + "\n"
