"""The REST API of a stage: found by its name, described to API Gateway beyond what Chalice can say."""

import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import boto3

from infra.stage import Stage

NAMED = {
    "MISSING_AUTHENTICATION_TOKEN": (HTTPStatus.NOT_FOUND, "not_found", "There is nothing at this address."),
    "REQUEST_TOO_LARGE": (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", "The body of the request is too large."),
    "UNSUPPORTED_MEDIA_TYPE": (HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported_media", "Send JSON."),
    "THROTTLED": (HTTPStatus.TOO_MANY_REQUESTS, "too_many_requests", "Too many requests; try again in a moment."),
    "INTEGRATION_TIMEOUT": (HTTPStatus.GATEWAY_TIMEOUT, "timeout", "That took too long; try again."),
    "DEFAULT_4XX": (HTTPStatus.BAD_REQUEST, "bad_request", "The request can't be understood."),
    "DEFAULT_5XX": (HTTPStatus.INTERNAL_SERVER_ERROR, "internal_error", "Something failed on our side; try again."),
}
"""What API Gateway refuses before our code sees it. It calls an unknown address a missing authentication token."""

HEADERS = {
    "Content-Type": "application/problem+json",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "Vary": "Origin",
    "X-Content-Type-Options": "nosniff",
}

Definition = dict[str, Any]


class SeveralApis(Exception):
    """More than one REST API has the name of this stage; which one do its users call? Delete the others first."""


def find(stage: Stage, client: Any = None) -> str | None:
    """The id of the stage's API, which is part of its address and so must never change."""
    client = client or boto3.client("apigateway")
    pages = client.get_paginator("get_rest_apis").paginate()
    found = [api["id"] for page in pages for api in page["items"] if api["name"] == stage.prefix]
    if len(found) > 1:
        raise SeveralApis(f"REST APIs named {stage.prefix}: {', '.join(found)}; delete all but the one in use")
    return found[0] if found else None


def describe(stage: Stage) -> None:
    """Have Chalice describe the API with a name per stage, problem documents, and every method of a known address."""
    from chalice.deploy.swagger import SwaggerGenerator

    generate: Callable[..., Definition] = SwaggerGenerator.generate_swagger

    def generate_swagger(self: SwaggerGenerator, app: Any, rest_api: Any = None) -> Definition:
        definition = generate(self, app, rest_api)
        definition["info"]["title"] = stage.prefix
        definition["x-amazon-apigateway-gateway-responses"] = gateway_responses(stage.portal_origin)
        for methods in definition["paths"].values():
            methods["x-amazon-apigateway-any-method"] = _as_any_method(methods)
        return definition

    SwaggerGenerator.generate_swagger = generate_swagger  # type: ignore[method-assign]


def gateway_responses(portal_origin: str) -> Definition:
    """Readable by pages of the portal, as our own answers are; nobody knows here who asks, so all are told of it."""
    headers = HEADERS | {"Access-Control-Allow-Origin": portal_origin}
    return {
        kind: {
            "statusCode": str(status.value),
            "responseParameters": {f"gatewayresponse.header.{name}": f"'{value}'" for name, value in headers.items()},
            "responseTemplates": {"application/json": _problem(status, code, detail)},
        }
        for kind, (status, code, detail) in NAMED.items()
    }


def _problem(status: HTTPStatus, code: str, detail: str) -> str:
    """A problem document of the shape that our own have; the request's id is filled in by API Gateway."""
    document = {
        "type": f"/problems/{code}",
        "title": status.phrase,
        "status": status.value,
        "detail": detail,
        "code": code,
        "instance": "urn:request:$context.requestId",
        "request_id": "$context.requestId",
    }
    return json.dumps(document)


def _as_any_method(methods: Definition) -> Definition:
    """A method that the app does not know goes to the app, too: API Gateway would call the address unknown."""
    like = next(operation for method, operation in methods.items() if method != "options")
    return {
        "responses": like["responses"],
        "parameters": like.get("parameters", []),
        "x-amazon-apigateway-integration": like["x-amazon-apigateway-integration"],
    }
