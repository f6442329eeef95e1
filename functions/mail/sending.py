"""The mail queue's door: claim a mail, find out who gets it and what it says, render it, send it through SES."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from typing import Any

from chalice.app import Blueprint

from functions import batches, log
from functions.cases import item_keys
from functions.cases import repository as cases
from functions.cases.policy import customers
from functions.cases.status import Action
from functions.clock import now
from functions.failures import discreet
from functions.mail import ses
from functions.mail.model import TooManyNotifications, recipients
from functions.mail.queue import MAILS, CaseMail, PinMail
from functions.mail.rendering import render
from functions.mail.repository import AlreadySettled, claim, notified, notified_key, notified_of, sent, suppressed
from functions.mail.threads import reply_address
from functions.otp import repository as otp
from functions.otp.model import VALID_FOR
from functions.people import repository as people
from functions.people.repository import address_key
from functions.settings import settings
from functions.table import Write, commit, read, until_first

doors = Blueprint(__name__)


@dataclass(frozen=True, slots=True)
class Letter:
    to: str
    values: Mapping[str, str]
    case_id: str | None = None
    reply_to: str | None = None
    counted: tuple[Write, ...] = ()
    """What is written with the claim: that the case has notified somebody once more."""


@doors.lambda_function(name="send_mail")
@discreet
def send_mail(event: dict[str, Any], context: Any) -> Any:
    """Send a batch; only the mails that failed go back to the queue."""
    return batches.each(event, context, lambda record: _send(MAILS.validate_json(record.body)))


def _send(mail: PinMail | CaseMail) -> None:
    letter = until_first(lambda: _claimed(mail))
    if letter is None:
        log.info("mail not needed any more", mail_id=mail.mail_id)
        return
    sent(mail.key, ses.send(_message(mail, letter), letter.to), now())


def _claimed(mail: PinMail | CaseMail) -> Letter | None:
    """The letter, which is ours to send from now on; None where there is none to send."""
    moment = now()
    try:
        letter = _pin_letter(mail) if isinstance(mail, PinMail) else _case_letter(mail, moment)
        if letter is not None:
            commit(claim(mail.key, moment), *letter.counted)
    except TooManyNotifications:
        log.warning("mail suppressed: its case has sent enough", mail_id=mail.mail_id)
        with suppress(AlreadySettled):
            commit(suppressed(mail.key, moment))
        return None
    except AlreadySettled:
        return None
    return letter


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


def _case_letter(mail: CaseMail, moment: datetime) -> Letter | None:
    """To that person as they are now (G6), if the mail is for them still; None, too, where it is true no longer.

    Whoever never signed in is mailed once that a case is shared, and no news of it: the address may be anybody's.

    Raise `TooManyNotifications` where the case has sent enough (K3).
    """
    part = item_keys.took_part_key(mail.person_id, mail.case_id)
    keys = item_keys.case_key(mail.case_id), notified_key(mail.case_id), part
    found = read(*keys)
    case = cases.case_of(found[keys[0]]) if keys[0] in found else None
    if case is None or mail.person_id not in recipients(mail.template, case, moment):
        return None
    person = people.get(mail.person_id)
    if person is None or person.login != "enabled":
        return None
    invites = mail.template == "case_shared"
    if invites and found.get(part, {}).get("first_seq") != mail.sequence:
        return None
    is_known = person.signed_in or person.person_id == case.owner_id
    if not (invites or (is_known and person.case_mails)):
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
    if mail.template == "case_resolved":
        values["who_decides"] = "you" if person.person_id in customers(case, Action.reopen, moment) else "its owner"
    answers = settings.mail_in and person.person_id in customers(case, Action.comment, moment)
    if mail.template in ("new_message", "answer_wanted"):
        taken = answers and Action.comment in case.allowed_actions
        values["by_mail"] = "You can also answer this mail." if taken else "Please do not answer this mail."
    before, version = notified_of(found.get(keys[1]))
    after = before.with_mail(mail.notification, moment)
    return Letter(
        to=person.email,
        values=values,
        case_id=case.case_id,
        reply_to=reply_address(case.case_id, person.person_id) if answers else None,
        counted=() if after == before else (notified(case.case_id, after, version, moment),),
    )


def _message(mail: PinMail | CaseMail, letter: Letter) -> EmailMessage:
    rendered = render(mail.template, letter.values)
    message = ses.message(mail.mail_id, letter.to, rendered.subject, letter.case_id)
    if letter.reply_to:
        message["Reply-To"] = letter.reply_to
    message.set_content(rendered.text)
    message.add_alternative(rendered.html, subtype="html")
    return message
