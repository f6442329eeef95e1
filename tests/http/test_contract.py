"""The API against its document: whatever is sent, right or wrong, the answer is one that the document knows.

`EXAMPLES=500` looks longer than the usual 50 examples per operation.
"""

import copy
import os
import random
import re
from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case
from schemathesis.checks import CHECKS, load_all_checks

from functions.openapi.document import PATH
from tests.http.scene import BODIES, Scene
from tests.http.test_openapi import DESCRIPTION, NAMES
from tests.world import World

Start = Callable[[str, list[tuple[str, str]]], Any]

load_all_checks()
HELD: list[Any] = [
    CHECKS.get_one(name)
    for name in (
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
        "negative_data_rejection",
        "missing_required_header",
        "unsupported_method",
        "ignored_auth",
    )
]
"""What holds of every answer. That what fits the schema is accepted can't: forms, people and statuses decide, too."""

_scene: list[Scene] = []


def server(environ: dict[str, Any], start: Start) -> Iterable[bytes]:
    """API Gateway in front of the app, as a server that the fuzzer can call."""
    headers = {name[5:].replace("_", "-").title(): value for name, value in environ.items() if name.startswith("HTTP_")}
    if environ.get("CONTENT_TYPE"):
        headers["Content-Type"] = environ["CONTENT_TYPE"]
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)) or None
    url = f"{quote(environ['REQUEST_URI'].encode('latin-1'), safe='/%')}?{environ['QUERY_STRING']}"
    answer = _scene[0].world.gateway(environ["REQUEST_METHOD"], url, body, headers=headers, keyed=False)
    start(f"{answer.status} {HTTPStatus(answer.status).phrase}", list(answer.headers.items()))
    return [answer.body]


def closed(description: dict[str, Any]) -> dict[str, Any]:
    """As if no answer could have members that are not described: for us none is left undescribed."""
    strict = copy.deepcopy(description) | {"servers": [{"url": "/"}]}
    for name, each in strict["components"]["schemas"].items():
        if "properties" in each and name != "Command":
            each.setdefault("additionalProperties", False)
    return strict


schema = schemathesis.openapi.from_dict(closed(DESCRIPTION))
schema.app = server
schema.config.checks.negative_data_rejection.expected_statuses = ["4xx"]


@pytest.fixture
def people(world: World) -> Iterator[None]:
    """A customer with a case and a staff member with a task of it, for each operation anew."""
    _scene[:] = [world.played("scene", lambda: Scene.act(world))]
    yield
    _scene.clear()


def answers_as_described(operation: str) -> Any:
    """A test of its own for each operation, with its own name, so that they can run side by side."""

    @pytest.mark.usefixtures("people")
    @schema.include(operation_id=operation).parametrize()
    @settings(
        max_examples=int(os.environ.get("EXAMPLES", "50")),
        deadline=None,
        derandomize="EXAMPLES" not in os.environ,
        suppress_health_check=list(HealthCheck),
    )
    def every_answer_is_one_that_the_document_knows(case: Case[Any]) -> None:
        """No 5xx, no status, header, content type or member that is not described; no wrong data taken (S9)."""
        with_what_exists(case, _scene[0])
        case.call_and_validate(checks=HELD)

    return every_answer_is_one_that_the_document_knows


def with_what_exists(case: Case[Any], scene: Scene) -> None:
    """Signed in as one or the other, about ids that exist or not; the same for the same case."""
    dice = random.Random(repr((case.path_parameters, case.query, case.body)))  # noqa: S311 (no secret)
    known = {"case_id": scene.case_id, "task_id": scene.task_id, "challenge_id": scene.challenge_id}
    known |= {"calendar": "base", "account_id": "known", "agreement_id": "DEFAULT"}
    for name, value in case.path_parameters.items():
        if isinstance(value, str) and re.fullmatch(PATH[name]["pattern"], value):
            case.path_parameters[name] = dice.choice([value, known.get(name, value)])
    if isinstance(case.body, dict) and isinstance(case.body.get("answers"), dict):
        case.body |= dice.choice([{}, BODIES["/v1/cases"]])
    who = dice.choice([scene.token(case.path), scene.customer, scene.staff])
    case.headers["Authorization"] = f"Bearer {who}"


globals().update({f"test_{name}": answers_as_described(name) for name in NAMES})
