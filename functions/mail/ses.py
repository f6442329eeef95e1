"""A mail of ours: its headers, and how it is handed to SES, as bytes that SES and others take."""

from email import policy
from email.message import EmailMessage

from functions.aws import client
from functions.mail.threads import message_id, root
from functions.settings import settings

_SEVEN_BITS = policy.default.clone(cte_type="7bit", max_line_length=76)
"""SES takes no others, and RFC 2045 no longer lines."""
_UNFOLDED = _SEVEN_BITS.clone(max_line_length=998)
"""Headers as long as RFC 5322 allows: a long id that is folded in the middle, as Python does, is none any more."""


def message(mail_id: str, to: str, subject: str, case_id: str | None = None) -> EmailMessage:
    """Without a body yet; of that case's thread, and known for one of a machine (RFC 3834)."""
    mail = EmailMessage(policy=_SEVEN_BITS)
    mail["From"] = settings.mail_sender
    mail["To"] = to
    mail["Subject"] = subject
    mail["Message-ID"] = message_id(mail_id)
    if case_id:
        mail["References"] = root(case_id)
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    return mail


def send(mail: EmailMessage, to: str) -> str:
    """Return SES's own id of it."""
    answer = client("sesv2").send_email(
        FromEmailAddress=settings.mail_sender,
        Destination={"ToAddresses": [to]},
        Content={"Raw": {"Data": mail.as_bytes(policy=_UNFOLDED)}},
    )
    return str(answer["MessageId"])
