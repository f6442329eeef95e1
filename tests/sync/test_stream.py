"""The stream and the sweeper: everything is followed up, nothing twice, and what is broken stops nobody."""

from datetime import timedelta
from typing import Any

import pytest

from functions.failures import Failed
from functions.settings import settings
from functions.sync.follow_ups import FOLLOW_UPS
from tests.refusals import unreachable
from tests.world import World

GRACE = timedelta(minutes=2, seconds=1)
"""How long the stream has before the sweeper takes over."""
ATTEMPTS = 10


def consequences(world: World) -> dict[str, Any]:
    """All that the world outside has seen; an event counts once by its id, which moto's queue forgets too early."""
    world.collect_events()
    return {
        "told": list(dict.fromkeys(event["id"] for event in world.told)),
        "mails": [(mail.to, mail.subject) for mail in world.mailbox()],
        "workflows": {name: (run.status, run.path) for name, run in world.workflows.executions.items()},
    }


def untold(world: World) -> list[str]:
    """The events on the sweeper's list."""
    return [item["sk"]["S"] for item in world.items() if item.get("due", {}).get("S", "").startswith("EVENT#")]


def lose_the_stream(world: World) -> None:
    """What was written so far never comes."""
    world.delivered = len(world.stream_records())


def poison(world: World, case_id: str, sequence: int) -> None:
    """Spoil an event of the case so that no version of the code can read it."""
    [item] = [
        item
        for item in world.items()
        if item["pk"]["S"] == f"CASE#{case_id}" and item["sk"]["S"].endswith(f"#{sequence:012}")
    ]
    world.database.put_item(TableName=settings.table_name, Item=item | {"data": {"S": '{"spoiled": true}'}})


@pytest.fixture
def resolved_case(world: World, ana: str) -> str:
    """A case that has had mails, messages, a decision and an end."""
    case_id = world.open_case(ana)
    staff = world.staff("customer-relations")
    world.gateway("POST", f"/v1/cases/{case_id}/messages", {"text": "On Friday."}, token=staff)
    [task] = world.gateway("GET", "/v1/tasks", token=staff).json["data"]
    world.gateway("POST", f"/v1/tasks/{task['task_id']}/complete", {"outcome": "ANSWERED"}, token=staff)
    world.settle()
    return case_id


def test_a_stream_that_comes_three_times_doubles_nothing(world: World, resolved_case: str) -> None:
    """Events, mails and workflows are as after the first time (B3, C4, R4)."""
    once = consequences(world)
    assert once["told"]
    for _ in range(3):
        world.delivered = 0
        world.settle()
    assert consequences(world) == once


def test_what_was_told_is_on_no_list(world: World, resolved_case: str) -> None:
    """The sweeper finds nothing to do where the stream has worked (B2)."""
    assert untold(world) == []
    assert world.sweep(everything=True)["events"] == 0


def test_a_change_of_an_item_is_no_event(world: World, resolved_case: str) -> None:
    """What Portico itself writes, such as having told an event, starts nothing again (B12)."""
    once = consequences(world)
    records = world.stream_records()
    changed = [
        record for record in records if record["eventName"] == "MODIFY" and "type" in record["dynamodb"]["NewImage"]
    ]
    assert changed
    world.publish(changed)
    world.settle()
    assert consequences(world) == once


def test_where_the_stream_is_dead_the_sweeper_tells_everything_once(world: World, ana: str) -> None:
    """After the time of grace, and not before, all that follows happens, in order, once (B2, R5, F11)."""
    case_id = world.create(ana).json["case_id"]
    lose_the_stream(world)
    assert world.sweep()["events"] == 0
    assert world.events_told(case_id) == []
    world.move_clock(GRACE)
    assert world.sweep()["events"] == 2
    assert world.sweep()["events"] == 0
    assert [event["sequence"] for event in world.events_told(case_id)] == ["000000000001", "000000000002"]
    world.settle()
    assert [mail.subject for mail in world.mailbox()][-1].endswith("We have received your case")
    assert world.view(ana, case_id)["status"] == "in_progress"


def test_a_stream_that_comes_late_after_the_sweeper_doubles_nothing(world: World, ana: str) -> None:
    """Both may tell the same event; the outside sees it once (B3, R4)."""
    world.create(ana)
    before = world.delivered
    lose_the_stream(world)
    world.move_clock(GRACE)
    world.sweep()
    world.settle()
    once = consequences(world)
    world.delivered = before
    world.settle()
    assert consequences(world) == once


def test_a_whole_case_lives_without_the_stream(world: World, ana: str) -> None:
    """With only the sweeper, a case still goes from form to solution and everybody is told (B2, C5)."""
    case_id = world.create(ana).json["case_id"]
    staff = world.staff("customer-relations")
    for _ in range(4):
        lose_the_stream(world)
        world.move_clock(GRACE)
        world.sweep()
        world.run_workflows()
        while world.deliver_mail():
            pass
        found = world.gateway("GET", "/v1/tasks", token=staff).json["data"]
        for task in found:
            world.gateway("POST", f"/v1/tasks/{task['task_id']}/complete", {"outcome": "ANSWERED"}, token=staff)
    assert world.view(ana, case_id)["status"] == "resolved"
    told = [int(event["sequence"]) for event in world.events_told(case_id)]
    assert told == list(range(1, world.view(ana, case_id)["sequence"] + 1))


