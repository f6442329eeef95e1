"""A mail is claimed before it is sent, and so goes out once; a crash between sending and noting it costs one (K1)."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from functions import aws
from functions.mail.sending import send_mail
from functions.settings import settings
from tests.front_door import ANA, mails_to
from tests.gateway import LambdaContext
from tests.refusals import refused
from tests.world import World

HIDDEN_FOR = timedelta(seconds=90)
"""A message that was delivered and not deleted comes again after that."""


class Killed(BaseException):
    """The process is gone."""


@pytest.fixture
def mail(world: World) -> str:
    """A mail that waits in the queue: the confirmation of Ana's case."""
    token = world.sign_in(ANA)
    world.create(token)
    while world.deliver_stream():
        pass
    [message] = world.sqs.receive_message(QueueUrl=settings.mail_queue_url)["Messages"]
    world.sqs.delete_message(QueueUrl=settings.mail_queue_url, ReceiptHandle=message["ReceiptHandle"])
    assert json.loads(message["Body"])["template"] == "case_received"
    return str(message["Body"])


def test_a_redelivered_message_sends_once(world: World, mail: str) -> None:
    """The queue may deliver a message as often as it likes."""
    assert [_deliver(mail, "message-1") for _ in range(3)] == [[], [], []]
    assert _sent(world) == 1


def test_a_mail_that_was_queued_twice_is_sent_once(world: World, mail: str) -> None:
    """A follow-up that ran twice queues two messages for one mail."""
    assert [_deliver(mail, message) for message in ("message-1", "message-2")] == [[], []]
    assert _sent(world) == 1


def test_a_mail_that_was_queued_twice_in_one_batch_is_sent_once(world: World, mail: str) -> None:
    """Also when both copies come together."""
    assert _deliver(mail, "message-1", "message-2") == []
    assert _sent(world) == 1


def test_a_batch_gives_back_only_what_failed(world: World, mail: str) -> None:
    """A message that nobody can read goes back, to end in the dead letter queue; the others are sent."""
    records = [_record("{}", "poison"), _record(mail, "message-1"), _record("not JSON", "poison-2")]
    answer = send_mail({"Records": records}, LambdaContext())
    assert [failure["itemIdentifier"] for failure in answer["batchItemFailures"]] == ["poison", "poison-2"]
    assert _sent(world) == 1


def test_a_crash_between_sending_and_noting_it_costs_one_more_mail_at_most(world: World, mail: str) -> None:
    """Nobody can know whether it was sent, so the same message sends it again, once, and then never more."""
    with _killed("dynamodb.UpdateItem"), pytest.raises(Killed):
        _deliver(mail, "message-1")
    assert _sent(world) == 1
    world.move_clock(HIDDEN_FOR)
    assert [_deliver(mail, "message-1") for _ in range(3)] == [[], [], []]
    assert _sent(world) == 2
    assert _ids(world)[-1] == _ids(world)[-2], "which a mail program can tell"


def test_a_crash_before_sending_loses_no_mail(world: World, mail: str) -> None:
    """Claimed and not sent: the redelivered message, which has the claim, sends it."""
    with _killed("sesv2.SendEmail"), pytest.raises(Killed):
        _deliver(mail, "message-1")
    assert _sent(world) == 0
    world.move_clock(HIDDEN_FOR)
    assert _deliver(mail, "message-1") == []
    assert _sent(world) == 1


@pytest.mark.parametrize("message", ["message-1", "message-2"])
def test_a_mail_that_another_delivery_is_sending_waits(world: World, mail: str, message: str) -> None:
    """The same message delivered twice at once, or a second one for the mail: only who claimed it first sends it."""
    failed: list[str] = []
    with _meanwhile("sesv2.SendEmail", lambda: failed.extend(_deliver(mail, message))):
        assert _deliver(mail, "message-1") == []
    assert failed == [message]
    assert _sent(world) == 1
    assert _deliver(mail, message) == []
    assert _sent(world) == 1


def test_a_mail_that_ses_refuses_is_tried_again(world: World, mail: str) -> None:
    """Nothing is lost while SES is busy: the message fails and the next delivery sends."""
    with refused("sesv2.SendEmail", "TooManyRequestsException"):
        assert _deliver(mail, "message-1") == ["message-1"]
    world.move_clock(HIDDEN_FOR)
    assert _deliver(mail, "message-1") == []
    assert _sent(world) == 1


def test_a_mark_that_meets_another_write_is_made_again(world: World, mail: str) -> None:
    """A sent mail is noted as sent even while another delivery tries to claim it, so that it is not sent again."""
    with refused("dynamodb.UpdateItem", "TransactionConflictException"):
        assert _deliver(mail, "message-1") == []
    assert _deliver(mail, "message-1") == []
    assert _sent(world) == 1


def test_the_record_of_a_mail_holds_no_address(world: World, mail: str) -> None:
    """What is kept of a mail names it by ids alone, and so does the message in the queue."""
    _deliver(mail, "message-1")
    kept = json.dumps([item for item in world.items() if "claimed_at" in item])
    assert kept.count("MAIL#") == 2
    assert "@" not in kept + mail
    assert "ana" not in kept + mail


def _deliver(body: str, *messages: str) -> list[str]:
    """Have the mail queue deliver these messages, all with that body; return which failed."""
    answer = send_mail({"Records": [_record(body, message) for message in messages]}, LambdaContext())
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def _record(body: str, message: str) -> dict[str, Any]:
    arn = "arn:aws:sqs:eu-west-1:123456789012:portico-local-mail"
    return {"messageId": message, "body": body, "eventSource": "aws:sqs", "eventSourceARN": arn}


@contextmanager
def _killed(call: str) -> Iterator[None]:
    """Die at that call to AWS, before it is made."""

    def fail() -> None:
        raise Killed

    with _meanwhile(call, fail):
        yield


@contextmanager
def _meanwhile(call: str, work: Callable[[], None]) -> Iterator[None]:
    """Do that work at the first such call to AWS, before it is made."""
    works = iter([work])

    def before_call(**_: Any) -> None:
        next(works, lambda: None)()

    events = aws.client(call.partition(".")[0]).meta.events
    events.register_first(f"before-call.{call}", before_call, unique_id="meanwhile")
    try:
        yield
    finally:
        events.unregister(f"before-call.{call}", unique_id="meanwhile")


def _sent(world: World) -> int:
    return mails_to(world, ANA) - 1  # the other one had the code


def _ids(world: World) -> list[str]:
    return [str(mail.message["Message-ID"]) for mail in world.mailbox()]
