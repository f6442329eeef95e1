"""The OpenAPI document is valid, up to date, complete, and its examples work."""

import json
from http import HTTPStatus
from typing import Any
from urllib.parse import urljoin

import pytest
from openapi_spec_validator import validate

from app import app
from functions.events import Frozen
from functions.openapi.document import document, text
from functions.openapi.routes import DOCUMENT
from tests.gateway import BASE
from tests.world import World

DESCRIPTION: dict[str, Any] = json.loads(DOCUMENT.read_text())
OPERATIONS = [
    (method, path, operation) for path, methods in DESCRIPTION["paths"].items() for method, operation in methods.items()
]
NAMES = [operation["operationId"] for _, _, operation in OPERATIONS]


def test_the_document_is_valid() -> None:
    """It is OpenAPI 3.1 by that standard's own schema."""
    assert DESCRIPTION["openapi"] == "3.1.0"
    validate(DESCRIPTION)


def test_the_committed_document_is_the_generated_one() -> None:
    """Whoever changes a route, a model or a refusal runs `make openapi`, and reviewers see what clients will."""
    assert DOCUMENT.read_text() == text(app)


def test_every_route_is_described() -> None:
    """Nothing is served that the document does not know, but the documents themselves."""
    served = {(method.lower(), path) for path, methods in app.routes.items() for method in methods}
    assert served - {(method, path) for method, path, _ in OPERATIONS} == {
        ("get", "/v1/openapi.json"),
        ("get", "/v1/asyncapi.json"),
    }


def test_the_document_is_served_to_everybody(world: World) -> None:
    """The committed document, to callers without a session."""
    answer = world.gateway("GET", "/v1/openapi.json")
    assert (answer.status, answer.json) == (200, DESCRIPTION)
    assert answer.headers["Content-Type"] == "application/json"


def test_the_document_says_where_its_paths_begin() -> None:
    """Its server, as seen from where it is read (OpenAPI 3.1, RFC 3986), is the API with its stage."""
    [server] = DESCRIPTION["servers"]
    assert urljoin(f"{BASE}/v1/openapi.json", server["url"]) == f"{BASE}/"


def test_operations_have_names_of_their_own() -> None:
    """Generated clients make a function of each."""
    assert len(NAMES) == len(set(NAMES))


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS, ids=NAMES)
def test_an_operation_says_what_can_be_relied_on(method: str, path: str, operation: dict[str, Any]) -> None:
    """How consistent it is, how it is made to have its effect once, and every way in which it can end."""
    assert operation["x-consistency"] in {"strong", "eventual"}
    answers = operation["responses"].keys()
    is_public = operation.get("security") == []
    assert is_public or "401" in answers
    assert answers >= {"500", "503"}
    if "requestBody" in operation:
        assert answers >= {"400", "413", "415", "422"}
        if not is_public:
            references = [parameter.get("$ref", "") for parameter in operation["parameters"]]
            assert any("IdempotencyKey" in reference for reference in references)
    if "{" in path:
        assert answers & ({"401"} if path.startswith("/v1/sync/") else {"404", "410"})


def test_every_body_has_an_example() -> None:
    """Where something has to be said, the document shows how."""
    for _, path, operation in OPERATIONS:
        if operation.get("requestBody", {}).get("required"):
            reference = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
            assert DESCRIPTION["components"]["schemas"][reference.rpartition("/")[2]]["examples"], path


def test_examples_tell_the_story(world: World) -> None:
    """The examples, sent one after the other, submit a case, write to it, read it and end its task."""
    examples = {
        name: schema["examples"][0]
        for name, schema in DESCRIPTION["components"]["schemas"].items()
        if "examples" in schema
    }
    asked = world.gateway("POST", "/v1/otp/challenges", examples["NewChallenge"])
    assert asked.status == 202
    wrong = world.gateway("POST", f"/v1/otp/challenges/{asked.json['challenge_id']}/verify", examples["Code"])
    assert wrong.code == "otp_incorrect"
    world.settle()
    code = {"code": world.pin(examples["NewChallenge"]["email"])}
    token = world.gateway("POST", f"/v1/otp/challenges/{asked.json['challenge_id']}/verify", code).json["token"]
    created = world.gateway(
        "POST", "/v1/cases", examples["NewCase"], token=token, headers={"Idempotency-Key": "an-example"}
    )
    assert created.status == 201
    url = created.location
    assert world.gateway("POST", f"{url}/messages", examples["NewMessage"], token=token).status == 201
    assert world.gateway("POST", f"{url}/read", examples["ReadUpTo"], token=token).status == 204
    world.settle()
    staff = world.staff("customer-relations")
    [task] = world.gateway("GET", "/v1/tasks", token=staff).json["data"]
    done = world.gateway("POST", f"/v1/tasks/{task['task_id']}/complete", examples["Outcome"], token=staff)
    assert done.status == 200


def test_every_answer_and_parameter_is_described_in_our_words() -> None:
    """A reader learns what comes back and what can be asked for, and nothing of the libraries within."""
    for _, path, operation in OPERATIONS:
        said = [answer["description"] for answer in operation["responses"].values()]
        said += [each["description"] for each in operation.get("parameters", []) if each.get("in") == "query"]
        assert all(said), path
        assert not {HTTPStatus(status).description for status in range(200, 203)} & {*said}, path
        assert Frozen.__doc__ not in said, path


def test_requests_are_closed_and_answers_are_open() -> None:
    """Members can be added to answers without breaking a client; what nobody asks for is refused (S2)."""
    schemas = DESCRIPTION["components"]["schemas"]
    closed = {name for name, schema in schemas.items() if schema.get("additionalProperties") is False}
    bodies = _reached([operation.get("requestBody") for _, _, operation in OPERATIONS]) - {"Command"}
    assert closed == {name for name in bodies if "properties" in schemas[name]}


def _reached(node: Any) -> set[str]:
    """The names of the schemas that it refers to, and that those refer to."""
    if isinstance(node, dict) and str(node.get("$ref", "")).startswith("#/components/schemas/"):
        name = node["$ref"].rpartition("/")[2]
        return {name} | _reached(DESCRIPTION["components"]["schemas"][name])
    inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return set().union(*map(_reached, inner))


def test_a_problem_may_have_more_members() -> None:
    """Clients that generate code from the document accept the members that some refusals add (RFC 9457)."""
    assert DESCRIPTION["components"]["schemas"]["Problem"]["additionalProperties"] is True
    assert document(app)["components"]["schemas"]["Problem"]["required"] == [
        "type", "title", "status", "code", "instance", "request_id",
    ]  # fmt: skip
