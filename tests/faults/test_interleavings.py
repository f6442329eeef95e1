"""Two at once, in every order of their calls to AWS: one wins, the other hears of it, and nothing happens twice."""

from collections import Counter
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import pytest

from functions.cases.item_keys import alarm_key
from functions.people.repository import get_by_email
from functions.sync import sweep
from tests.calls import hooked
from tests.cases.sharing import share
from tests.faults.explore import Client
from tests.faults.interleave import interleavings
from tests.faults.scenarios import (
    ANA,
    gives_to_bob,
    posts_files,
    stops_sharing,
    with_closing_case,
    with_files,
    with_pin,
    with_resolved_case,
    with_shared_case,
    with_staff,
    with_staff_and_participant,
    with_unread_case,
)
from tests.gateway import Answer
from tests.world import World

OK, CONFLICT = HTTPStatus.OK, HTTPStatus.CONFLICT


@pytest.fixture
def case(world: World) -> Client:
    """Ana's case with an open task, and two staff members who may complete it."""
    client = with_staff(world)
    return client | {"colleague": world.staff("customer-relations", "ben@portico.example")}


def post(world: World, client: Client, path: str, body: Any, by: str) -> Callable[[], Answer]:
    return lambda: world.gateway("POST", path.format(**client), body, token=client[by])


def completion(world: World, client: Client, by: str = "staff", outcome: str = "ANSWERED") -> Callable[[], Answer]:
    return post(world, client, "/v1/tasks/{task}/complete", {"outcome": outcome}, by)


def cancellation(world: World, client: Client) -> Callable[[], Answer]:
    return post(world, client, "/v1/cases/{case}/cancel", {}, "ana")


def told(world: World, client: Client) -> Counter[str]:
    return Counter(event["type"].split(".", 1)[1] for event in world.events_told(client["case"]))


def assert_finished(world: World, client: Client) -> None:
    """Nothing waits for a case that has ended: no task, no workflow (C3)."""
    assert [item["sk"] for item in world.items() if "work_of" in item] == []
    assert {run.status for run in world.workflows.executions.values()} <= {"SUCCEEDED", "ABORTED"}
    sequences = [int(event["sequence"]) for event in world.events_told(client["case"])]
    assert sequences == list(range(sequences[0], sequences[0] + len(sequences)))


def test_a_file_is_attached_to_one_message_only(world: World) -> None:
    """Whoever is first has it; the other hears that it is attached (E6, R7)."""
    client = with_files(world)
    client["other"] = world.create(client["ana"], key="key-2").json["case_id"]
    world.settle()
    body = {"text": "See the file.", "attachments": client["files"][:1]}
    posts = [post(world, client, f"/v1/cases/{{{case}}}/messages", body, "ana") for case in ("case", "other")]
    for answers in interleavings(world, *posts):
        assert sorted(answer.status for answer in answers) == [201, 422]
        [refused] = [answer for answer in answers if answer.status != HTTPStatus.CREATED]
        assert [error["code"] for error in refused.json["errors"]] == ["attached"]


def test_cancel_and_complete_have_one_winner(world: World, case: Client) -> None:
    """Whoever is first decides: canceled with the task withdrawn, or completed and then canceled (C3, C29, R7)."""
    for canceled, completed in interleavings(world, cancellation(world, case), completion(world, case)):
        assert (canceled.status, completed.status) in {(OK, OK), (OK, CONFLICT)}
        world.settle()
        assert_finished(world, case)
        seen = told(world, case)
        assert seen["task.completed.v1"] == (completed.status == OK)
        assert world.gateway("GET", f"/v1/cases/{case['case']}", token=case["ana"]).json["status"] == "canceled"


