"""What faults are tried on: every action, by whoever may ask for it, and every follow-up."""

import json
from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage
from functools import partial
from http import HTTPStatus
from typing import Any

import pytest

from functions.cases import services
from functions.cases.terms import AutoClose
from tests.cases.sharing import shared
from tests.faults.explore import Ask, Client, Scenario
from tests.faults.state import Item
from tests.gateway import Answer
from tests.mail.arriving import letter, reply_address
from tests.office import UK_OFFICE
from tests.sync import signing
from tests.sync.asking import body
from tests.uploads.files import NOTE, PAGE, announce, announced, sent
from tests.world import World

ANA = "ana@example.org"
HANDED_ON = frozenset({"sync/transports.py _deliver"})
"""They change nothing here: what is handed on from a queue stays in it (`tests/sync/test_transports.py`)."""
BOB = {"email": "bob@example.org", "role": "participant"}


def with_nobody(world: World) -> Client:
    """A repeated request is over the budget of one a minute, so its answer names a challenge that never was."""
    world.reset()
    return {}


def signed_in(world: World) -> Client:
    world.reset()
    return {"ana": world.sign_in(ANA)}


def with_case(world: World) -> Client:
    """Ana has a case, for which the team `customer-relations` has a task."""
    client = signed_in(world)
    client["case"] = world.create(client["ana"]).json["case_id"]
    world.settle()
    return client


def with_staff(world: World) -> Client:
    client = with_case(world)
    client["staff"] = world.staff("customer-relations")
    [task] = world.gateway("GET", "/v1/tasks", token=client["staff"]).json["data"]
    return client | {"task": task["task_id"]}


def with_resolved_case(world: World) -> Client:
    client = with_staff(world)
    done = world.gateway("POST", f"/v1/tasks/{client['task']}/complete", {"outcome": "ANSWERED"}, token=client["staff"])
    assert done.status == HTTPStatus.OK
    world.settle()
    return client


def with_waiting_case(world: World) -> Client:
    client = with_case(world)
    world.command(
        "case.set_status", client["case"], {"status": "waiting_for_response", "based_on_sequence": 5}, "cmd-0"
    )
    return client


def with_canceled_case(world: World) -> Client:
    client = with_case(world)
    canceled = world.gateway("POST", f"/v1/cases/{client['case']}/cancel", {}, token=client["ana"])
    assert canceled.status == HTTPStatus.OK
    world.settle()
    return client


def with_unread_case(world: World) -> Client:
    client = with_case(world)
    world.command("message.post", client["case"], {"text": "We are on it."}, "cmd-0")
    return client


def with_shared_case(world: World) -> Client:
    """Bob takes part in Ana's case, and something is new in it."""
    client = with_case(world)
    client["bob"] = world.sign_in(BOB["email"])
    client["part"] = shared(world, client["ana"], client["case"], **BOB)
    world.command("message.post", client["case"], {"text": "We are on it."}, "cmd-0")
    return client


def with_staff_and_participant(world: World) -> Client:
    client = with_shared_case(world)
    return client | {"staff": world.staff("customer-relations")}


def with_lost_workflow(world: World) -> Client:
    client = with_case(world)
    world.workflows.lose(f"{client['case']}-1")
    return client


def with_failing_workflow(world: World) -> Client:
    """All that the sweeper starts fails before it has done anything; there are three in vain, and somebody to help."""
    client = with_lost_workflow(world)
    client["supervisor"] = world.staff("supervisors")
    for number in (2, 3, 4):
        world.sweep(everything=True)
        world.workflows.lose(f"{client['case']}-{number}")
    return client


def has_it_tried_again(world: World, client: Client) -> Answer:
    """The supervisor decides the task that is in the list."""
    if "task" not in client:
        found = world.gateway("GET", "/v1/tasks", token=client["supervisor"])
        if found.status != HTTPStatus.OK:
            return found
        [task] = found.json["data"]
        client["task"] = task["task_id"]
    return posts("/v1/tasks/{task}/complete", {"outcome": "TRY_AGAIN"}, "supervisor")(world, client)  # type: ignore[return-value]


def with_administrator(world: World) -> Client:
    world.reset()
    return {"administrator": world.administrator()}


