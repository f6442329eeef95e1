"""What must never stand in a log, sent through the whole story, including all that goes wrong in it (S6, F6, M3)."""

import io
import json
import logging
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from types import SimpleNamespace
from typing import Any, get_type_hints

import pytest

from functions import log
from tests.calls import hooked
from tests.cases.sharing import share
from tests.mail.arriving import letter, reply_address, send
from tests.sync import asking, signing
from tests.uploads.files import announce, announced, held
from tests.world import World

TEXT = "Canary-in-a-text"
ADDRESS, FRIEND = "canary.address@example.org", "canary.friend@example.org"
COMMAND = "Canary-in-a-command"
MAIL = "Canary-in-a-mail"
FILE = "Canary-in-a-file"
ALLOWED = {*get_type_hints(log.Fields), "cause", "trace", "level", "location", "message", "timestamp", "service"}


class Journal:
    """Everything that Lambda would keep: standard output, every logger, and the exceptions that leave a function."""

    def __init__(self, written: io.StringIO) -> None:
        self._written = written
        self.uncaught: list[str] = []

    @property
    def lines(self) -> list[str]:
        return self._written.getvalue().splitlines()

    @property
    def text(self) -> str:
        return "\n".join([*self.lines, *self.uncaught])

    def call(self, work: Callable[[], Any]) -> None:
        """As Lambda calls a function: what it raises is printed, with its message."""
        try:
            work()
        except Exception:  # noqa: BLE001 (whatever it is, the runtime would print it)
            self.uncaught.append(traceback.format_exc())


@pytest.fixture
def journal(capsys: pytest.CaptureFixture[str]) -> Iterator[Journal]:
    written = io.StringIO()
    ours = log._logger.handlers[0]
    assert isinstance(ours, logging.StreamHandler)
    before = ours.setStream(written)
    everybody_else = logging.StreamHandler(written)
    everybody_else.addFilter(lambda record: record.name != log._logger.name)
    logging.getLogger().addHandler(everybody_else)
    try:
        yield Journal(written)
    finally:
        logging.getLogger().removeHandler(everybody_else)
        ours.setStream(before)
    printed = capsys.readouterr()
    assert printed.out + printed.err == ""


@contextmanager
def failing(operation: str, message: str) -> Iterator[None]:
    """AWS refuses that operation, and quotes in its message what was sent to it."""

    def refuse(model: Any, **_: Any) -> Any:
        if model.name != operation:
            return None
        answer = {"Error": {"Code": "ValidationException", "Message": message}, "ResponseMetadata": {}}
        return SimpleNamespace(status_code=400), answer

    with hooked({"before-call": refuse}):
        yield


@pytest.fixture
def secrets(world: World, journal: Journal) -> list[str]:
    """What was told to nobody but the people concerned, after the whole story has been played."""
    return [TEXT, ADDRESS, FRIEND, COMMAND, FILE, *play(world, journal)]


def test_no_log_line_holds_what_is_private(journal: Journal, secrets: list[str]) -> None:
    """PIN, session token, task token, text and address: in no line, and in no exception that leaves a function."""
    assert len(journal.lines) > 20
    for secret in secrets:
        assert [line for line in journal.text.splitlines() if secret in line] == []


def test_every_log_line_is_json_with_allowed_fields(journal: Journal, secrets: list[str]) -> None:
    """One object per line, with no field that is not on the list (I10)."""
    for line in journal.lines:
        assert set(json.loads(line)) <= ALLOWED, line


def test_what_has_failed_is_told_all_the_same(journal: Journal, secrets: list[str]) -> None:
    """By its kind and its place: silence would be no protection but a loss."""
    causes = {json.loads(line)["cause"] for line in journal.lines if "cause" in line}
    assert "ClientError ValidationException" in causes