def test_cancel_and_resolve_have_one_winner(world: World, case: Client) -> None:
    """The workflow resolves while the customer cancels: one status, one of them hears that it was too late (C3, R7)."""
    assert completion(world, case)().status == OK
    world.deliver_stream()  # which wakes the workflow
    for canceled, _ in interleavings(world, cancellation(world, case), world.run_workflows):
        world.settle()
        assert canceled.status in (OK, CONFLICT)
        status = world.gateway("GET", f"/v1/cases/{case['case']}", token=case["ana"]).json["status"]
        assert status == ("canceled" if canceled.status == OK else "resolved")
        assert sum(mail.subject.endswith("is resolved") for mail in world.mailbox()) == (status == "resolved")
        assert_finished(world, case)


def test_reopening_and_the_clock_have_one_winner(world: World) -> None:
    """A case that its customer reopens as it is closed by itself: one status; what moved on is not closed (C31, R7)."""
    client = with_closing_case(world)
    client["ana"] = world.sign_in(ANA)
    reopening, alarm = post(world, client, "/v1/cases/{case}/reopen", {}, "ana"), alarm_key(client["case"])
    for reopened, closed in interleavings(world, reopening, lambda: sweep._dealt_with(alarm, sweep._keep_time)):
        assert (reopened.status, closed) in {(OK, False), (CONFLICT, True)}
        status = world.gateway("GET", f"/v1/cases/{client['case']}", token=client["ana"]).json["status"]
        assert status == ("reopened" if reopened.status == OK else "closed")


def test_two_staff_members_complete_a_task_once(world: World, case: Client) -> None:
    """The second one hears 409, whichever way their calls mix, and the first one's outcome stays (C2, R7)."""
    works = completion(world, case), completion(world, case, "colleague", "PASS_ON")
    for answers in interleavings(world, *works):
        assert sorted(answer.status for answer in answers) == [OK, CONFLICT]
        world.settle()
        winner = answers[0] if answers[0].status == OK else answers[1]
        stage = {"ANSWERED": "answered", "PASS_ON": "inspect"}[winner.json["outcome"]]
        assert told(world, case)["task.completed.v1"] == 1
        assert world.gateway("GET", f"/v1/cases/{case['case']}", token=case["ana"]).json["stage"]["name"] == stage


def test_a_task_that_was_passed_on_is_the_other_teams_to_end(world: World, case: Client) -> None:
    """Completed and passed on at once: whoever is first decides, and nobody ends another team's task (R7, O16)."""
    passing = post(world, case, "/v1/tasks/{task}/assign", {"team": "streets"}, "colleague")
    for passed, completed in interleavings(world, passing, completion(world, case)):
        assert (passed.status, completed.status) in {(OK, HTTPStatus.NOT_FOUND), (CONFLICT, OK)}


def test_who_is_removed_writes_before_or_never(world: World) -> None:
    """A message beside the removal counts before it, or is refused as a stranger's (A25, R7)."""
    client = with_shared_case(world)
    writing = post(world, client, "/v1/cases/{case}/messages", {"text": "One more thing."}, "bob")
    for removed, written in interleavings(world, lambda: stops_sharing(world, client), writing):
        assert removed.status == HTTPStatus.NO_CONTENT
        assert written.status in (HTTPStatus.CREATED, HTTPStatus.NOT_FOUND)
        url = f"/v1/cases/{client['case']}/timeline?order=newest_first&limit=1"
        [newest] = world.gateway("GET", url, token=client["ana"]).json["data"]
        assert newest["type"] == "case.participant_changed"
        texts = [message["text"] for message in world.view(client["ana"], client["case"])["messages"]]
        assert ("One more thing." in texts) == (written.status == HTTPStatus.CREATED)
        assert world.gateway("GET", "/v1/cases?filter=shared_with_me", token=client["bob"]).json["data"] == []