def with_missed_deadlines(world: World) -> Client:
    """Ana's case should have been resolved long ago, and no sweep has come by."""
    client = with_administrator(world)
    kept = keeps_calendar(world, client)
    assert kept
    assert kept.status == HTTPStatus.OK
    client["case"] = world.create(world.sign_in(ANA)).json["case_id"]
    world.settle()
    world.move_clock(timedelta(days=30))
    return client


def with_canceled_case_and_administrator(world: World) -> Client:
    client = signed_in(world)
    world.case_in("canceled", client["ana"])
    contact = world.gateway("GET", "/v1/me", token=client["ana"]).json["person_id"]
    return client | {"administrator": world.administrator(), "contact": contact}


def with_posted_file(content: bytes, **what: str) -> Callable[[World], Client]:
    """Ana has posted a file, which nobody has looked at."""

    def prepare(world: World) -> Client:
        client = signed_in(world)
        world.post_file(announced(world, client["ana"], content, **what)["form"], content)
        return client

    return prepare


def with_file_to_scan(world: World) -> Client:
    """Ana has posted a file, where the stage has a scanner."""
    client = with_posted_file(NOTE)(world)
    world.scan_malware(on=True)
    return client


def scans(result: str) -> Ask:
    """GuardDuty tells what it has found in what waits for it."""

    def ask(world: World, client: Client) -> None:
        [key] = world.stored()
        world.tell_scanned(key, result)

    return ask


def with_old_file(world: World) -> Client:
    """Ana has sent a file and attached it to nothing, a day ago."""
    client = signed_in(world)
    sent(world, client["ana"])
    world.move_clock(timedelta(hours=24))
    return client


def with_files(world: World) -> Client:
    """Ana has a case, on which we wait for her, and two files."""
    client = with_waiting_case(world)
    return client | {"files": [sent(world, client["ana"]) for _ in range(2)]}


def posts_files(world: World, client: Client) -> Answer:
    body = {"text": "See the files.", "attachments": client["files"]}
    headers = {"Idempotency-Key": "key-of-the-client"}
    return world.gateway("POST", f"/v1/cases/{client['case']}/messages", body, token=client["ana"], headers=headers)


def announces(world: World, client: Client) -> Answer:
    return announce(world, client["ana"], headers={"Idempotency-Key": "key-of-the-client"})


def with_closing_case(world: World) -> Client:
    """Ana's case was resolved a day ago, and is to be closed by itself."""
    closing = AutoClose.model_validate({"after": {"amount": 1, "unit": "calendar_days"}})
    service = services.get("contact-us").model_copy(update={"auto_close": closing})
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(services._catalogue(), "contact-us", service)
        client = with_resolved_case(world)
    world.move_clock(timedelta(days=1))
    return client


def stops_sharing(world: World, client: Client) -> Answer:
    url, headers = "/v1/cases/{case}/participants/{part}".format(**client), {"Idempotency-Key": "key-of-the-client"}
    return world.gateway("DELETE", url, token=client["ana"], headers=headers)


def creates(world: World, client: Client) -> Answer:
    return world.create(client["ana"], key="key-of-the-client")


def sends(method: str, path: str, body: Any, by: str = "ana") -> Ask:
    """A request with an idempotency key; `path` may name what the client knows."""

    def ask(world: World, client: Client) -> Answer:
        url = path.format(**client)
        return world.gateway(method, url, body, token=client[by], headers={"Idempotency-Key": "key-of-the-client"})

    return ask


posts = partial(sends, "POST")
puts = partial(sends, "PUT")
keeps_calendar = puts("/v1/admin/calendars/uk-office", UK_OFFICE, "administrator")
gives_to_bob = puts("/v1/staff/cases/{case}/owner", {"email": BOB["email"]}, "staff")
chooses_mails = sends("PATCH", "/v1/me", {"case_mails": False})


def signs_out(world: World, client: Client) -> Answer:
    return world.gateway("DELETE", "/v1/sessions/current", token=client["ana"])


def asks_for_pin(world: World, client: Client) -> Answer:
    answer = world.gateway("POST", "/v1/otp/challenges", {"email": ANA})
    client["challenge"] = answer.json.get("challenge_id")
    return answer


def verifies(world: World, client: Client) -> Answer:
    answer = world.gateway("POST", f"/v1/otp/challenges/{client['challenge']}/verify", {"code": world.pin(ANA)})
    client["ana"] = answer.json.get("token")
    return answer


