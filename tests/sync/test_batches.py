"""A batch from a queue: what can be done is done, what cannot be read is put aside, and only failures go back."""

import json

import pytest

from functions import log
from functions.quarantine import CONTENT_LIMIT
from tests.refusals import unreachable
from tests.sync.asking import answers, body
from tests.world import World


def post(case_id: str, command_id: str) -> str:
    return body("message.post", case_id, {"text": f"Message {command_id}"}, command_id)


SQS_LIMIT = 262_144
"""Bytes that a message of a queue takes in any account."""

UNREADABLE = [
    pytest.param("not JSON at all", "json_invalid", id="text"),
    pytest.param("", "json_invalid", id="nothing"),
    pytest.param("[]", "model_type", id="a list"),
    pytest.param("{}", "/id missing", id="empty"),
    pytest.param(json.dumps({"id": "1", "type": "case.link", "subject": "c"}), "/data missing", id="no data"),
    pytest.param(json.dumps({"id": 1, "type": "t", "subject": "c", "data": {}}), "/id string_type", id="number as id"),
    pytest.param(json.dumps({"id": "", "type": "t", "subject": "c", "data": {}}), "/id", id="empty id"),
    pytest.param(json.dumps({"id": "x" * 201, "type": "t", "subject": "c", "data": {}}), "/id", id="endless id"),
    pytest.param(
        json.dumps({"id": "1", "type": "t", "subject": "c", "data": []}), "/data dict_type", id="list as data"
    ),
    pytest.param('{"data":' + "[" * 40 + "]" * 40 + "}", "nests too deep", id="deep"),
    pytest.param('{"data":"' + "x" * 262_144 + '"}', "too large", id="large"),
    pytest.param('{"data":"' + "€" * 200_000 + '"}', "too large", id="large, of letters that take three bytes"),
]


@pytest.mark.parametrize(("content", "reason"), UNREADABLE)
def test_what_nobody_can_read_goes_to_quarantine_with_its_reason(world: World, content: str, reason: str) -> None:
    """It is kept for a person, never tried again, and changes nothing (B5, F26)."""
    items = world.items()
    assert world.receive([content]) == []
    [found] = world.quarantined()
    assert found["source"] == "from-backoffice"
    assert reason in found["reason"]
    assert content.startswith(found["content"])
    kept = len(found["content"].encode())
    assert CONTENT_LIMIT - 4 < kept <= CONTENT_LIMIT or found["content"] == content
    assert len(json.dumps(found, ensure_ascii=False).encode()) < SQS_LIMIT
    assert world.items() == items


def test_poison_in_the_middle_stops_nobody(world: World, ana: str) -> None:
    """Commands before and after an unreadable message are obeyed in their order (B5, B6)."""
    case_id = world.open_case(ana)
    assert world.receive([post(case_id, "1"), "poison", post(case_id, "2")]) == []
    world.settle()
    assert [message["text"] for message in world.view(ana, case_id)["messages"]][1:] == ["Message 1", "Message 2"]
    assert [found["content"] for found in world.quarantined()] == ["poison"]


def test_a_refused_command_is_no_failure_of_its_batch(world: World, ana: str) -> None:
    """A rejection is an answer, so nothing goes back to the queue (B5)."""
    case_id = world.open_case(ana)
    wrong = body("case.fly", case_id, {}, "wrong")
    assert world.receive([post(case_id, "1"), wrong, post(case_id, "2")]) == []
    world.settle()
    assert [len(answers(world, name)) for name in ("1", "wrong", "2")] == [1, 1, 1]


def test_a_failure_holds_back_its_own_group_and_no_other(world: World, ana: str) -> None:
    """What failed, and what follows it in its group, goes back in order; other cases go on (B6, B7)."""
    bad, good = (world.open_case(ana, key=key) for key in ("bad", "good"))
    batch = [post(bad, "1"), post(good, "2"), post(bad, "3"), post(good, "4")]
    with unreachable("dynamodb.TransactWriteItems", bad):
        assert world.receive(batch, [bad, good, bad, good]) == [0, 2]
    assert [message["text"] for message in world.view(ana, bad)["messages"]][1:] == []
    assert [message["text"] for message in world.view(ana, good)["messages"]][1:] == ["Message 2", "Message 4"]


def test_what_went_back_is_obeyed_when_it_comes_again(world: World, ana: str) -> None:
    """Each is shown once and in order, though the later one was tried first and both come again (B7, R4, RI-24)."""
    case_id = world.open_case(ana)
    batch = [post(case_id, "1"), post(case_id, "2")]
    with unreachable("dynamodb.TransactWriteItems", case_id):
        assert world.receive(batch) == [0, 1]
    assert world.receive(batch) == world.receive([*batch, *batch]) == []
    world.settle()
    assert [message["text"] for message in world.view(ana, case_id)["messages"]][1:] == ["Message 1", "Message 2"]


def test_messages_stand_in_the_order_of_their_queue(world: World, ana: str) -> None:
    """The sender's order is that in which it sends; neither ids nor `time` say another one (F29, RI-24)."""
    case_id = world.open_case(ana)
    fifth, fourth = (
        body("message.post", case_id, {"text": f"Message {number}"}, number, time=f"2026-11-2{number}T09:00:00Z")
        for number in ("5", "4")
    )
    assert world.receive([fifth, fourth, fifth, fifth]) == []
    assert [message["text"] for message in world.view(ana, case_id)["messages"]][1:] == ["Message 5", "Message 4"]


def test_a_batch_in_which_everything_fails_goes_back_whole(
    world: World, ana: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is taken for done that was not, and the log says what was wrong (B8)."""
    case_id = world.open_case(ana)
    logged: list[str] = []
    monkeypatch.setattr(log, "error", lambda _sentence, cause, **_: logged.append(log.describe(cause)))
    with unreachable("dynamodb.TransactWriteItems", case_id):
        assert world.receive([post(case_id, "1")]) == [0]
    assert logged == ["EndpointConnectionError"]
