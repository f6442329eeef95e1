"""What nobody may set: every name that we use inside, put into every input (S2, G3)."""

import json
from typing import Any

import pytest

from app import app
from functions.cases.model import Case, OpenTask, Workflow
from functions.otp.model import Challenge
from functions.people.model import Person
from functions.sync.cloudevents import CREATES
from functions.sync.commands import COMMANDS
from functions.uploads.model import Upload
from tests.security.identities import Scene
from tests.security.test_authorisation import ROWS
from tests.sync.asking import answers
from tests.world import World

STORED = {"pk", "sk", "data", "schema", "due", "due_at", "work_of", "by_change", "read_seq", "others_seq", "expires"}
MADE_UP = {"admin", "role", "is_staff", "__class__", "constructor", "$set", "owner", "customer_id", "task_token"}
MODELS = (Case, OpenTask, Workflow, Person, Challenge, Upload)
INSIDE = {name for model in MODELS for name in model.model_fields} | STORED | MADE_UP
COMMANDS_BY_HTTP = "POST", "/v1/sync/{system}/commands"
"""Puts what it takes into the queue, where commands are tried; a CloudEvent may have attributes that we do not know."""
WITH_BODY = [route for route in ROWS if route[0] == "POST" and route != COMMANDS_BY_HTTP]


def query_of(route: tuple[str, str]) -> Any:
    """The model of its query, where it takes one."""
    operation = getattr(app.routes[route[1]][route[0]].view_function, "operation", None)
    return operation and operation.query


WITH_QUERY = [route for route in ROWS if query_of(route)]
WISHES: dict[str, dict[str, Any]] = {
    "case.create": {"owner": "ana@example.org", "service": "contact-us", "answers": {}},
    "case.link": {"internal_ref": "BO-1"},
    "message.post": {"text": "Hello."},
    "attachment.add": {"text": "Hello.", "name": "a.txt", "content_type": "text/plain", "content": "SGVsbG8="},
    "case.set_status": {"status": "resolved", "based_on_sequence": 5},
    "task.complete": {"task_id": "task_x", "outcome": "ANSWERED"},
    "task.assign": {"task_id": "task_x", "team": "streets"},
}


@pytest.fixture(scope="module")
def scene(one_world: World) -> Scene:
    return Scene.of(one_world)


def who_may(route: tuple[str, str]) -> str:
    if route[1].startswith("/v1/admin"):
        return "administrator"
    return "staff of the team" if route[1].startswith(("/v1/tasks", "/v1/staff")) else "owner"


@pytest.mark.parametrize("route", WITH_BODY, ids=" ".join)
def test_a_body_takes_no_name_of_ours(scene: Scene, route: tuple[str, str]) -> None:
    """Each one is named as refused, and nothing has changed."""
    body = ROWS[route].body
    view: Any = app.routes[route[1]][route[0]].view_function
    surplus = INSIDE - set(view.operation.body.model_fields)
    answer = scene.ask(who_may(route), route[0], ROWS[route].url, body | dict.fromkeys(surplus, "resolved"))
    assert (answer.status, answer.code) == (422, "validation_failed")
    assert {error["pointer"] for error in answer.json["errors"]} == {f"/{name}" for name in surplus}
    assert_nothing_changed(scene)


def test_answers_take_no_field_that_the_form_lacks(scene: Scene) -> None:
    """A form's answers are checked like any other input."""
    given = {"TOPIC": "OTHER", "MESSAGE": "When is it open?"} | dict.fromkeys(INSIDE, "resolved")
    answer = scene.ask("owner", "POST", "/v1/cases", {"service": "contact-us", "answers": given})
    assert (answer.status, answer.code) == (422, "answers_invalid")
    assert {error["pointer"] for error in answer.json["errors"]} == {f"/answers/{name}" for name in INSIDE}
    assert_nothing_changed(scene)


@pytest.mark.parametrize("route", WITH_QUERY, ids=" ".join)
def test_a_query_takes_no_filter_that_does_not_exist(scene: Scene, route: tuple[str, str]) -> None:
    """An unknown parameter is refused, never silently ignored."""
    known = set(query_of(route).model_fields)
    surplus = sorted(INSIDE - known - {"$set"})
    answer = scene.ask(who_may(route), "GET", f"{ROWS[route].url}?{'&'.join(f'{name}=x' for name in surplus)}", None)
    assert (answer.status, answer.code) == (422, "validation_failed")
    assert {error["pointer"] for error in answer.json["errors"]} >= {f"/{name}" for name in surplus}


def test_every_command_is_tried() -> None:
    """A new command needs a row here."""
    assert set(WISHES) == set(COMMANDS)


@pytest.mark.parametrize("command", WISHES)
def test_a_command_takes_no_name_of_ours(scene: Scene, command: str) -> None:
    """It is rejected, naming each; all that happens to the case is that its system hears of it."""
    scene.moment.restore(scene.world)
    surplus = INSIDE - set(COMMANDS[command][0].model_fields)
    document = {"specversion": "1.0", "id": "cmd-1", "type": command}
    about = {} if command == CREATES else {"subject": scene.ids["case"]}
    wish = {"data": WISHES[command] | dict.fromkeys(surplus, "resolved")}
    scene.world.send_raw(json.dumps(document | about | wish), "cmd-1")
    scene.world.settle()
    [event] = answers(scene.world)
    assert event["type"] == "portico.command.rejected.v1"
    assert {error["pointer"] for error in event["data"]["problem"]["errors"]} == {f"/{name}" for name in surplus}
    assert json.loads(case_item(scene))["status"] == "in_progress"


def assert_nothing_changed(scene: Scene) -> None:
    after = scene.world.items()
    scene.moment.restore(scene.world)
    assert after == scene.world.items()


def case_item(scene: Scene) -> str:
    key = f"CASE#{scene.ids['case']}", "RECORD"
    return next(str(i["data"]["S"]) for i in scene.world.items() if (i["pk"]["S"], i["sk"]["S"]) == key)
