"""The same events by queue, by webhook and by mail (F21)."""

import base64
import hashlib
import hmac
import json
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from urllib3.exceptions import HTTPError

from functions.settings import settings
from functions.sync import webhooks
from functions.sync.transports import TRIES, deliver_events, wait_after
from functions.sync.webhooks import AddressRefused, NotTaken, is_public, post, signature
from tests.faults.crash import Faults
from tests.gateway import LambdaContext
from tests.quick_moto import ACCOUNT, REGION
from tests.rewind import Moment, messages
from tests.sync.receiver import Receiver, certificate, receiver
from tests.sync.signing import KEY, NEXT_SECRET, SECRET, keep_secret
from tests.world import SYSTEM, World


@pytest.fixture
def erp() -> Iterator[Receiver]:
    with receiver() as taken:
        yield taken


def by(monkeypatch: pytest.MonkeyPatch, **to: str) -> None:
    monkeypatch.setitem(settings.transports, SYSTEM, to)


def by_webhook(world: World, monkeypatch: pytest.MonkeyPatch, erp: Receiver) -> None:
    keep_secret(world, SECRET, NEXT_SECRET)
    by(monkeypatch, transport="webhook", url=f"http://127.0.0.1:{erp.port}/portico?to=erp")


def told(world: World, *tokens: str) -> list[str]:
    """Each of them submits a case; what the queue holds of that now, in order."""
    for token in tokens:
        assert world.create(token, MESSAGE="Wann öffnet die Stadthalle?").status == 201
    while world.deliver_stream():
        pass
    return [body for _, body in messages(settings.system_queues[SYSTEM])]


def deliver(world: World, tries: int = 1) -> list[dict[str, Any]]:
    """One batch from the queue, tried that often; the messages that go back to it, as they were delivered."""
    url = settings.system_queues[SYSTEM]
    hidden = {"QueueUrl": url, "MaxNumberOfMessages": 10, "VisibilityTimeout": 180, "AttributeNames": ["All"]}
    records = [
        {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message["Attributes"] | {"ApproximateReceiveCount": str(tries)},
            "eventSource": "aws:sqs",
            "eventSourceARN": f"arn:aws:sqs:{REGION}:{ACCOUNT}:portico-local-to-{SYSTEM}.fifo",
        }
        for message in world.sqs.receive_message(**hidden)["Messages"]
    ]
    failures = deliver_events({"Records": records}, LambdaContext())["batchItemFailures"]
    failed = {failure["itemIdentifier"] for failure in failures}
    for record in records:
        if record["messageId"] not in failed:
            world.sqs.delete_message(QueueUrl=url, ReceiptHandle=record["receiptHandle"])
    return [record for record in records if record["messageId"] in failed]


def show(world: World, records: list[dict[str, Any]]) -> None:
    """The queue hides them no longer."""
    for record in records:
        world.sqs.change_message_visibility(
            QueueUrl=settings.system_queues[SYSTEM], ReceiptHandle=record["receiptHandle"], VisibilityTimeout=0
        )