def asks_again_if_lost(world: World, client: Client) -> Answer | None:
    """The session was made, but its token lost with the answer: a minute later the person starts again (L20, L28)."""
    if client["ana"]:
        return None
    if not client.get("waited"):
        world.move_clock(timedelta(seconds=61))
        client["waited"] = True
    return asks_for_pin(world, client)


def verifies_again_if_lost(world: World, client: Client) -> Answer | None:
    return None if client["ana"] else verifies(world, client)


def with_pin(world: World) -> Client:
    world.reset()
    client: Client = {"ana": None}
    asks_for_pin(world, client)
    world.settle()
    return client


def is_signed_in(world: World, client: Client) -> None:
    assert world.gateway("GET", "/v1/me", token=client["ana"]).status == HTTPStatus.OK


def who_is_who(item: Item) -> Item | None:
    """People, whose an address is, and its open challenges. Spent attempts stay spent, and a lost session stays."""
    kind = item["pk"]["S"].partition("#")[0]
    if kind == "ADDRESS" and item["sk"]["S"] == "RECORD":
        return {name: item[name] for name in ("pk", "sk", "person_id", "challenges")}
    return item if kind == "PERSON" and item["sk"]["S"] == "RECORD" else None


def commanded(name: str, data: dict[str, Any], case: str = "{case}", **scenario: Any) -> Scenario:
    """The internal system asks for it; in the data, `{…}` names what the client knows."""
    prepare: Callable[[World], Client] = scenario.pop("prepare", with_case)

    def prepared(world: World) -> Client:
        client = prepare(world)
        wish = {key: value.format(**client) if isinstance(value, str) else value for key, value in data.items()}
        body = {"specversion": "1.0", "id": "cmd-1", "type": name, "subject": case.format(**client), "data": wish}
        world.send_raw(json.dumps(body), "cmd-1", client["case"])
        return client

    return Scenario(scenario.pop("named", f"system: {name}"), prepared, **scenario)


def creating(world: World) -> Client:
    """The internal system creates a case for Ana, and knows its twin already."""
    client = signed_in(world)
    answers = {"TOPIC": "OTHER", "MESSAGE": "She asks when it is open."}
    wish = {"owner": ANA, "service": "contact-us", "answers": answers, "internal_ref": "BO-1"}
    world.send_raw(json.dumps({"specversion": "1.0", "id": "cmd-1", "type": "case.create", "data": wish}), "cmd-1")
    return client


def with_secret(world: World) -> Client:
    client = with_case(world)
    signing.keep_secret(world, signing.SECRET)
    return client


def sends_command(world: World, client: Client) -> Answer:
    """The internal system, over HTTP."""
    return signing.post(world, body("case.link", client["case"], {"internal_ref": "BO-1"}))


def unreadable(world: World) -> Client:
    client = with_case(world)
    world.send_raw("no command at all", "cmd-1")
    return client


def with_mail(mail: EmailMessage, prepare: Callable[[World], Client], **verdicts: str) -> Callable[[World], Client]:
    """SES has stored an answer to a mail about Ana's case."""

    def prepared(world: World) -> Client:
        client = prepare(world)
        world.mail_in(mail.as_bytes(), [reply_address(world, ANA)], ANA, **verdicts)
        return client

    return prepared