def test_a_batch_out_of_order_is_told_in_order(world: World, ana: str) -> None:
    """The stream orders the versions of one item, not the items of one case (B4)."""
    case_id = world.create(ana).json["case_id"]
    fresh = [record for record in world.stream_records(world.delivered) if "type" in record["dynamodb"]["NewImage"]]
    world.publish(fresh[::-1])
    assert [int(event["sequence"]) for event in world.events_told(case_id)] == [1, 2]


def test_a_fault_of_aws_sends_the_batch_back_to_the_stream(world: World, ana: str) -> None:
    """The stream repeats it, so order holds and nothing is lost (B1, B4)."""
    case_id = world.create(ana).json["case_id"]
    with unreachable("sqs.SendMessage", "to-backoffice"), pytest.raises(Failed):
        world.settle()
    assert world.events_told(case_id) == []
    world.settle()
    told = [int(event["sequence"]) for event in world.events_told(case_id)]
    assert told == list(range(1, len(told) + 1))


def test_poison_in_the_stream_stops_no_other_event(world: World, ana: str) -> None:
    """What nobody can read is left to the sweeper with what follows it in its batch; other cases are told (B4, B5).

    A later batch of its case passes them; they are late then, and told all the same (B6).
    """
    broken, sound = (world.create(ana, key=key).json["case_id"] for key in ("broken", "sound"))
    fresh = world.stream_records(world.delivered)
    for record in fresh:
        if record["dynamodb"]["NewImage"]["sk"]["S"] == "EVENT#000000000001" and broken in str(
            record["dynamodb"]["Keys"]
        ):
            record["dynamodb"]["NewImage"]["data"] = {"S": '{"spoiled": true}'}
    world.delivered += len(fresh)
    world.publish(fresh)
    world.gateway("POST", f"/v1/cases/{broken}/messages", {"text": "Hello?"}, token=ana)
    world.settle()
    assert [int(event["sequence"]) for event in world.events_told(broken)] == [3]
    assert len(world.events_told(sound)) == 5
    assert sorted(untold(world)) == ["EVENT#000000000001", "MESSAGE#000000000002"]
    world.move_clock(GRACE)
    world.sweep()
    assert [int(event["sequence"]) for event in world.events_told(broken)] == [3, 1, 2], "what is stored can be read"


def test_poison_ends_in_quarantine_after_ten_tries(world: World, ana: str) -> None:
    """It is tried ten times, then kept with its reason and never tried again; other cases never wait (B5, R9)."""
    broken, sound = (world.create(ana, key=key).json["case_id"] for key in ("broken", "sound"))
    poison(world, broken, 1)
    lose_the_stream(world)
    world.move_clock(GRACE)
    for tried in range(ATTEMPTS):
        assert world.quarantined() == [], tried
        world.sweep()
        assert len(world.events_told(sound)) == 2
    [found] = world.quarantined()
    assert found["reason"] == "ValidationError"
    assert (found["source"], found["content"]) == (f"CASE#{broken} EVENT#000000000001", '{"spoiled": true}')
    world.sweep()
    assert untold(world) == []
    assert [event["sequence"] for event in world.events_told(broken)] == ["000000000002"]
    assert world.sweep()["events"] == 0


def test_a_message_that_could_not_be_told_is_shown_as_unsent(
    world: World, ana: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pending while it is tried again and again, unsent when a person must look; it never disappears (F27)."""
    case_id = world.create(ana).json["case_id"]
    lose_the_stream(world)
    world.move_clock(GRACE)

    def fail(*_: Any) -> None:
        raise ValueError

    def shown() -> list[tuple[str, str]]:
        return [(message["text"], message["delivery"]) for message in world.view(ana, case_id)["messages"]]

    monkeypatch.setitem(FOLLOW_UPS, "message.posted", (fail,))
    monkeypatch.setattr("functions.sync.sweep.ATTEMPTS", 2)
    for _ in range(2):
        assert shown() == [("When is the town hall open?", "pending")]
        world.sweep()
    assert shown() == [("When is the town hall open?", "unsent")]
    assert len(world.quarantined()) == 1


def test_a_fault_of_aws_is_no_failure_of_the_event(world: World, ana: str) -> None:
    """However long a queue is out of order, what it missed goes there afterwards, not to quarantine (B1, B5)."""
    case_id = world.create(ana).json["case_id"]
    lose_the_stream(world)
    world.move_clock(GRACE)
    with unreachable("sqs.SendMessage", "to-backoffice"):
        for _ in range(ATTEMPTS + 1):
            assert world.sweep()["events"] == 0
    assert world.quarantined() == []
    assert world.sweep()["events"] == 2
    assert [int(event["sequence"]) for event in world.events_told(case_id)] == [1, 2]


def test_an_event_of_a_type_from_the_future_is_left_to_the_sweeper(world: World, ana: str) -> None:
    """A stream that still holds events of a newer version loses none of them and goes on (D13, B5)."""
    case_id = world.create(ana).json["case_id"]
    fresh = world.stream_records(world.delivered)
    image = fresh[-1]["dynamodb"]["NewImage"]
    unknown = {"type": {"S": "case.dreamt"}, "data": {"S": image["data"]["S"].replace("message.posted", "case.dreamt")}}
    future = [record for record in fresh if record["dynamodb"]["NewImage"]["sk"]["S"].startswith("MESSAGE#")]
    for record in future:
        record["dynamodb"]["NewImage"] |= unknown
    world.publish(future)
    assert world.events_told(case_id) == []
    assert "MESSAGE#000000000002" in untold(world)
