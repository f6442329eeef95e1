"""Mail that comes in: an answer becomes a message of who wrote it, and nothing else does anything (C16, K3, K5)."""

import json
import re
from typing import Any

import pytest

from functions.cases import chain
from functions.mail.model import Receipt
from functions.mail.threads import root
from functions.settings import settings
from tests.front_door import ANA, BEN
from tests.mail.arriving import letter, reply_address, send
from tests.rewind import Moment
from tests.world import World

OUT_OF_OFFICE = {"Auto_Submitted": "auto-replied", "Subject": "Out of office"}


@pytest.fixture(scope="module")
def scene(one_world: World) -> tuple[Moment, str, str]:
    """Ana, and a case of hers about which she has got a mail."""
    one_world.reset()
    ana = one_world.sign_in(ANA)
    case = one_world.open_case(ana)
    return Moment.of(one_world), ana, case


@pytest.fixture
def world(one_world: World, scene: tuple[Moment, str, str]) -> World:
    scene[0].restore(one_world)
    return one_world


@pytest.fixture
def ana(world: World, scene: tuple[Moment, str, str]) -> str:
    return scene[1]


@pytest.fixture
def case(world: World, scene: tuple[Moment, str, str]) -> str:
    return scene[2]


def texts(world: World, case: str, token: str) -> list[str]:
    """The conversation behind its first message."""
    shown = world.gateway("GET", f"/v1/cases/{case}/messages", token=token).json["data"]
    return [message["text"] for message in shown][1:]


def kept(world: World, case: str, token: str) -> list[dict[str, str]]:
    """The mails that are no messages, as that person finds them in the timeline."""
    entries = world.gateway("GET", f"/v1/cases/{case}/timeline?limit=100", token=token).json["data"]
    return [entry["mail"] for entry in entries if "mail" in entry]


def reasons(world: World) -> list[str]:
    """Why mails were not welcome."""
    return [found["reason"] for found in world.quarantined(settings.mail_quarantine_queue_url)]


def test_an_answer_becomes_a_message_of_who_wrote_it(world: World, ana: str) -> None:
    """RI-21: in the conversation and told inside like any other, and a case that waited goes on (C16, D9)."""
    case = world.case_in("waiting_for_response", ana)
    mails = len(world.mailbox())
    text = "It is blue.\n\nOn Mon, 23 Nov 2026 at 10:00, Portico Town <portal@portico.example> wrote:\n> There is news."
    send(world, letter(text), reply_address(world))
    seen = world.view(ana, case)
    message = seen["messages"][-1]
    assert (message["text"], message["kind"], message["via"], message["author"]) == (
        "It is blue.",
        "comment",
        "mail",
        {"kind": "customer", "name": ANA},
    )
    assert (message["delivery"], seen["status"], seen["unread"]) == ("sent", "in_progress", False)
    told = [event["data"] for event in world.events_told(case) if event["type"] == "portico.message.posted.v1"][-1]
    assert (told["text"], told["via"], told["actor"]["kind"]) == ("It is blue.", "mail", "customer")
    assert len(world.mailbox()) == mails, "nobody is answered"
    assert reasons(world) == []


def test_a_mail_that_comes_twice_counts_once(world: World, ana: str, case: str) -> None:
    """By its Message-ID, whatever else is different, and however often the queue delivers it (RFC 5322)."""
    to = reply_address(world)
    for text in ("It is blue.", "It is blue, too."):
        send(world, letter(text), to)
    send(world, letter("Another.", Message_ID="<second@mail.example.org>"), to)
    assert texts(world, case, ana) == ["It is blue.", "Another."]


@pytest.mark.parametrize("program", ["In_Reply_To", "References", "Subject"])
def test_an_answer_is_known_without_its_address(world: World, ana: str, case: str, program: str) -> None:
    """By what it refers to, or by the number in its subject, where its sender is of the case."""
    about = f"Re: [{world.view(ana, case)['number']}] Your case"
    headers = {program: about if program == "Subject" else f"<x@y.example> {root(case)}"}
    send(world, letter(**headers), "portal@portico.example")
    assert texts(world, case, ana) == ["It is blue."]
    send(world, letter(sender=BEN, **headers), "portal@portico.example", BEN)
    assert texts(world, case, ana) == ["It is blue."]
    assert reasons(world) == ["sender_not_of_the_case"]


