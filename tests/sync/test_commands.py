"""What an internal system may ask: each command has its effect, or its reason why not, exactly once."""

import json
from typing import Any

import pytest

from functions.sync.cloudevents import Command
from tests.sync.asking import answers, body, code, task_of
from tests.world import World

UNKNOWN = "case_01ARZ3NDEKTSV4RRFFQ69G5FAV"


def test_linking_gives_the_case_its_twin(world: World, ana: str) -> None:
    """The internal id is known from then on, and told with every event (F17, F26)."""
    case_id = world.open_case(ana)
    world.command("case.link", case_id, {"internal_ref": "TWIN-1"})
    [accepted] = answers(world)
    assert accepted["type"] == "portico.command.accepted.v1"
    assert (accepted["data"]["command"], accepted["data"]["internal_ref"]) == ("case.link", "TWIN-1")


def test_a_twin_is_never_replaced(world: World, ana: str) -> None:
    """Another reference is refused and says which one stands; the same again is fine (F17)."""
    case_id = world.open_case(ana)
    for command_id, ref in (("one", "TWIN-1"), ("two", "TWIN-2"), ("three", "TWIN-1")):
        world.command("case.link", case_id, {"internal_ref": ref}, command_id)
    assert [answer["type"] for name in ("one", "two", "three") for answer in answers(world, name)] == [
        "portico.command.accepted.v1",
        "portico.command.rejected.v1",
        "portico.command.accepted.v1",
    ]
    [refused] = answers(world, "two")
    assert (code(refused), refused["data"]["problem"]["internal_ref"]) == ("reference_conflict", "TWIN-1")
    assert world.view(world.staff("customer-relations"), case_id)["internal_ref"] == "TWIN-1"


@pytest.mark.parametrize("name", ["message.post", "portico.message.post.v1"])
def test_a_posted_message_reaches_the_customer(world: World, ana: str, name: str) -> None:
    """It stands in the conversation under the name that the system gives, by short or full type (F4, F25)."""
    case_id = world.open_case(ana)
    world.command(name, case_id, {"text": "On Friday at nine.", "author_name": "Service desk"})
    message = world.view(ana, case_id)["messages"][-1]
    assert (message["text"], message["author"]) == (
        "On Friday at nine.",
        {"kind": "organisation", "name": "Service desk"},
    )
    [accepted] = answers(world)
    assert accepted["data"]["command"] == "message.post"


def test_a_task_is_completed_by_command(world: World, ana: str) -> None:
    """The internal system decides as staff do, and the workflow takes that branch (O2, F6)."""
    case_id = world.open_case(ana)
    world.command("task.complete", case_id, {"task_id": task_of(world, case_id), "outcome": "ANSWERED"})
    assert world.view(ana, case_id)["stage"]["name"] == "answered"
    [accepted] = answers(world)
    assert accepted["type"] == "portico.command.accepted.v1"


def test_a_task_is_passed_on_by_command(world: World, ana: str) -> None:
    """The internal system shares the work out as staff do; sent three times it happens once (O16, F29)."""
    case_id = world.open_case(ana)
    wish = body("task.assign", case_id, {"task_id": task_of(world, case_id), "team": "streets"})
    for copy in range(3):
        world.send_raw(wish, f"copy-{copy}", case_id)
        world.settle()
    [accepted] = answers(world)
    assert [task["team"] for task in accepted["data"]["case"]["open_tasks"]] == ["streets"]
    assigned = [event for event in world.events_told(case_id) if event["type"] == "portico.task.assigned.v1"]
    assert [event["data"]["team"] for event in assigned] == ["streets"]
    assert len(world.gateway("GET", "/v1/tasks", token=world.staff("streets")).json["data"]) == 1


def test_a_task_that_waits_for_the_customer_is_no_teams(world: World, ana: str) -> None:
    """Nobody inside can be given it (D9)."""
    case_id = world.open_case(ana, "report-incident")
    world.command("task.complete", case_id, {"task_id": task_of(world, case_id), "outcome": "NEED_CUSTOMER"}, "ask")
    world.command("task.assign", case_id, {"task_id": task_of(world, case_id), "team": "noc"})
    assert [code(answer) for answer in answers(world)] == ["waits_for_customer"]


def refused(name: str, data: Any, why: str, pointer: str | None = None) -> Any:
    return pytest.param(name, data, why, pointer, id=f"{name}-{why}-{pointer}")