def play(world: World, journal: Journal) -> list[str]:
    """Sign in, create, post, decide, command; each also wrongly, and with AWS failing. Return tokens and PINs."""
    gateway = world.gateway
    challenge = gateway("POST", "/v1/otp/challenges", {"email": ADDRESS}).json["challenge_id"]
    world.deliver_stream()
    with failing("SendEmail", f"Email address is not verified: {ADDRESS}"):
        journal.call(world.deliver_mail)
    world.settle()
    pin = world.pin(ADDRESS)
    verify = f"/v1/otp/challenges/{challenge}/verify"
    gateway("POST", verify, {"code": "wrong", "text": TEXT})
    gateway("POST", verify, {"code": "wrong"})
    with failing("TransactWriteItems", f"cannot use {pin} of {ADDRESS}"):
        gateway("POST", verify, {"code": pin})
    token = gateway("POST", verify, {"code": pin}).json["token"]
    case = world.create(token, MESSAGE=TEXT).json["case_id"]
    with failing("SendMessage", f"cannot send {TEXT}"):
        journal.call(world.deliver_stream)
    with failing("StartExecution", f"cannot start with {TEXT}"):
        journal.call(world.deliver_stream)
    world.settle()
    _misuse(world, token, case)
    _share(world, journal, token, case)
    return [
        pin,
        token,
        token.partition(".")[2],
        *_send_a_file(world, journal, token, case),
        *_command_over_http(world, case),
        *_decide(world, journal, case),
    ]


def _share(world: World, journal: Journal, token: str, case: str) -> None:
    """With somebody new, wrongly, while AWS fails, and rightly; whose mail fails once, too."""
    share(world, token, case, FRIEND, TEXT)
    share(world, token, case, f"{FRIEND} ")
    with failing("TransactWriteItems", f"cannot share with {FRIEND}"):
        share(world, token, case, FRIEND)
    share(world, token, case, FRIEND)
    world.deliver_stream()
    with failing("SendEmail", f"Email address is not verified: {FRIEND}"):
        journal.call(world.deliver_mail)
    world.settle()


def _send_a_file(world: World, journal: Journal, token: str, case: str) -> list[str]:
    """Announced, checked, attached and downloaded, also wrongly and while AWS fails; return what was signed for it."""
    content, name = FILE.encode(), f"{FILE}.txt"
    wrong: list[dict[str, Any]] = [{"name": f"{FILE}.exe"}, {"content_type": FILE}, {"sha256": FILE}, {FILE: FILE}]
    for what in wrong:
        announce(world, token, content, **what)
    with failing("TransactWriteItems", f"cannot announce {name}"):
        announce(world, token, content, name=name)
    upload = announced(world, token, content, name=name)
    fields = upload["form"]["fields"]
    world.post_file(upload["form"], content)
    world.scan_malware(on=True)
    for result in (None, "NO_THREATS_FOUND"):
        if result:
            world.tell_scanned(held(upload["upload_id"]), result)
        for operation in ("GetObject", "PutObject", "DeleteObject"):
            with failing(operation, f"cannot take {content!r} as {name} by {fields['policy']}"):
                journal.call(world.deliver_uploads)
        world.settle()
    post, attachment_id = f"/v1/cases/{case}/messages", upload["upload_id"]
    with failing("TransactWriteItems", f"cannot attach {name}"):
        world.gateway("POST", post, {"text": TEXT, "attachments": [attachment_id]}, token=token)
    for attachments in ([attachment_id], [attachment_id], [FILE]):
        world.gateway("POST", post, {"text": TEXT, "attachments": attachments}, token=token)
    with failing("SendMessage", f"cannot tell of {name}"):
        journal.call(world.deliver_stream)
    world.settle()
    location = world.gateway("GET", f"/v1/cases/{case}/attachments/{attachment_id}", token=token).json["url"]
    [file] = [each for event in world.events_told(case) for each in event["data"].get("attachments", ())]
    assert world.gateway("GET", f"/{file['href']}").status == 302
    world.gateway("GET", f"/{file['href']}x")
    ticket = file["href"].rpartition("/")[2]
    return [fields["policy"], fields["x-amz-signature"], location, location.rpartition("=")[2], ticket]


