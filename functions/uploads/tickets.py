"""What lets an internal system download a file without a session: a signature that ends, kept nowhere (F24)."""

import base64
import hmac
from datetime import datetime, timedelta

from functions.keys import derive

VALID_FOR = timedelta(days=14)
"""As long as a queue can keep the event that the ticket is in."""


def issue(attachment_id: str, system: str, now: datetime) -> str:
    """For that file and that system, with its end."""
    signed = f"{system}.{int((now + VALID_FOR).timestamp())}"
    return f"{signed}.{_signature(attachment_id, signed)}"


def is_good(ticket: str, attachment_id: str, now: datetime) -> bool:
    """Whether it was issued for that file, and is not over (half-open, D16)."""
    signed, _, signature = ticket.rpartition(".")
    if not hmac.compare_digest(signature.encode(), _signature(attachment_id, signed).encode()):
        return False
    return now.timestamp() < int(signed.rpartition(".")[2])


def _signature(attachment_id: str, signed: str) -> str:
    return base64.urlsafe_b64encode(derive("attachment", attachment_id, signed)).rstrip(b"=").decode()