@pytest.mark.parametrize(
    ("name", "data", "why", "pointer"),
    [
        refused("case.fly", {}, "command_unknown"),
        refused("case.created", {}, "command_unknown"),
        refused("case.link", {}, "command_invalid", "/internal_ref"),
        refused("case.link", {"internal_ref": " "}, "command_invalid", "/internal_ref"),
        refused("case.link", {"internal_ref": "T", "owner": "me"}, "command_invalid", "/owner"),
        refused("message.post", {"text": "a\x00b"}, "command_invalid", "/text"),
        refused("message.post", {"text": "x" * 10_001}, "command_invalid", "/text"),
        refused("message.post", {"text": "Hi", "audience": "everybody"}, "command_invalid", "/audience"),
        refused("case.set_status", {"status": "resolved"}, "command_invalid", "/based_on_sequence"),
        refused("case.set_status", {"status": "gone", "based_on_sequence": 9}, "command_invalid", "/status"),
        refused("case.set_status", {"status": "closed", "based_on_sequence": 9}, "transition_not_allowed"),
        refused("task.complete", {"task_id": "task_1_1", "outcome": "ANSWERED"}, "task_closed"),
        refused("task.assign", {"task_id": "task_1_1", "team": "streets"}, "task_closed"),
        refused("task.assign", {"task_id": "task_1_1"}, "command_invalid", "/team"),
    ],
)
def test_a_refused_command_gets_its_reason_once_and_changes_nothing(
    world: World, ana: str, name: str, data: Any, why: str, pointer: str | None
) -> None:
    """One rejection with a problem document that names the field; the case is as it was (F17)."""
    case_id = world.open_case(ana)
    before = world.view(ana, case_id)
    world.command(name, case_id, data)
    [answer] = answers(world)
    assert answer["type"] == "portico.command.rejected.v1"
    assert (answer["data"]["command"], code(answer)) == (name, why)
    assert [error["pointer"] for error in answer["data"]["problem"].get("errors", [])] == [pointer] * bool(pointer)
    after = world.view(ana, case_id)
    assert after["sequence"] == before["sequence"] + 1
    assert after | {"sequence": before["sequence"]} == before


def test_an_unknown_outcome_is_refused_and_the_task_waits_on(world: World, ana: str) -> None:
    """Only what the branches know ends a task (O2)."""
    case_id = world.open_case(ana)
    task_id = task_of(world, case_id)
    world.command("task.complete", case_id, {"task_id": task_id, "outcome": "PERHAPS"}, "first")
    assert [code(answer) for answer in answers(world, "first")] == ["outcome_unknown"]
    world.command("task.complete", case_id, {"task_id": task_id, "outcome": "ANSWERED"}, "second")
    assert world.view(ana, case_id)["status"] == "resolved"


@pytest.mark.parametrize("status", ["closed", "canceled"])
def test_a_final_case_takes_no_public_message_from_inside(world: World, ana: str, status: str) -> None:
    """The rule of the conversation holds for every door (C37, D4)."""
    case_id = world.case_in(status, ana)
    world.command("message.post", case_id, {"text": "One more thing."})
    assert [code(answer) for answer in answers(world)] == ["action_not_allowed"]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("message.post", {"text": "On Friday."}),
        ("case.link", {"internal_ref": "TWIN-1"}),
        ("case.set_status", {"status": "waiting_for_response", "based_on_sequence": 99}),
        ("case.set_status", {"status": "closed", "based_on_sequence": 99}),
        ("task.complete", {"outcome": "ANSWERED"}),
    ],
)
def test_a_repeated_command_has_one_effect_and_one_answer(world: World, ana: str, name: str, data: Any) -> None:
    """The same command three times, beyond what the queue itself removes, is obeyed once (F29, B3, B15)."""
    case_id = world.open_case(ana)
    if name == "task.complete":
        data = data | {"task_id": task_of(world, case_id)}
    world.send_raw(body(name, case_id, data), "copy-0", case_id)
    world.settle()
    seen = world.view(ana, case_id)
    for copy in (1, 2):
        world.send_raw(body(name, case_id, data), f"copy-{copy}", case_id)
        world.settle()
    assert world.view(ana, case_id) == seen
    assert len(answers(world)) == 1


def test_copies_in_one_batch_are_obeyed_once(world: World, ana: str) -> None:
    """Redelivery can also come as neighbours (F29, R4)."""
    case_id = world.open_case(ana)
    for copy in range(3):
        world.send_raw(body("message.post", case_id, {"text": "On Friday."}), f"copy-{copy}", case_id)
    world.settle()
    texts = [message["text"] for message in world.view(ana, case_id)["messages"]]
    assert texts.count("On Friday.") == len(answers(world)) == 1


