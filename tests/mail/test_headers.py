"""What machines read of our mails (RFC 3834, 5322, 2047)."""

from dataclasses import replace
from email.message import MIMEPart
from typing import Any

import pytest
from moto.backends import get_backend

from functions.mail import sending, ses, threads
from functions.mail.rendering import Rendered
from functions.mail.threads import is_signed_for, replied_to
from functions.people.repository import get_by_email
from functions.settings import settings
from tests.front_door import ANA, BEN, ask
from tests.quick_moto import ACCOUNT, REGION
from tests.world import Mail, World


@pytest.fixture
def case(world: World) -> str:
    """A case of Ana's in which a staff member has written: three mails."""
    case_id = str(world.create(world.sign_in(ANA), TOPIC="STREETS", PLACE="High Street").json["case_id"])
    world.settle()
    world.gateway("POST", f"/v1/cases/{case_id}/messages", {"text": "Where exactly?"}, token=world.staff("streets"))
    world.settle()
    return case_id


def test_every_mail_says_that_a_machine_sent_it(world: World, case: str) -> None:
    """So that no auto-responder answers, and no two machines mail each other for ever (K3)."""
    mails = world.mailbox()
    assert len(mails) == 4
    assert {mail.message["Auto-Submitted"] for mail in mails} == {"auto-generated"}
    assert {mail.message["X-Auto-Response-Suppress"] for mail in mails} == {"All"}


def test_a_mail_has_one_sender_and_one_recipient(world: World, case: str) -> None:
    """From the portal, to one person, in the header as on the envelope."""
    for sent, mail in zip(_sent(), world.mailbox(), strict=True):
        message = mail.message
        assert str(message["From"]) == sent.source == "portal@portico.example"
        assert {str(message["To"])} == set(sent.destinations)
        assert not {"cc", "bcc"} & {name.lower() for name in message}


def test_a_mail_about_a_case_can_be_answered(world: World, case: str) -> None:
    """To an address that names the case and is signed for its reader, within the 64 octets of RFC 5321; no PIN can."""
    pin, received, _, told = [str(mail.message["Reply-To"] or "") for mail in world.mailbox()]
    assert pin == ""
    assert received == told == received.lower()
    local, _, domain = received.partition("@")
    assert (len(local) <= 64, domain) == (True, "portico.example")
    found = replied_to(["somebody@portico.example", received.upper()])
    assert found is not None
    assert found[0] == case
    mine, others = get_by_email(ANA), get_by_email("streets@portico.example")
    assert mine is not None
    assert others is not None
    assert is_signed_for(found[1], case, mine.person_id)
    assert not is_signed_for(found[1], case, others.person_id)
    assert not is_signed_for(found[1], f"{case[:-1]}0", mine.person_id)


@pytest.mark.parametrize("comes_in", [True, False])
def test_where_no_mail_comes_in_none_is_asked_for(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    comes_in: bool,  # noqa: FBT001
) -> None:
    """An address that nobody reads is not given to anybody, and the mail says whether it can be answered (C36)."""
    monkeypatch.setattr(sending, "settings", replace(settings, mail_in=comes_in))
    case_id = world.open_case(world.sign_in(ANA))
    world.command("message.post", case_id, {"text": "Which house is it?"})
    told = world.mailbox()[-1]
    assert (told.message["Reply-To"] is not None) == comes_in
    assert ("You can also answer this mail." in told.text) == comes_in
    assert ("Please do not answer this mail." in told.text) == (not comes_in)


def test_the_mails_of_a_case_belong_together(world: World, case: str) -> None:
    """One root per case in `References`, so that mail programs show a thread; a code belongs to no thread."""
    roots = [mail.message["References"] for mail in world.mailbox()]
    assert [mail.subject[0] == "[" for mail in world.mailbox()] == [False, True, False, True]
    assert roots == [None, roots[1], None, roots[1]]
    other = world.create(world.sign_in(BEN, ip="198.51.100.9")).json["case_id"]
    world.settle()
    assert other != case
    assert str(world.mailbox()[-1].message["References"]) not in roots


def test_every_mail_has_a_message_id_of_its_own(world: World, case: str) -> None:
    """Unique, at our domain, and without the address of anybody."""
    ids = [str(mail.message["Message-ID"]) for mail in world.mailbox()]
    assert len(set(ids)) == len(ids)
    assert all(found.startswith("<") and found.endswith("@portico.example>") for found in ids)
    assert not [found for found in ids if "ana" in found.lower().replace("@portico.example", "")[:12]]


@pytest.mark.parametrize("length", [1, 300])
def test_a_mail_is_text_and_html_in_seven_bits(world: World, monkeypatch: pytest.MonkeyPatch, length: int) -> None:
    """SES takes no eight-bit mail; other letters are encoded, and read the same in subject, text and HTML."""
    name = "Ü" * length
    monkeypatch.setattr(sending, "render", lambda *_: Rendered(name, f"    {name}\n", f"<p>{name}</p>\n"))
    ask(world, ANA)
    [sent], [mail] = _sent(), world.mailbox()
    assert sent.raw_data.isascii()
    assert all(len(line) <= 76 for line in sent.raw_data.partition("\n\n")[2].splitlines())
    assert (mail.subject, mail.text.strip()) == (name, name)
    assert _part(mail, "html").get_content() == f"<p>{name}</p>\n"
    assert "Content-Type: text/plain" in sent.raw_data


def test_ids_stay_whole_however_long_the_domain(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line that is too long is not folded inside an id, since no mail program would know the id again."""
    domain = "notifications.of.the.customer.portal.of.portico-upon-the-water.example"
    sender = f"portal@{domain}"
    for module in (ses, threads):
        monkeypatch.setattr(module, "settings", replace(settings, mail_sender=sender))
    world.ses.create_email_identity(EmailIdentity=sender)
    ana = world.sign_in(ANA)
    case_id = world.create(ana).json["case_id"]
    world.settle()
    raw = _sent()[-1].raw_data
    assert f"References: <{case_id}@{domain}>" in raw
    assert f"Message-ID: <case_received-{case_id}-1-{ana.partition('.')[0]}@{domain}>" in raw


def _sent() -> list[Any]:
    """What SES was given, oldest first."""
    sent: list[Any] = get_backend("ses")[ACCOUNT][REGION].sent_messages
    return sent


def _part(mail: Mail, kind: str) -> MIMEPart:
    part = mail.message.get_body((kind,))
    assert part is not None
    return part
