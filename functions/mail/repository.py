"""Which mails were claimed and sent, in the table."""

from datetime import datetime, timedelta

from functions.moment import stamp
from functions.table import Item, Key, Write, apply, put, until_first, update

CLAIM_VALID_FOR = timedelta(seconds=60)
"""When a claim without a sent mark may be taken over.

Longer than the function may run, so whoever claimed is dead by then; shorter than a message stays hidden, so the next
delivery of the same message finds it over.
"""
KEPT = timedelta(days=400)


class AlreadySent(Exception):
    pass


class ClaimedElsewhere(Exception):
    """Another delivery is at it; come back later."""


def claim(key: Key, moment: datetime) -> Write:
    """The right to send a mail; SES knows no idempotency, so this is what keeps a mail from going out twice (K1).

    One delivery has it, even where the queue delivers one message to two functions at once.
    """

    def refused(found: Item | None) -> Exception:
        return AlreadySent() if found and "sent_at" in found else ClaimedElsewhere()

    return put(
        key,
        {"claimed_at": stamp(moment), "expires": int((moment + KEPT).timestamp())},
        condition="attribute_not_exists(sent_at) AND (attribute_not_exists(pk) OR claimed_at < :stale)",
        values={"stale": stamp(moment - CLAIM_VALID_FOR)},
        refused=refused,
    )


def sent(key: Key, message_id: str, moment: datetime) -> None:
    """Note it, if need be behind another delivery that is claiming it just now."""
    values = {"at": stamp(moment), "id": message_id}
    until_first(lambda: apply(update(key, "SET sent_at = :at, message_id = :id", values)))