def test_who_owned_a_case_writes_before_it_is_anothers_or_never(world: World) -> None:
    """And the next one reads what was written before; whichever way their calls mix, one person owns it (F18, R7)."""
    client = with_staff_and_participant(world)
    writing = post(world, client, "/v1/cases/{case}/messages", {"text": "One more thing."}, "ana")
    for answer, written in interleavings(world, lambda: gives_to_bob(world, client), writing):
        assert answer.status == OK
        assert written.status in (HTTPStatus.CREATED, HTTPStatus.NOT_FOUND)
        seen = world.view(client["bob"], client["case"])
        assert (seen["messages"][-1]["text"] == "One more thing.") == (written.status == HTTPStatus.CREATED)
        listed = [item["pk"]["S"] for item in world.items() if item["sk"]["S"] == f"CASE#{client['case']}"]
        assert listed == [f"PERSON#{client['bob'].partition('.')[0]}"]


def test_who_is_removed_marks_nothing_as_read(world: World) -> None:
    """A mark beside the removal moves before it, or finds no case; neither leaves an entry behind (A25, D4, R7)."""
    client = with_shared_case(world)
    reading = post(world, client, "/v1/cases/{case}/read", {"sequence": 5}, "bob")
    for _, read in interleavings(world, lambda: stops_sharing(world, client), reading):
        assert read.status in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_FOUND)
        listed = [item["pk"]["S"] for item in world.items() if item["sk"]["S"] == f"CASE#{client['case']}"]
        assert listed == [f"PERSON#{client['ana'].partition('.')[0]}"]


def test_who_is_invited_while_signing_in_is_one_person(world: World) -> None:
    """The address belongs to one contact, who finds the case: by this code, or by the next one (A1, D2, R7)."""
    client = with_pin(world)
    client["ben"] = world.sign_in("ben@example.org", ip="203.0.113.77")
    case_id = world.create(client["ben"]).json["case_id"]
    url, code = f"/v1/otp/challenges/{client['challenge']}/verify", world.pin(ANA)
    invite = lambda: share(world, client["ben"], case_id, ANA)  # noqa: E731
    for verified, invited in interleavings(world, lambda: world.gateway("POST", url, {"code": code}), invite):
        assert (verified.status, invited.status) in {(OK, HTTPStatus.CREATED), (HTTPStatus.GONE, HTTPStatus.CREATED)}
        person = get_by_email(ANA)
        assert person is not None
        contacts = [item["sk"]["S"] for item in world.items() if item["pk"]["S"] == "RECORDS#contact"]
        assert sorted(contacts) == sorted([person.person_id, client["ben"].partition(".")[0]])
        if verified.status == OK:
            listed = world.gateway("GET", "/v1/cases?filter=shared_with_me", token=verified.json["token"])
            assert [entry["case_id"] for entry in listed.json["data"]] == [case_id]


def test_a_read_mark_covers_no_message_that_it_has_not_seen(world: World) -> None:
    """Read while a colleague writes: the new message stays unread, whichever was first (D4, D1, R7)."""
    client = with_unread_case(world)
    client["staff"] = world.staff("customer-relations")
    newest = int(world.events_told(client["case"])[-1]["sequence"])
    reading = post(world, client, "/v1/cases/{case}/read", {"sequence": newest}, "ana")
    writing = post(world, client, "/v1/cases/{case}/messages", {"text": "One more thing."}, "staff")
    for answers in interleavings(world, reading, writing):
        assert [answer.status for answer in answers] == [HTTPStatus.NO_CONTENT, HTTPStatus.CREATED]
        seen = world.gateway("GET", f"/v1/cases/{client['case']}", token=client["ana"]).json
        assert (seen["unread"], seen["last_read_sequence"]) == (True, newest)
        assert world.gateway("GET", "/v1/cases/unread", token=client["ana"]).json["unread"] == 1


def test_one_attempt_left_is_one_comparison(world: World) -> None:
    """Of two wrong codes at once only one is compared when one attempt is left (L27, F2, S3)."""
    client = with_pin(world)
    url = f"/v1/otp/challenges/{client['challenge']}/verify"
    for _ in range(2):
        assert world.gateway("POST", url, {"code": "wrong"}).code == "otp_incorrect"
    guess = lambda: world.gateway("POST", url, {"code": "wrong"})  # noqa: E731
    for answers in interleavings(world, guess, guess):
        assert sorted(answer.code for answer in answers) == ["otp_incorrect", "otp_locked"]