CREATE = Scenario("customer: create a case", signed_in, (creates,))
COMPLETE = Scenario(
    "staff: complete a task", with_staff, (posts("/v1/tasks/{task}/complete", {"outcome": "ANSWERED"}, "staff"),)
)
SCENARIOS = (
    Scenario("customer: ask for a PIN", with_nobody, (asks_for_pin,), same_answers=False),
    Scenario(
        "customer: sign in for the first time",
        with_pin,
        (verifies, asks_again_if_lost, verifies_again_if_lost),
        compared=who_is_who,
        same_answers=False,
        check=is_signed_in,
    ),
    Scenario("customer: choose mails", signed_in, (chooses_mails,)),
    Scenario("customer: sign out", signed_in, (signs_out,), same_answers=False),
    CREATE,
    Scenario("customer: cancel", with_case, (posts("/v1/cases/{case}/cancel", {}),)),
    Scenario("customer: complain", with_case, (posts("/v1/cases/{case}/complaints", {"text": "Why so slow?"}),)),
    Scenario("customer: rate", with_resolved_case, (posts("/v1/cases/{case}/feedback", {"grade": 5}),)),
    Scenario(
        "staff: give a case up",
        with_staff,
        (posts("/v1/staff/cases/{case}/status", {"status": "canceled", "reason": "duplicate"}, "staff"),),
    ),
    Scenario("customer: close", with_resolved_case, (posts("/v1/cases/{case}/close", {}),)),
    Scenario("customer: reopen", with_resolved_case, (posts("/v1/cases/{case}/reopen", {}),)),
    Scenario("customer: reopen while we wait", with_waiting_case, (posts("/v1/cases/{case}/reopen", {}),)),
    Scenario("customer: post", with_waiting_case, (posts("/v1/cases/{case}/messages", {"text": "It is blue."}),)),
    Scenario("customer: share with a new address", with_case, (posts("/v1/cases/{case}/participants", BOB),)),
    Scenario("customer: stop sharing", with_shared_case, (stops_sharing,)),
    Scenario("customer: mark as read", with_unread_case, (posts("/v1/cases/{case}/read", {"sequence": 7}),)),
    Scenario("staff: post", with_staff, (posts("/v1/cases/{case}/messages", {"text": "We are on it."}, "staff"),)),
    Scenario(
        "staff: give a case to who takes part in it",
        with_staff_and_participant,
        (gives_to_bob,),
    ),
    Scenario("customer: announce a file", signed_in, (announces,)),
    Scenario("customer: post files", with_files, (posts_files,)),
    Scenario("bucket: a file that is clean", with_posted_file(NOTE)),
    Scenario("bucket: a file that is something else", with_posted_file(PAGE, name="page.txt")),
    Scenario("scanner: a file that is clean", with_file_to_scan, (scans("NO_THREATS_FOUND"),)),
    Scenario("scanner: a file with malware", with_file_to_scan, (scans("THREATS_FOUND"),)),
    COMPLETE,
    Scenario("administrator: keep a calendar", with_administrator, (keeps_calendar,)),
    Scenario(
        "administrator: switch a login off",
        with_canceled_case_and_administrator,
        (puts("/v1/admin/people/{contact}/login", {"login": "disabled"}, "administrator"),),
    ),
    Scenario(
        "administrator: erase a person",
        with_canceled_case_and_administrator,
        (posts("/v1/admin/contacts/{contact}/erase", {}, "administrator"),),
    ),
    Scenario("system: case.create", creating, is_followed=False),
    commanded("case.link", {"internal_ref": "BO-1"}),
    Scenario("system: case.link over HTTP", with_secret, (sends_command,)),
    commanded("message.post", {"text": "We are on it."}),
    commanded(
        "attachment.add",
        {"text": "The plan.", "name": "plan.txt", "content_type": "text/plain", "content": "SGVsbG8="},
        is_followed=False,
    ),
    commanded("case.set_status", {"status": "resolved", "based_on_sequence": 5}),
    commanded("task.complete", {"task_id": "{task}", "outcome": "PASS_ON"}, prepare=with_staff),
    commanded("task.assign", {"task_id": "{task}", "team": "streets"}, prepare=with_staff, is_followed=False),
    commanded("case.set_status", {"status": "new", "based_on_sequence": 5}, named="system: a command that is rejected"),
    commanded(
        "case.link", {"internal_ref": "BO-1"}, case="case_unknown", named="system: a command on no case of its own"
    ),
    Scenario("system: what cannot be read", unreadable),
    Scenario("mail: an answer", with_mail(letter(), with_waiting_case)),
    Scenario("mail: an answer that comes too late", with_mail(letter(), with_canceled_case)),
    Scenario("mail: of a machine", with_mail(letter(Auto_Submitted="auto-replied"), with_case)),
    Scenario("mail: forged", with_mail(letter(), with_case, dmarc="FAIL")),
    Scenario("sweep: events that the stream lost", signed_in, (creates,), stream_is_dead=True),
    Scenario("sweep: a file that nobody attached", with_old_file, uploads_are_over=True),
    Scenario("sweep: a workflow that was lost", with_lost_workflow, workflow_is_lost=True),
    Scenario(
        "sweep: a workflow that fails again and again",
        with_failing_workflow,
        (has_it_tried_again,),
        workflow_is_lost=True,
    ),
    Scenario("sweep: deadlines that were missed", with_missed_deadlines, deadlines_are_missed=True),
    Scenario("sweep: a case that is closed by itself", with_closing_case, deadlines_are_missed=True),
)
