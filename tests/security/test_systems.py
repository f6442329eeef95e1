"""Internal systems among themselves: each may touch its own cases only, and the queue says who asks (J2, S15)."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from functions.settings import settings
from functions.sync.commands import receive_commands
from functions.sync.queues import system_of
from tests.gateway import LambdaContext
from tests.quick_moto import ACCOUNT, REGION
from tests.rewind import messages
from tests.security.identities import UNKNOWN, Scene
from tests.world import World

WAREHOUSE = "portico-local-to-warehouse.fifo"
WISHES: dict[str, dict[str, Any]] = {
    "case.link": {"internal_ref": "W-1"},
    "message.post": {"text": "Hello."},
    "case.set_status": {"status": "resolved", "based_on_sequence": 99},
    "task.complete": {"task_id": "{task}", "outcome": "ANSWERED"},
    "task.assign": {"task_id": "{task}", "team": "streets"},
}


@pytest.fixture(scope="module")
def one_scene(one_world: World) -> Scene:
    return Scene.of(one_world)


@pytest.fixture
def scene(one_scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    """With a second internal system, to which no case is routed."""
    one_scene.moment.restore(one_scene.world)
    url = settings.system_queues["backoffice"].replace("portico-local-to-backoffice.fifo", WAREHOUSE)
    monkeypatch.setitem(settings.system_queues, "warehouse", url)
    while one_scene.world.deliver_stream():
        pass
    one_scene.world.sqs.create_queue(QueueName=WAREHOUSE, Attributes={"FifoQueue": "true", "VisibilityTimeout": "0"})
    yield one_scene
    one_scene.world.sqs.delete_queue(QueueUrl=url)


def ask(scene: Scene, system: str, name: str, case_id: str, command_id: str = "cmd-1") -> dict[str, Any]:
    """Put a command into that system's queue, whatever its body claims; return what that system is answered."""
    wish = {key: value.format(**scene.ids) if isinstance(value, str) else value for key, value in WISHES[name].items()}
    claims = {"specversion": "1.0", "id": command_id, "source": "/backoffice", "type": name}
    record = {
        "messageId": command_id,
        "body": json.dumps(claims | {"subject": case_id, "data": wish}),
        "attributes": {"MessageGroupId": "g"},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:{REGION}:{ACCOUNT}:portico-local-from-{system}.fifo",
    }
    receive_commands({"Records": [record]}, LambdaContext())
    scene.world.deliver_stream()
    told: dict[str, Any] = json.loads(messages(settings.system_queues[system])[-1][1])
    return told


@pytest.mark.parametrize("name", WISHES)
def test_a_system_cannot_touch_a_case_of_another(scene: Scene, name: str) -> None:
    """It is rejected as for a case that does not exist, to the asker alone; the case and its timeline stay."""
    before = [item for item in scene.world.items() if item["pk"]["S"].startswith("CASE#")]
    foreign = ask(scene, "warehouse", name, scene.ids["case"])
    assert foreign["type"] == "portico.command.rejected.v1"
    assert foreign["data"]["problem"]["code"] == "case_not_found"
    assert [item for item in scene.world.items() if item["pk"]["S"].startswith("CASE#")] == before
    unknown = ask(scene, "warehouse", name, UNKNOWN["case"], "cmd-2")
    assert foreign["data"]["problem"] == unknown["data"]["problem"]
    assert scene.ids["case"] not in json.dumps(foreign["data"])


@pytest.mark.parametrize("name", ["case.link", "message.post"])
def test_the_queue_says_who_asks_and_not_the_body(scene: Scene, name: str) -> None:
    """The same bytes, claiming the same source, are obeyed from the queue of the case's own system only."""
    assert ask(scene, "warehouse", name, scene.ids["case"])["type"] == "portico.command.rejected.v1"
    assert ask(scene, "backoffice", name, scene.ids["case"])["type"] == "portico.command.accepted.v1"


@pytest.mark.parametrize("system", ["erp", "from-erp", "local-from-erp", "a.fifo-b", "fifo", "Erp_2"])
def test_a_system_is_named_by_its_queue_and_by_nothing_else_in_it(system: str) -> None:
    """Whatever the name is made of, it comes out of the queue's name as it went in (F26, S4)."""
    for pair in ("from", "to"):
        assert system_of(f"arn:aws:sqs:eu-west-1:123456789012:portico-local-{pair}-{system}.fifo") == system