def test_a_pin_that_comes_twice_makes_one_session(world: World) -> None:
    """The right PIN sent twice at once signs in once, as one person (F3, S3)."""
    client = with_pin(world)
    url = f"/v1/otp/challenges/{client['challenge']}/verify"
    code = world.pin(ANA)
    verify = lambda: world.gateway("POST", url, {"code": code})  # noqa: E731
    for answers in interleavings(world, verify, verify):
        assert sorted(answer.status for answer in answers) == [OK, HTTPStatus.GONE]
        kinds = Counter(item["sk"]["S"].partition("#")[0] for item in world.items() if "PERSON#" in item["pk"]["S"])
        assert kinds == {"RECORD": 1, "SESSION": 1}


def completes(world: World, client: Client, headers: dict[str, str]) -> Answer:
    url = f"/v1/tasks/{client['task']}/complete"
    return world.gateway("POST", url, {"outcome": "ANSWERED"}, token=client["staff"], headers=headers)


def cancels_this_version(world: World, client: Client, headers: dict[str, str]) -> Answer:
    headers = headers | {"If-Match": client["version"]}
    return world.gateway("POST", f"/v1/cases/{client['case']}/cancel", {}, token=client["ana"], headers=headers)


def with_read_case(world: World) -> Client:
    client = with_staff(world)
    seen = world.gateway("GET", f"/v1/cases/{client['case']}", token=client["ana"])
    return client | {"version": seen.headers["ETag"]}


@pytest.mark.parametrize(
    ("scene", "request_once"),
    [
        (with_staff, completes),
        (with_read_case, cancels_this_version),
        (with_files, lambda world, client, _: posts_files(world, client)),
    ],
)
def test_the_same_request_twice_at_once_has_one_answer(
    world: World,
    scene: Callable[[World], Client],
    request_once: Callable[[World, Client, dict[str, str]], Answer],
) -> None:
    """Also where a batch holds the case of after the first one, and the record of before (A1, C34): as DynamoDB may."""
    client, answers, torn = scene(world), list[Answer](), list[bool]()

    def send() -> Answer:
        return request_once(world, client, {"Idempotency-Key": "click"})

    def before(model: Any, **_: Any) -> None:
        if model.name == "BatchGetItem" and not torn:
            torn.append(True)
            answers.append(send())

    def after(model: Any, parsed: Any, **_: Any) -> None:
        if model.name == "BatchGetItem" and answers and len(torn) == 1:
            torn.append(True)
            [table] = parsed["Responses"]
            kept = [item for item in parsed["Responses"][table] if not item["pk"]["S"].startswith("OBEYED#")]
            assert len(kept) < len(parsed["Responses"][table])
            parsed["Responses"][table] = kept

    with hooked({"before-call": before, "after-call": after}):
        again = send()
    assert (again.status, again.body) == (answers[0].status, answers[0].body)
    assert answers[0].status in (OK, HTTPStatus.CREATED)
    assert again.headers["Idempotent-Replayed"] == "true"


def test_a_login_that_is_switched_off_ends_with_the_next_request(world: World) -> None:
    """A request beside the switch is in time or refused; the next one is refused in any case (A11, F8, R7)."""
    client = with_resolved_case(world)
    person = get_by_email(ANA)
    assert person is not None
    reopening = post(world, client, "/v1/cases/{case}/reopen", {}, "ana")
    for _, answer in interleavings(world, lambda: world.set_login(person.person_id, "disabled"), reopening):
        assert answer.status in (OK, HTTPStatus.UNAUTHORIZED)
        assert world.gateway("GET", "/v1/cases", token=client["ana"]).status == HTTPStatus.UNAUTHORIZED
        reopened = [item for item in world.items() if '"after":"reopened"' in item.get("data", {}).get("S", "")]
        assert len(reopened) == (answer.status == OK)
