"""Commands over HTTP: signed, into the queue from which all are obeyed (F21, J3)."""

import io
import json
from datetime import UTC, datetime

import pytest

from functions import log
from functions.events import TYPES
from functions.http import CLOUDEVENTS
from functions.settings import settings
from functions.sync.commands import COMMANDS
from functions.sync.webhooks import is_signed
from tests.calls import recorded
from tests.http.scene import assert_problem, pointers
from tests.rewind import messages
from tests.security.identities import UNKNOWN
from tests.sync.asking import answers, body
from tests.sync.signing import KEY, NEXT_SECRET, SECRET, URL, keep_secret, post, signed
from tests.world import SYSTEM, World

HELLO = body("message.post", UNKNOWN["case"], {"text": "Hello."})


def queued() -> list[tuple[str, str]]:
    return messages(settings.command_queues[SYSTEM])


def test_a_signed_command_is_obeyed_once_however_it_comes(world: World, ana: str) -> None:
    """By HTTP, by HTTP again, and by the queue; it is answered by one event, as every command (F21, F29, J3)."""
    case_id = world.open_case(ana)
    keep_secret(world, SECRET)
    said = body("message.post", case_id, {"text": "On Friday at nine."})
    for message_id in ("msg-1", "msg-2"):
        taken = post(world, said, message_id=message_id)
        assert (taken.status, taken.json) == (202, {"command_id": "cmd-1"})
        world.settle()
    world.send_raw(said, "another", case_id)
    world.settle()
    assert [message["text"] for message in world.view(ana, case_id)["messages"]][1:] == ["On Friday at nine."]
    [accepted] = answers(world)
    assert accepted["type"] == "portico.command.accepted.v1"
    world.settle()
    assert world.quarantined() == []


def test_a_corrected_command_under_a_used_id_is_not_lost(world: World, ana: str) -> None:
    """SQS, which drops what comes under a used name, gets both; the other is put aside for a person (F21, B5)."""
    case_id = world.open_case(ana)
    keep_secret(world, SECRET)
    said, corrected = (body("message.post", case_id, {"text": text}) for text in ("On Firday.", "On Friday."))
    for each in (said, said, corrected):
        assert post(world, each).status == 202
    assert queued() == [(case_id, said), (case_id, corrected)]
    world.settle()
    assert len(answers(world)) == 1
    assert world.quarantined() == [
        {"source": "from-backoffice", "reason": "idempotency_mismatch", "content": corrected}
    ]


def test_the_queue_gets_what_was_signed(world: World) -> None:
    """To the byte, in the group of its case; what SQS does not take as a name has one that is made of it (B11, F21)."""
    keep_secret(world, SECRET)
    create = json.dumps({"id": "é" * 90, "type": "case.create", "data": {"owner": "ana@example.org"}})
    odd = body("message.post", "case 1", {"text": "\ufffe\uffff🦄"}, "cmd-2").replace(r"\uffff", "\uffff")
    for said in (HELLO, create, odd):
        assert post(world, said).status == 202
    (case_id, first), (of_none, second), (of_another, third) = queued()
    assert (case_id, first, second) == (UNKNOWN["case"], HELLO, create)
    assert (json.loads(third), "\uffff" in odd, "\uffff" in third) == (json.loads(odd), True, False)
    assert len(of_none) == len(of_another) == 64


def test_what_is_not_signed_just_now_by_the_system_is_not_signed(world: World) -> None:
    """One answer for whatever is wrong, and nobody hears of it (J3, S6, G1)."""
    keep_secret(world, SECRET)
    right = signed(HELLO)
    digest = right["webhook-signature"].removeprefix("v1,")
    wrong = [
        signed(HELLO, NEXT_SECRET),
        signed(HELLO + " "),
        signed(HELLO, message_id=""),
        signed(HELLO, message_id="é"),
        signed(HELLO, ago=302),
        signed(HELLO, ago=-302),
        *({name: value for name, value in right.items() if name != left_out} for left_out in right),
        right | {"webhook-id": "msg-2"},
        right | {"webhook-id": "\ud800"},
        right | {"webhook-timestamp": str(int(right["webhook-timestamp"]) + 1)},
        *(right | {"webhook-timestamp": odd} for odd in ("", "now", "-1", "1e9", "٣", "9" * 5000, "inf")),
        *(
            right | {"webhook-signature": odd}
            for odd in ("", digest, f"v2,{digest}", f"v1{digest}", "v1,", f"v1,{digest[:-1]}", "v1,é", "v1,\ud800")
        ),
    ]
    refused = [world.gateway("POST", URL, HELLO, headers=headers) for headers in wrong]
    refused += [post(world, HELLO, url) for url in ("/v1/sync/warehouse/commands", "/v1/sync/%00/commands")]
    world.reset()
    refused.append(post(world, HELLO))
    for answer in refused:
        assert_problem(answer, 401, "signature_invalid")
    assert len({(answer.json["detail"], *sorted(answer.headers.items())) for answer in refused}) == 1
    assert queued() == []


