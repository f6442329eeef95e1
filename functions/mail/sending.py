"""The mail queue's door: claim a mail, find out who gets it and what it says, render it, send it through SES."""

from collections.abc import Mapping
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from typing import TYPE_CHECKING, Any

from chalice.app import Blueprint

from functions import log
from functions.aws import client
from functions.cases import repository as cases
from functions.clock import now
from functions.failures import discreet
from functions.mail.queue import MAILS, CaseMail, PinMail
from functions.mail.rendering import render
from functions.mail.repository import AlreadySent, claim, sent
from functions.otp import repository as otp
from functions.otp.model import VALID_FOR
from functions.people import repository as people
from functions.people.repository import address_key
from functions.settings import settings
from functions.table import commit, read

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

doors = Blueprint(__name__)

_SEVEN_BITS = policy.default.clone(cte_type="7bit", max_line_length=76)
"""SES takes no others, and RFC 2045 no longer lines."""
_UNFOLDED = _SEVEN_BITS.clone(max_line_length=998)
"""Headers as long as RFC 5322 allows: a long id that is folded in the middle, as Python does, is none any more."""


@dataclass(frozen=True, slots=True)
class Letter:
    to: str
    values: Mapping[str, str]
    thread: str | None = None
    """What the mails of one case have in common, so that mail programs show them together."""


@doors.lambda_function(name="send_mail")
@discreet
def send_mail(event: dict[str, Any], context: Any) -> Any:
    """Send a batch; only the mails that failed go back to the queue."""
    from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response

    processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
    return process_partial_response(event=event, record_handler=_deliver, processor=processor, context=context)


def _deliver(record: "SQSRecord") -> None:
    try:
        _send(MAILS.validate_json(record.body))
    except Exception as error:
        log.error("mail not sent", error, item=record.message_id)
        raise


def _send(mail: PinMail | CaseMail) -> None:
    letter = _pin_letter(mail) if isinstance(mail, PinMail) else _case_letter(mail)
    if letter is None:
        log.info("mail not needed any more", mail_id=mail.mail_id)
        return
    try:
        commit(claim(mail.key, now()))
    except AlreadySent:
        return
    answer = client("sesv2").send_email(
        FromEmailAddress=settings.mail_sender,
        Destination={"ToAddresses": [letter.to]},
        Content={"Raw": {"Data": _message(mail, letter).as_bytes(policy=_UNFOLDED)}},
    )
    sent(mail.key, answer["MessageId"], now())


def _pin_letter(mail: PinMail) -> Letter | None:
    """None where the challenge is used, voided or over, or the login of its address is off: nobody is told which."""
    found = read(address_key(mail.ref)).get(address_key(mail.ref))
    address = otp.address_of(mail.ref, "", found)
    challenge = address.challenge(mail.challenge_id)
    owner = people.get(address.person_id) if address.person_id else None
    if challenge is None or challenge.expires_at <= now() or (owner and owner.login != "enabled"):
        return None
    minutes = str(int(VALID_FOR.total_seconds()) // 60)
    values = {"portal_name": settings.portal_name, "code": otp.code(challenge), "minutes": minutes}
    return Letter(to=address.email, values=values)


def _case_letter(mail: CaseMail) -> Letter | None:
    """To the owner as the owner is now (G6); None, too, where it is no longer true that the case will be closed."""
    case = cases.find(mail.case_id)
    owner = people.get(case.owner_id) if case else None
    if case is None or owner is None or owner.login != "enabled":
        return None
    values = {
        "portal_name": settings.portal_name,
        "number": case.number,
        "subject": case.subject,
        "link": f"{settings.portal_url}/cases/{case.case_id}",
    }
    if mail.template == "closing_reminder":
        if case.closing is None:
            return None
        values["closes_on"] = case.closing.day
    return Letter(to=owner.email, values=values, thread=case.case_id)


def _message(mail: PinMail | CaseMail, letter: Letter) -> EmailMessage:
    """A MIME message that machines know for one of a machine (RFC 3834)."""
    rendered = render(mail.template, letter.values)
    domain = settings.mail_sender.rpartition("@")[2].rstrip(">")
    message = EmailMessage(policy=_SEVEN_BITS)
    message["From"] = settings.mail_sender
    message["To"] = letter.to
    message["Subject"] = rendered.subject
    message["Message-ID"] = f"<{mail.mail_id}@{domain}>"
    if letter.thread:
        message["References"] = f"<{letter.thread}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(rendered.text)
    message.add_alternative(rendered.html, subtype="html")
    return message
