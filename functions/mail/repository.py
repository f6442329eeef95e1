"""Which mails were claimed and sent, in the table."""

from datetime import datetime, timedelta

from functions.moment import stamp
from functions.table import Item, Key, Write, apply, put, until_first, update

CLAIM_VALID_FOR = timedelta(minutes=10)
"""How long after a claim without a sent mark another delivery may take the mail over."""
KEPT = timedelta(days=400)


class AlreadySent(Exception):
    pass


class ClaimedElsewhere(Exception):
    """Another delivery is at it; come back later."""


def claim(mail_id: str, by: str, moment: datetime) -> Write:
    """The right to send a mail; SES knows no idempotency, so this is what keeps a mail from going out twice (K1)."""

    def refused(found: Item | None) -> Exception:
        return AlreadySent() if found and "sent_at" in found else ClaimedElsewhere()

    item = {
        "claimed_by": by,
        "claimed_at": stamp(moment),
        "expires": int((moment + KEPT).timestamp()),
    }
    return put(
        _key(mail_id),
        item,
        condition="attribute_not_exists(sent_at)"
        " AND (attribute_not_exists(pk) OR claimed_by = :by OR claimed_at < :stale)",
        values={"by": by, "stale": stamp(moment - CLAIM_VALID_FOR)},
        refused=refused,
    )


def sent(mail_id: str, message_id: str, moment: datetime) -> None:
    """Note it, if need be behind another delivery that is claiming it just now."""
    values = {"at": stamp(moment), "id": message_id}
    until_first(lambda: apply(update(_key(mail_id), "SET sent_at = :at, message_id = :id", values)))


def _key(mail_id: str) -> Key:
    return f"MAIL#{mail_id}", "RECORD"