def test_nobody_writes_for_somebody_else(world: World, ana: str, ben: str, case: str) -> None:
    """Neither with a signature of one's own making, nor in another case, nor from another address (K5, G1)."""
    to = reply_address(world)
    forged = to.replace(to.partition(".")[2][:4], "aaaa")
    others = world.open_case(ben, key="key-2")
    of_ben = reply_address(world, BEN)
    send(world, letter(), forged)
    send(world, letter(), of_ben)
    send(world, letter(), to.split(".")[0] + "." + of_ben.partition(".")[2])
    send(world, letter(sender=BEN), to, BEN)
    send(world, letter(sender="nobody@example.org"), to, "nobody@example.org")
    assert sorted(reasons(world)) == [
        "reply_address_forged",
        "reply_address_forged",
        "sender_not_of_the_case",
        "sender_not_of_the_case",
        "sender_not_of_the_case",
    ]
    assert texts(world, case, ana) == texts(world, others, ben) == []


@pytest.mark.parametrize(
    ("dmarc", "spf", "return_path", "verified"),
    [
        ("PASS", "FAIL", "bounces@elsewhere.example", True),
        ("FAIL", "PASS", ANA, False),
        ("PROCESSING_FAILED", "PASS", ANA, False),
        ("GRAY", "PASS", ANA, True),
        ("GRAY", "PASS", f"<{ANA.upper()}>", True),
        ("GRAY", "FAIL", ANA, False),
        ("GRAY", "PASS", "eve@evil.example", False),
        ("GRAY", "PASS", "eve@mail.example.org", False),
        ("GRAY", "PASS", "", False),
    ],
)
def test_a_sender_is_verified_by_dmarc_or_spf_of_the_very_domain(
    dmarc: str,
    spf: str,
    return_path: str,
    verified: bool,  # noqa: FBT001 (what is expected)
) -> None:
    """A good signature or SPF of another domain says nothing of who is in `From` (K5, RFC 7489)."""
    told = {"recipients": [], "action": {"objectKey": "mail/x"}}
    statuses = {"spam": "PASS", "virus": "PASS", "dkim": "PASS", "spf": spf, "dmarc": dmarc}
    verdicts = {f"{check}Verdict": {"status": status} for check, status in statuses.items()}
    assert Receipt.model_validate(told | verdicts).verifies(ANA, return_path) is verified


def test_forged_mail_and_spam_have_no_effect(world: World, ana: str, case: str) -> None:
    """They go to quarantine with the reason, even with the right reply address (K5)."""
    for check in ("dmarc", "virus", "spam"):
        send(world, letter(), reply_address(world), **{check: "FAIL"})
    assert sorted(reasons(world)) == ["sender_not_verified", "spam", "virus"]
    assert texts(world, case, ana) == []


def test_quarantine_keeps_where_the_mail_lies_and_not_what_it_says(world: World, ana: str, case: str) -> None:
    """The mail itself stays in its bucket, which empties itself (M1)."""
    send(world, letter("A canary."), reply_address(world), spam="FAIL")
    [found] = world.quarantined(settings.mail_quarantine_queue_url)
    assert (found["source"], found["reason"]) == ("mail", "spam")
    assert re.fullmatch(r"mail/ses-\d+", found["content"])


def test_a_login_that_is_off_takes_no_mail_either(world: World, ana: str, case: str) -> None:
    """Who may not come in by the front door does not come in by the letter box (A11)."""
    world.set_login(ana.partition(".")[0], "disabled")
    send(world, letter(), reply_address(world))
    assert reasons(world) == ["sender_not_of_the_case"]


def test_an_out_of_office_answer_is_kept_and_answered_by_nobody(world: World, ana: str, case: str) -> None:
    """RI-22: machine mail, seen inside and told inside; no message, no mail (K3)."""
    mails, staff = len(world.mailbox()), world.staff("customer-relations")
    send(world, letter("I am away.", "mailer@gateway.example", **OUT_OF_OFFICE), reply_address(world), "<>")
    assert [*texts(world, case, ana), *kept(world, case, ana)] == []
    assert kept(world, case, staff) == [
        {"kind": "machine", "reason": "auto_submitted", "subject": "Out of office", "text": "I am away."}
    ]
    told = world.events_told(case)[-1]
    assert (told["type"], told["data"]["reason"]) == ("portico.mail.received.v1", "auto_submitted")
    assert len(world.mailbox()) == mails + 1, "the code of the staff member alone"
    assert world.view(ana, case)["unread"] is False


