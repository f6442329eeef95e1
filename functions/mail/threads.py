"""How mails of a case are known again when they are answered: the address of the reply, and the ids of messages."""

import base64
import hmac
import re
from collections.abc import Iterable

from functions.keys import derive
from functions.settings import settings

REPLY = "reply"
SIGNATURE_BYTES = 16
_LOCAL_PART = re.compile(rf"{REPLY}\+([0-9a-hjkmnp-tv-z]{{26}})\.([a-z2-7]{{26}})")
"""59 of the 64 octets that RFC 5321 allows; small letters only, since some programs make all of them small."""
_CASE_ID = re.compile(r"case_[0-7][0-9A-HJKMNP-TV-Z]{25}")


def reply_address(case_id: str, person_id: str) -> str:
    """Where that person's replies about that case go. It names the case; its signature is of both."""
    ulid = case_id.removeprefix("case_").lower()
    return f"{REPLY}+{ulid}.{_signature(case_id, person_id)}@{settings.mail_domain}"


def replied_to(recipients: Iterable[str]) -> tuple[str, str] | None:
    """The case and the signature that the first reply address among these names; it proves nothing yet."""
    for recipient in recipients:
        local, _, domain = recipient.lower().rpartition("@")
        found = _LOCAL_PART.fullmatch(local)
        if found and domain == settings.mail_domain:
            return f"case_{found[1].upper()}", found[2]
    return None


def is_signed_for(signature: str, case_id: str, person_id: str) -> bool:
    """Whether the reply address with that signature was given to that person, for that case."""
    return hmac.compare_digest(signature, _signature(case_id, person_id))


def message_id(mail_id: str) -> str:
    return f"<{mail_id}@{settings.mail_domain}>"


def root(case_id: str) -> str:
    """What all mails of one case refer to, so that mail programs show them together."""
    return message_id(case_id)


def referred_case(references: str) -> str | None:
    """The case that message ids of ours name, in a `References` or `In-Reply-To`."""
    ids = re.findall(rf"<([^<>@\s]+)@{re.escape(settings.mail_domain)}>", references)
    return next((found[0] for each in ids if (found := _CASE_ID.search(each))), None)


def _signature(case_id: str, person_id: str) -> str:
    signed = derive("reply", case_id, person_id)[:SIGNATURE_BYTES]
    return base64.b32encode(signed).decode().rstrip("=").lower()
