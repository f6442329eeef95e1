"""Arriving mail's door: SES stores a mail in a bucket and says so over a queue; an answer becomes a message.

A mail never causes another one here: what is not welcome goes to quarantine, and its sender hears nothing (RFC 3834).
"""

import re
from email.message import EmailMessage
from typing import TYPE_CHECKING, Any

from chalice.app import Blueprint
from pydantic import ValidationError

from functions import batches, log
from functions.aws import client
from functions.cases import numbers
from functions.cases import repository as cases
from functions.cases.model import Case
from functions.cases.policy import customers
from functions.cases.status import Action
from functions.clock import now
from functions.errors import Refusal
from functions.events import Actor, MailReceived
from functions.failures import discreet
from functions.mail import parsing
from functions.mail.model import Addressed, Arrival, Unwelcome, check_welcome
from functions.mail.parsing import Envelope, MailUnreadable, envelope_of, files_of, parse, reply_in, text_of
from functions.mail.threads import is_signed_for, referred_case, replied_to
from functions.messages.actions import keep_mail, post_mail
from functions.obeyed import AlreadyObeyed, Mandate, Once, fingerprint
from functions.people import repository as people
from functions.people.model import Person
from functions.quarantine import quarantine
from functions.settings import settings

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

doors = Blueprint(__name__)

SOURCE = "mail"
MACHINE = Actor(kind="mail", id="mail", name="mail")
NUMBERS_TRIED = 3
_NUMBER = re.compile(r"\[([A-Z0-9][A-Z0-9-]{2,40})\]")


@doors.lambda_function(name="receive_mail")
@discreet
def receive_mail(event: dict[str, Any], context: Any) -> Any:
    """Receive a batch; only the mails that failed go back to the queue."""
    return batches.each(event, context, _receive)


def _receive(record: "SQSRecord") -> None:
    try:
        arrival = Arrival.model_validate_json(record.body)
    except ValidationError:
        quarantine(SOURCE, "not_told_by_ses", record.body)
        return
    try:
        receive(arrival)
    except Unwelcome as unwelcome:
        key = arrival.receipt.action.object_key
        quarantine(SOURCE, unwelcome.reason, key, queue_url=settings.mail_quarantine_queue_url)
    except AlreadyObeyed:
        log.info("mail came before", mail_id=arrival.mail.message_id)


def receive(arrival: Arrival) -> None:
    """Post what was answered, or keep it for those inside. Raise `Unwelcome`, saying why, for what is neither."""
    receipt, return_path = arrival.receipt, arrival.mail.source
    receipt.check_harmless()
    try:
        message = parse(_stored(receipt.action.object_key))
        envelope = envelope_of(message, return_path, settings.mail_sender)
        case, signature = _case(receipt.recipients, envelope)
        sender = people.get_by_email(envelope.sender) if envelope.sender else None
        check_welcome(
            _addressed(case, signature, sender),
            machine=envelope.sign is not None,
            writes=sender is not None and _writes(case, sender),
            verified=envelope.sender is not None and receipt.verifies(envelope.sender, return_path),
        )
        once = Once(
            caller=f"{SOURCE}:{case.case_id}",
            request=fingerprint((envelope.message_id or arrival.mail.message_id).encode()),
            fingerprint="",
        )
        if envelope.sign or sender is None:
            person_id = sender.person_id if sender else _signer(case, signature)
            _keep(case, Mandate(MACHINE, once), envelope, message, person_id)
        else:
            _post(case, sender, once, envelope, message)
    except MailUnreadable:
        raise Unwelcome("unreadable") from None


def _post(case: Case, sender: Person, once: Once, envelope: Envelope, message: EmailMessage) -> None:
    """As that person's message; or, where the case takes none or there is nothing to read, for those inside."""

    def check(latest: Case) -> None:
        if not _writes(latest, sender):
            raise Unwelcome("sender_not_of_the_case")

    mandate = Mandate(sender.actor, once, check)
    text = reply_in(text_of(message))
    reason = "" if text else "empty"
    if text:
        try:
            post_mail(case, mandate, text, files_of(message))
        except Refusal as refusal:
            reason = refusal.code
    if reason:
        keep_mail(case, mandate, MailReceived(kind="reply", reason=reason, subject=envelope.subject, text=text))


def _keep(case: Case, by: Mandate, envelope: Envelope, message: EmailMessage, person_id: str | None) -> None:
    kept = MailReceived(
        kind="machine",
        reason=str(envelope.sign),
        subject=envelope.subject,
        text=reply_in(text_of(message)),
        person_id=person_id,
    )
    keep_mail(case, by, kept)


def _stored(key: str) -> bytes:
    found = client("s3").get_object(Bucket=settings.mail_bucket, Key=key)
    if found["ContentLength"] > parsing.SIZE_LIMIT:
        raise MailUnreadable
    return bytes(found["Body"].read())


def _case(recipients: tuple[str, ...], envelope: Envelope) -> tuple[Case, str | None]:
    """The case that the mail is about, by its reply address, by what it answers, or by the number in its subject."""
    case_id, signature = replied_to(recipients) or (None, None)
    if case_id is None:
        named = _NUMBER.findall(envelope.subject)[:NUMBERS_TRIED]
        case_id = referred_case(envelope.references) or numbers.numbered(named)
    case = cases.find(case_id) if case_id else None
    if case is None or case.erased_at:
        raise Unwelcome("of_no_case")
    return case, signature


def _addressed(case: Case, signature: str | None, sender: Person | None) -> Addressed:
    if signature is None:
        return "to_none"
    if sender is not None and is_signed_for(signature, case.case_id, sender.person_id):
        return "to_senders"
    return "to_anothers" if _signer(case, signature) else "to_forged"


def _signer(case: Case, signature: str | None) -> str | None:
    """To whom of the case the reply address was given, by the id of the person."""
    if signature is None:
        return None
    people_of = customers(case, Action.comment, now())
    return next((person_id for person_id in people_of if is_signed_for(signature, case.case_id, person_id)), None)


def _writes(case: Case, person: Person) -> bool:
    return person.login == "enabled" and person.person_id in customers(case, Action.comment, now())