def test_a_machine_must_be_of_the_case_too(world: World, ana: str, case: str) -> None:
    """By the reply address, or by its sender: knowing a case is not enough to write anything into it."""
    refers = {**OUT_OF_OFFICE, "References": root(case)}
    send(world, letter("I am away.", BEN, **refers), "portal@portico.example", "")
    send(world, letter("I am away.", ANA, **refers), "portal@portico.example", "", dmarc="FAIL")
    send(world, letter("I am away.", ANA, **refers), "portal@portico.example", "")
    assert sorted(reasons(world)) == ["sender_not_of_the_case", "sender_not_verified"]
    assert [item["type"] for item in world.items() if "type" in item].count({"S": "mail.received"}) == 1


def test_our_own_mail_that_comes_back_stops_here(world: World, ana: str, case: str) -> None:
    """Sent on by a mailbox, word for word or in a new envelope: kept at most, and no loop begins (K3)."""
    own, to, mails = world.mailbox()[-1].message, reply_address(world), len(world.mailbox())
    for source in ("portal@portico.example", ANA, ""):
        send(world, own.as_bytes(), to, source)
    again = letter(own.get_body(("plain",)).get_content(), "Portico Town <portal@portico.example>")  # type: ignore[union-attr]
    send(world, again, to, "portal@portico.example")
    send(world, again, "portal@portico.example", "portal@portico.example")
    assert texts(world, case, ana) == []
    assert [entry["reason"] for entry in kept(world, case, world.staff("customer-relations"))] == [
        "our_own",
        "our_own",
    ]
    assert reasons(world) == ["of_no_case"]
    assert len(world.mailbox()) == mails + 1


@pytest.mark.parametrize("status", ["closed", "canceled"])
def test_what_a_case_takes_no_longer_is_kept_for_those_inside(world: World, ana: str, status: str) -> None:
    """Nothing is lost and nobody is bounced: staff see what came too late (C37)."""
    case = world.case_in(status, ana)
    staff, mails = world.staff("customer-relations"), len(world.mailbox())
    send(world, letter("One more thing."), reply_address(world, ANA))
    assert texts(world, case, ana) == []
    assert kept(world, case, staff) == [
        {"kind": "reply", "reason": "action_not_allowed", "subject": "Re: Your case", "text": "One more thing."}
    ]
    assert len(world.mailbox()) == mails


def test_files_are_left_out_and_said_to_be(world: World, ana: str, case: str) -> None:
    """A file comes in by upload, checked; the message says that some came, and a mail of nothing else is kept."""
    to, mail = reply_address(world), letter("See the picture.")
    mail.add_attachment(b"GIF89a", "image", "gif", filename="picture.gif")
    send(world, mail, to)
    assert world.view(ana, case)["messages"][-1]["left_out"] == 1
    empty = letter(" \n", Message_ID="<empty@mail.example.org>")
    empty.add_attachment(b"GIF89a", "image", "gif", filename="picture.gif")
    send(world, empty, to)
    assert texts(world, case, ana) == ["See the picture."]
    assert [entry["reason"] for entry in kept(world, case, world.staff("customer-relations"))] == ["empty"]


def test_what_cannot_be_read_goes_to_quarantine_and_stops_nobody(world: World, ana: str, case: str) -> None:
    """No case, no mail, not even word from SES; the mail behind it is read (R9)."""
    to = reply_address(world)
    world.sqs.send_message(QueueUrl=world.queue_url("mail-in"), MessageBody="What is this?")
    world.mail_in(letter().as_bytes(), ["reply+nonsense@portico.example"], ANA)
    world.mail_in(b"From: " + ANA.encode() + b"\r\n" + b"X: y\r\n" * 20_000, [to], ANA)
    send(world, letter("Behind it."), to)
    assert sorted(reasons(world)) == ["of_no_case", "unreadable"]
    assert [found["reason"] for found in world.quarantined()] == ["not_told_by_ses"], "what we look at at once"
    assert texts(world, case, ana) == ["Behind it."]


def test_an_event_holds_what_arrived_and_no_address(world: World, ana: str, case: str) -> None:
    """Neither the sender's nor that of the reply is written anywhere by its arrival; what is can be erased (M1, M3)."""
    before = {json.dumps(item["data"]) for item in world.items() if "data" in item}
    send(world, letter("I am away.", "mailer@gateway.example", **OUT_OF_OFFICE), reply_address(world), "<>")
    new: list[Any] = [item for item in world.items() if json.dumps(item.get("data")) not in before]
    assert "gateway.example" not in json.dumps(new)
    assert "reply+" not in json.dumps(new)
    [event] = [item["data"]["S"] for item in new if item.get("type") == {"S": "mail.received"}]
    assert "I am away." in event
    left = chain.erased(event)
    assert [said for said in ("I am away.", "Out of office") if said in left] == []