def test_a_secret_is_replaced_without_a_gap(world: World) -> None:
    """Any signature by any of the secrets is good; a change of them counts within a minute (J3)."""
    keep_secret(world, SECRET, f"whsec_{NEXT_SECRET}")
    headers = signed(HELLO, "A" * 32, NEXT_SECRET)
    headers["webhook-signature"] = f"v1a,{'A' * 86} {headers['webhook-signature']}"
    assert world.gateway("POST", URL, HELLO, headers=headers).status == 202
    assert post(world, HELLO, ago=295).status == 202
    keep_secret(world, NEXT_SECRET)
    world.clock_file.write_text("60")
    assert post(world, HELLO).status == 401
    assert world.gateway("POST", URL, HELLO, headers=signed(HELLO, NEXT_SECRET)).status == 202


UNUSABLE = ["whsec_", "whsec_AAAA", "A" * 28, "A" * 33, "?" * 32, "é" * 32]


def test_a_secret_that_is_none_signs_nothing_and_stops_no_other(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was put in its place by mistake, and anybody might guess; the log tells how many, but none of them (J3)."""
    journal = io.StringIO()
    monkeypatch.setattr(log._logger.handlers[0], "stream", journal)
    keep_secret(world, *UNUSABLE, SECRET)
    assert post(world, HELLO).status == 202
    assert world.gateway("POST", URL, HELLO, headers=signed(HELLO, "A" * 28)).status == 401
    printed = journal.getvalue()
    [told] = [line for line in map(json.loads, printed.splitlines()) if line["message"] == "webhook secrets unusable"]
    assert (told["system"], told["count"]) == (SYSTEM, len(UNUSABLE))
    assert not [secret for secret in [*UNUSABLE[1:], SECRET] if secret.removeprefix("whsec_") in printed]


def test_a_system_of_which_no_secret_can_be_used_is_a_fault_of_ours(world: World) -> None:
    """It answers 500, at which an alarm wakes a person, and not as if the system had signed wrongly (J3)."""
    keep_secret(world, *UNUSABLE)
    assert post(world, HELLO).status == 500
    assert queued() == []


def test_the_signature_is_that_of_the_specification() -> None:
    """Its example is taken, for five minutes in either direction (J3)."""
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    good = [
        is_signed(headers, b'{"test": 2432232314}', [KEY], datetime.fromtimestamp(1614265330 + away, UTC))
        for away in (-300.5, -300, 0, 300, 300.5)
    ]
    assert good == [False, True, True, True, False]


def test_what_is_no_command_is_refused_at_once(world: World) -> None:
    """By its field, in place of a quarantine of which the system never hears; further attributes are fine (F21)."""
    keep_secret(world, SECRET)
    for left_out in ("id", "type", "subject", "data"):
        command = json.loads(HELLO)
        del command[left_out]
        refused = post(world, json.dumps(command))
        assert_problem(refused, 422, "validation_failed")
        assert pointers(refused).keys() == {f"/{left_out}"}
    assert queued() == []
    said = json.dumps(json.loads(HELLO) | {"traceparent": "00-1-2-01"})
    headers = signed(said) | {"Content-Type": f"{CLOUDEVENTS}; charset=utf-8"}
    assert world.gateway("POST", URL, said, headers=headers).status == 202
    world.settle()
    assert len(answers(world)) == 1


def test_a_command_waits_for_its_queue_alone(world: World) -> None:
    """The secret is read once a minute and for nobody unknown, however many names somebody makes up (J3)."""
    keep_secret(world, SECRET)
    with recorded() as calls:
        for said in (HELLO, HELLO, f"{HELLO} "):
            post(world, said)
        world.gateway("POST", URL, HELLO)
        post(world, HELLO, "/v1/sync/warehouse/commands")
        for number in range(33):
            post(world, HELLO, f"/v1/sync/made-up-{number}/commands")
        post(world, HELLO)
    assert [call.operation for call in calls] == ["secretsmanager.GetSecretValue", *["sqs.SendMessage"] * 4]


def test_no_event_of_ours_can_be_sent_back_as_a_command() -> None:
    """Both are signed with the same secret, so none may be taken for the other (J3)."""
    assert not TYPES & COMMANDS.keys()
