"""API Gateway: import a whole API from its definition, and replace it in place, as `chalice deploy` does.

An answer has the id that its request has in the function's log.
"""

import json
from contextvars import ContextVar
from typing import Any

from ministack.services import apigateway_v1 as gateway

ANY_METHOD = "x-amazon-apigateway-any-method"
KEPT = ("requestTemplates", "requestParameters", "contentHandling", "credentials", "timeoutInMillis")

_build_event = gateway._build_lambda_event_v1
_import_operation = gateway._import_operation
_invoke_function = gateway._invoke_lambda_proxy_v1
_handle_request = gateway.handle_request
_update_rest_api = gateway._update_rest_api


def install() -> None:
    gateway._OPENAPI_HTTP_METHODS.add("any")
    gateway._build_lambda_event_v1 = build_event
    gateway._import_operation = import_operation
    gateway._invoke_lambda_proxy_v1 = invoke_function
    gateway._update_rest_api = update_rest_api
    gateway.handle_request = handle_request


async def handle_request(method: str, path: str, headers: Any, body: bytes, query: dict[str, Any]) -> Any:
    """Stock ministack knows neither ImportRestApi nor PutRestApi."""
    parts = path.strip("/").split("/")
    if parts[0] == "restapis" and body:
        if method == "POST" and len(parts) == 1 and _first(query, "mode") == "import":
            return import_rest_api(json.loads(body), _first(query, "endpointConfigurationTypes"))
        if method == "PUT" and len(parts) == 2:  # noqa: PLR2004 - /restapis/{id}
            return put_rest_api(parts[1], json.loads(body))
    return await _handle_request(method, path, headers, body, query)


def build_event(*arguments: Any, **options: Any) -> dict[str, Any]:
    event: dict[str, Any] = _build_event(*arguments, **options)
    _request_id.set(event["requestContext"]["requestId"])
    return event


async def invoke_function(*arguments: Any, **options: Any) -> Any:
    """API Gateway answers `$context.requestId` as `x-amzn-RequestId`; stock ministack another id."""
    answer = await _invoke_function(*arguments, **options)
    if isinstance(answer, gateway._GatewayError):
        return answer
    status, headers, body = answer
    return status, {**headers, "x-amzn-requestid": _request_id.get()}, body


_request_id: ContextVar[str] = ContextVar("request_id")


def import_rest_api(definition: dict[str, Any], endpoint_type: str) -> Any:
    info = definition["info"]
    about = {"name": info["title"], "version": info["version"]}
    if endpoint_type:
        about["endpointConfiguration"] = {"types": [endpoint_type]}
    _, _, created = gateway._create_rest_api(about)
    api_id = json.loads(created)["id"]
    _fill(api_id, definition)
    return gateway._v1_response(gateway._rest_api_view(gateway._rest_apis[api_id]), 201)


def put_rest_api(api_id: str, definition: dict[str, Any]) -> Any:
    """Overwrite: resources, methods, authorizers and gateway responses go; the id, stages and deployments stay."""
    if api_id not in gateway._rest_apis:
        return gateway._v1_error("NotFoundException", "Invalid API identifier specified", 404)
    root = next(resource for resource in gateway._resources[api_id].values() if resource["path"] == "/")
    root["resourceMethods"].clear()
    gateway._resources[api_id] = {root["id"]: root}
    gateway._authorizers_v1[api_id] = {}
    gateway._gateway_responses[api_id] = {}
    _fill(api_id, definition)
    return gateway._v1_response(gateway._rest_api_view(gateway._rest_apis[api_id]), 200)


def import_operation(
    api_id: str,
    resource_id: str,
    method: str,
    operation: dict[str, Any],
    schemes: dict[str, Any] | None = None,
    security: Any = None,
) -> None:
    """Stock ministack keeps of an integration its type and address only: CORS answers and templates get lost."""
    _import_operation(api_id, resource_id, method, operation, schemes, security)
    integration = operation.get("x-amazon-apigateway-integration") or {}
    stored = gateway._resources[api_id][resource_id]["resourceMethods"][method].get("methodIntegration")
    if not stored:
        return
    stored.update({key: integration[key] for key in KEPT if integration.get(key) is not None})
    if integration.get("passthroughBehavior"):
        stored["passthroughBehavior"] = integration["passthroughBehavior"].upper()
    for status, response in (operation.get("responses") or {}).items():
        names = {f"method.response.header.{header}": False for header in response.get("headers") or {}}
        gateway._put_method_response(api_id, resource_id, method, str(status), {"responseParameters": names})
    for pattern, response in (integration.get("responses") or {}).items():
        selection = {"selectionPattern": "" if pattern == "default" else pattern}
        status = str(response.get("statusCode", "200"))
        gateway._put_integration_response(api_id, resource_id, method, status, response | selection)


def update_rest_api(api_id: str, request: dict[str, Any]) -> Any:
    """Chalice turns compression off with an empty size, which stock ministack stores and boto3 then can't read."""
    for change in request.get("patchOperations", []):
        if change.get("path") == "/minimumCompressionSize":
            size = str(change.get("value") or "")
            change["value"] = int(size) if size.isdigit() else None
    return _update_rest_api(api_id, request)


def _fill(api_id: str, definition: dict[str, Any]) -> None:
    schemes = gateway._import_security_schemes(api_id, definition)
    for path, methods in definition["paths"].items():
        named = {"any" if name == ANY_METHOD else name: operation for name, operation in methods.items()}
        gateway._import_path_item(api_id, path, named, schemes, definition.get("security"))
    for kind, response in definition.get("x-amazon-apigateway-gateway-responses", {}).items():
        gateway._put_gateway_response(api_id, kind, response)
    if "x-amazon-apigateway-binary-media-types" in definition:
        gateway._rest_apis[api_id]["binaryMediaTypes"] = list(definition["x-amazon-apigateway-binary-media-types"])


def _first(query: dict[str, Any], name: str) -> str:
    value = query.get(name, "")
    return str(value[0] if isinstance(value, list) else value)