def _command_over_http(world: World, case: str) -> list[str]:
    """Rightly, wrongly and while AWS fails; return the secret and what was signed with it."""
    signing.keep_secret(world, signing.SECRET)
    said = asking.body("message.post", case, {"text": COMMAND}, "cmd-http")
    headers = signing.signed(said)
    signature = headers["webhook-signature"].removeprefix("v1,")
    for operation in ("GetSecretValue", "SendMessage"):
        with failing(operation, f"cannot take {said} by {signature} of {signing.SECRET}"):
            assert world.gateway("POST", signing.URL, said, headers=headers).status == HTTPStatus.INTERNAL_SERVER_ERROR
    for wrong in (f"{said} ", f'{{"id": "{COMMAND}"}}', COMMAND):
        world.gateway("POST", signing.URL, wrong, headers=headers)
    world.gateway("POST", f"/v1/sync/{COMMAND}/commands", said, headers=headers)
    assert world.gateway("POST", signing.URL, said, headers=headers).status == HTTPStatus.ACCEPTED
    world.settle()
    return [signing.SECRET, signature]


def _misuse(world: World, token: str, case: str) -> None:
    """What customers send wrongly."""
    messages = f"/v1/cases/{case}/messages"
    malformed = f'{{"text": "{TEXT}"'
    for body in (malformed, {"text": [TEXT]}, {"text": TEXT, TEXT: 1}, {"text": f"{TEXT}\0"}, {"text": TEXT}):
        world.gateway("POST", messages, body, token=token)
    world.gateway("GET", f"{messages}?after={TEXT}", token=token)
    world.gateway("GET", f"/v1/cases/{TEXT}", token=token)
    new = {"service": TEXT, "answers": {TEXT: TEXT}}
    world.gateway("POST", "/v1/cases", new, token=token, headers={"Idempotency-Key": TEXT})
    world.create(token, key="key-2", TOPIC=TEXT, MESSAGE=TEXT)
    world.gateway("POST", "/v1/otp/challenges", {"email": f"{TEXT} {ADDRESS}"})
    world.gateway("GET", "/v1/me", token=f"{token}x")
    with failing("TransactWriteItems", f"item too large: {TEXT} of {ADDRESS}"):
        world.gateway("POST", messages, {"text": TEXT}, token=token)
    world.settle()


def _decide(world: World, journal: Journal, case: str) -> list[str]:
    """What staff and the internal system do, rightly and wrongly; return PIN and tokens that came about."""
    staff = world.staff("customer-relations")
    [task] = world.gateway("GET", "/v1/tasks", token=staff).json["data"]
    world.command("message.post", case, {"text": COMMAND})
    world.command("message.post", case, {"text": COMMAND, COMMAND: 1}, "cmd-2")
    world.command(COMMAND, COMMAND, {"text": COMMAND}, "cmd-3")
    world.send_raw(f"{COMMAND} is no command", "cmd-4")
    world.settle()
    with failing("TransactWriteItems", f"cannot write {COMMAND}"):
        journal.call(lambda: world.command("message.post", case, {"text": COMMAND}, "cmd-5"))
    to, about = reply_address(world, ADDRESS), {"Subject": TEXT}
    for verdicts in ({}, {"spam": "FAIL"}, {"dmarc": "FAIL"}):
        send(world, letter(MAIL, ADDRESS, **about), to, ADDRESS, **verdicts)
    world.mail_in(f"{MAIL} is no mail".encode(), [to], ADDRESS)
    world.mail_in(letter(MAIL, f"{MAIL}@example.org", Auto_Submitted="auto-replied").as_bytes(), [to], "")
    world.sqs.send_message(QueueUrl=world.queue_url("mail-in"), MessageBody=f"{MAIL} {ADDRESS}")
    with failing("GetObject", f"cannot read {MAIL} of {ADDRESS}"):
        journal.call(world.deliver_arrived_mail)
    with failing("TransactWriteItems", f"cannot write {MAIL} of {to}"):
        journal.call(world.deliver_arrived_mail)
    world.settle()
    complete = f"/v1/tasks/{task['task_id']}/complete"
    world.gateway("POST", complete, {"outcome": TEXT}, token=staff)
    world.gateway("POST", complete, {"outcome": "ANSWERED"}, token=staff)
    tokens = [item["task_token"]["S"] for item in world.items() if "task_token" in item]
    assert tokens
    with failing("SendTaskSuccess", f"cannot wake {tokens[0]}"):
        journal.call(world.deliver_stream)
        journal.call(lambda: world.sweep(everything=True))
    world.settle()
    world.sweep(everything=True)
    return [*tokens, staff, world.pin("customer-relations@portico.example")]