def test_a_command_that_is_sent_again_may_be_written_anew(world: World, ana: str) -> None:
    """With the time of now, other blanks, another order of names, its type in full: it wakes nobody (F29, B5)."""
    case_id = world.open_case(ana)
    said = body("message.post", case_id, {"text": "On Friday.", "audience": "customer"}, time="2026-11-20T08:00:00Z")
    turned = body("message.post", case_id, {"audience": "customer", "text": "On Friday."}, time="2026-11-20T08:00:00Z")
    command = json.loads(said)
    anew = [
        said,
        json.dumps(command | {"time": "2026-11-20T08:05:00Z", "traceparent": "00-1-2-01"}),
        json.dumps(command, indent=2),
        json.dumps(command, sort_keys=True),
        turned,
        json.dumps(command | {"type": "portico.message.post.v1"}),
    ]
    assert len(set(anew)) == len(anew)
    for copy, each in enumerate(anew):
        world.send_raw(each, f"copy-{copy}", case_id)
    world.settle()
    assert [message["text"] for message in world.view(ana, case_id)["messages"]][1:] == ["On Friday."]
    assert len(answers(world)) == 1
    assert world.quarantined() == []


@pytest.mark.parametrize(
    "other",
    [
        {"type": "task.complete"},
        {"subject": "case_2"},
        {"subject": None, "type": "case.create"},
        {"data": {"text": "On Friday!", "files": [1, 2]}},
        {"data": {"text": "On Friday.", "files": [2, 1]}},
        {"data": {"text": "On Friday."}},
    ],
)
def test_what_a_command_asks_is_its_type_its_subject_and_its_data(other: dict[str, Any]) -> None:
    """None of them is another one's under the same id (B5)."""
    command = json.loads(body("message.post", "case_1", {"text": "On Friday.", "files": [1, 2]}))
    assert Command.model_validate(command | other).asked != Command.model_validate(command).asked


def test_another_command_under_a_used_id_has_no_effect(world: World, ana: str) -> None:
    """The first counts (A2). An answer would contradict its own, so the other is kept for a person to look at (B5)."""
    case_id = world.open_case(ana)
    world.command("case.link", case_id, {"internal_ref": "TWIN-1"})
    seen = world.view(ana, case_id)
    other = body("message.post", case_id, {"text": "Hello?"})
    world.send_raw(other, "another", case_id)
    world.settle()
    assert world.view(ana, case_id) == seen
    assert len(answers(world)) == 1
    assert world.quarantined() == [{"source": "from-backoffice", "reason": "idempotency_mismatch", "content": other}]


@pytest.mark.parametrize("case_id", [UNKNOWN, "case_", "x" * 200, "\u00fc and blanks"])
def test_a_command_about_no_case_is_rejected_once(world: World, case_id: str) -> None:
    """An unknown case still gets its answer, three deliveries or one; it is kept as long as the record of it (F26)."""
    for copy in range(3):
        world.send_raw(body("message.post", case_id, {"text": "Hello?"}), f"copy-{copy}")
        world.settle()
    [answer] = answers(world)
    assert (answer["type"], answer["subject"], code(answer)) == (
        "portico.command.rejected.v1",
        case_id,
        "case_not_found",
    )
    assert answer["causationid"] == "cmd-1"
    assert "sequence" not in answer
    [reply] = [item for item in world.items() if item["pk"]["S"] == "SYSTEM#backoffice"]
    [record] = [item for item in world.items() if item["pk"]["S"] == "OBEYED#system:backoffice"]
    assert reply["expires"] == record["expires"]


def test_a_system_may_touch_only_the_cases_that_are_routed_to_it(world: World, ana: str) -> None:
    """Another system's queue says who asks, whatever the body claims; the case answers as unknown (J2, F18)."""
    case_id = world.open_case(ana)
    seen = world.view(ana, case_id)
    claimed = body("message.post", case_id, {"text": "Hello?"}, source="/backoffice")
    world.receive([claimed], system="archive")
    assert world.view(ana, case_id) == seen
    [reply] = [item for item in world.items() if item["pk"]["S"] == "SYSTEM#archive"]
    assert "case_not_found" in reply["data"]["S"]


@pytest.mark.parametrize("command_id", ["x" * 200, "caf\u00e9 and blanks", "a/b#c"])
def test_a_command_id_of_any_script_is_answered(world: World, ana: str, command_id: str) -> None:
    """Systems make ids as they like; the answer names the same one, with a case and without."""
    case_id = world.open_case(ana)
    world.send_raw(body("message.post", case_id, {"text": "Hello?"}, command_id), "one", case_id)
    world.settle()
    assert len(answers(world, command_id)) == 1
