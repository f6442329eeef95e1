"""A mail handed to SES, as bytes that SES and others take."""

from email import policy
from email.message import EmailMessage

from functions.aws import client
from functions.settings import settings

SEVEN_BITS = policy.default.clone(cte_type="7bit", max_line_length=76)
"""SES takes no others, and RFC 2045 no longer lines."""
_UNFOLDED = SEVEN_BITS.clone(max_line_length=998)
"""Headers as long as RFC 5322 allows: a long id that is folded in the middle, as Python does, is none any more."""


def send(message: EmailMessage, to: str) -> str:
    """Return SES's own id of it."""
    answer = client("sesv2").send_email(
        FromEmailAddress=settings.mail_sender,
        Destination={"ToAddresses": [to]},
        Content={"Raw": {"Data": message.as_bytes(policy=_UNFOLDED)}},
    )
    return str(answer["MessageId"])