def test_a_webhook_and_a_mail_bring_what_the_queue_holds(
    world: World, ana: str, erp: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To the byte and in order; the headers say which event it is, and a mail that a machine sent it (F21)."""
    bodies = told(world, ana)
    events = [json.loads(body) for body in bodies]
    assert [event["type"] for event in events] == ["portico.case.created.v1", "portico.message.posted.v1"]
    before = Moment.of(world)
    by_webhook(world, monkeypatch, erp)
    assert deliver(world) == []
    assert [body.decode() for _, _, body in erp.requests] == bodies
    assert [headers["webhook-id"] for _, headers, _ in erp.requests] == [event["id"] for event in events]
    assert {path for path, _, _ in erp.requests} == {"/portico?to=erp"}

    before.restore(world)
    by(monkeypatch, transport="mail", address="erp@partner.example")
    assert deliver(world) == []
    mails = world.mailbox()[-len(bodies) :]
    assert {mail.to for mail in mails} == {"erp@partner.example"}
    attached = [part for mail in mails for part in mail.message.iter_attachments()]
    assert [part.get_payload(decode=True) for part in attached] == [body.encode() for body in bodies]
    assert {part.get_content_type() for part in attached} == {"application/cloudevents+json"}
    assert [json.loads(mail.text) for mail in mails] == events
    assert [mail.message["Message-ID"] for mail in mails] == [f"<{event['id']}@portico.example>" for event in events]
    assert {mail.message["Auto-Submitted"] for mail in mails} == {"auto-generated"}


def test_a_webhook_is_signed_with_every_secret_that_is_good(
    world: World, ana: str, erp: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Standard Webhooks 1.0, computed here by hand; two while a secret is replaced, and none that is unusable (J3)."""
    told(world, ana)
    by_webhook(world, monkeypatch, erp)
    keep_secret(world, SECRET, "whsec_AAAA", NEXT_SECRET)
    deliver(world)
    _, headers, body = erp.requests[0]
    content = b".".join([headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body])
    expected = [
        "v1," + base64.b64encode(hmac.new(base64.b64decode(secret), content, hashlib.sha256).digest()).decode()
        for secret in (SECRET, NEXT_SECRET)
    ]
    assert headers["webhook-signature"].split(" ") == expected
    assert headers["content-type"] == "application/cloudevents+json; charset=utf-8"


def test_the_signature_is_that_of_the_specification() -> None:
    """Its example, word for word (J3)."""
    signed = signature(KEY, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("status", [500, 302])
def test_what_is_not_taken_goes_back_with_what_follows_in_its_case(
    world: World, ana: str, ben: str, erp: Receiver, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    """Other cases go on; it comes again in its order, and a redirect is followed nowhere (B6, F21, J1)."""
    bodies = told(world, ana, ben)
    by_webhook(world, monkeypatch, erp)
    erp.answers = [status]
    back = deliver(world)
    case_id = json.loads(bodies[0])["subject"]
    own = [body for body in bodies if json.loads(body)["subject"] == case_id]
    assert [record["body"] for record in back] == own
    assert [body.decode() for _, _, body in erp.requests] == [
        bodies[0],
        *(body for body in bodies if body not in own),
    ]
    show(world, back)
    assert deliver(world) == []
    assert [body.decode() for _, _, body in erp.requests[-len(own) :]] == own
    assert {path for path, _, _ in erp.requests} == {"/portico?to=erp"}


@pytest.mark.parametrize(
    ("call", "site"),
    [(0, "sync/webhooks.py secrets_of"), (1, "sync/transports.py _deliver"), (2, "table.py apply")],
)
def test_a_fault_of_aws_sends_an_event_back_to_its_queue(
    world: World, ana: str, erp: Receiver, monkeypatch: pytest.MonkeyPatch, call: int, site: str
) -> None:
    """The secret could not be read, the wait after a failure not be set, or not what was sent be noted (R1).

    It comes again, and none is lost.
    """
    bodies = told(world, ana)
    by_webhook(world, monkeypatch, erp)
    erp.answers = [500] if call == 1 else []
    faults = Faults()
    with faults.attached(), faults.during(((call, "refuse"),)):
        back = deliver(world)
    assert faults.calls[call].site == site
    again = bodies[1:] if call == 2 else bodies
    assert [record["body"] for record in back] == again
    show(world, back)
    assert deliver(world) == []
    assert [body.decode() for _, _, body in erp.requests[-len(again) :]] == again


def test_a_message_is_sent_when_the_system_has_taken_it(
    world: World, ana: str, erp: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pending while it is tried, unsent when a person must look, sent when it is taken after all (F27)."""
    by_webhook(world, monkeypatch, erp)
    told(world, ana)
    [case] = world.gateway("GET", "/v1/cases", token=ana).json["data"]

    def shown() -> str:
        [message] = world.view(ana, case["case_id"])["messages"]
        return str(message["delivery"])

    assert shown() == "pending"
    for tries, delivery in ((TRIES - 1, "pending"), (TRIES, "unsent")):
        erp.answers = [204, 500] if len(erp.requests) == 0 else [500]
        back = deliver(world, tries)
        assert [json.loads(record["body"])["type"] for record in back] == ["portico.message.posted.v1"]
        assert shown() == delivery
        show(world, back)
    assert deliver(world) == [], "sent back from the dead letters"
    assert shown() == "sent"


def test_waits_grow_and_last_for_three_days() -> None:
    """Between as many tries as the queue allows; SQS hides nothing for more than twelve hours (B5)."""
    waits = [wait_after(tries) for tries in range(1, TRIES)]
    assert waits == sorted(waits)
    assert waits[0] <= 5
    assert waits[-1] < 12 * 3600
    assert 3 * 24 * 3600 <= sum(waits) < 4 * 24 * 3600


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "0.0.0.0",  # noqa: S104 (nobody listens there)
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.169.254",
        "224.0.0.1",
        "::",
        "::1",
        "::ffff:10.1.2.3",
        "::10.1.2.3",
        "64:ff9b::a01:203",
        "2002:a01:203::1",
        "fe80::1%eth0",
        "fec0::1",
        "fd00:ec2::254",
        "ff02::1",
    ],
)
def test_no_webhook_goes_into_our_own_network(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    """Nor to a name of which only one address is there (J1)."""
    assert not is_public(address)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    found = [(socket.AF_INET, 1, 6, "", ("93.184.215.14", 443)), (family, 1, 6, "", (address, 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(AddressRefused):
        post("https://hooks.example/", "id", 1, b"{}", [KEY])


def test_public_addresses_are_fine() -> None:
    """Of either kind."""
    assert all(map(is_public, ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"]))


def test_only_the_local_cloud_does_without_encryption(monkeypatch: pytest.MonkeyPatch, erp: Receiver) -> None:
    """And goes no further with that than this machine (J1)."""
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(socket.AF_INET, 1, 6, "", ("93.184.215.14", 80))])
    with pytest.raises(AddressRefused):
        post("http://hooks.example/", "id", 1, b"{}", [KEY])
    monkeypatch.undo()
    object.__setattr__(settings, "stage", "test")
    try:
        with pytest.raises(AddressRefused):
            post(f"http://127.0.0.1:{erp.port}/", "id", 1, b"{}", [KEY])
    finally:
        object.__setattr__(settings, "stage", "local")
    assert erp.requests == []


def test_the_address_that_was_checked_is_the_one_that_is_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The name is resolved once, and is what the certificate must be of (J1)."""
    ours = certificate("hooks.example", tmp_path)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(ours)
    asked: list[str] = []
    tls.sni_callback = lambda _connection, name, _context: asked.append(name)
    monkeypatch.setenv("SSL_CERT_FILE", str(ours))
    monkeypatch.setattr(webhooks, "is_public", lambda _address: True)
    resolve, resolved = socket.getaddrinfo, []

    def getaddrinfo(host: str, port: int, *rest: Any, **more: Any) -> Any:
        resolved.append(host)
        return resolve("127.0.0.1", port, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    with receiver(tls) as taken:
        post(f"https://hooks.example:{taken.port}/in", "id", 1, b"{}", [KEY])
        assert [(path, headers["host"]) for path, headers, _ in taken.requests] == [
            ("/in", f"hooks.example:{taken.port}")
        ]
        assert (asked, resolved) == (["hooks.example"], ["hooks.example", "127.0.0.1"])
        with pytest.raises(HTTPError):
            post(f"https://other.example:{taken.port}/in", "id", 1, b"{}", [KEY])
        taken.answers = [500]
        with pytest.raises(NotTaken):
            post(f"https://hooks.example:{taken.port}/in", "id", 1, b"{}", [KEY])
        assert len(taken.requests) == 2
