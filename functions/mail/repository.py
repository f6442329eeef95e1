"""Which mails were claimed and sent, in the table."""

from datetime import datetime, timedelta

from functions.cases.item_keys import case_key
from functions.mail.model import WITHIN, Notified
from functions.moment import stamp
from functions.table import Item, Key, Write, apply, put, until_first, update, versioned

CLAIM_VALID_FOR = timedelta(seconds=60)
"""When a claim without a sent mark may be taken over.

Longer than the function may run, so whoever claimed is dead by then; shorter than a message stays hidden, so the next
delivery of the same message finds it over.
"""
KEPT = timedelta(days=400)


class AlreadySettled(Exception):
    """It was sent, or will never be."""


class ClaimedElsewhere(Exception):
    """Another delivery is at it; come back later."""


def claim(key: Key, moment: datetime) -> Write:
    """The right to send a mail; SES knows no idempotency, so this is what keeps a mail from going out twice (K1).

    One delivery has it, even where the queue delivers one message to two functions at once.
    """
    return _settling(key, "claimed_at", moment)


def suppressed(key: Key, moment: datetime) -> Write:
    """The mail will never be sent, and the history of its case says so."""
    return _settling(key, "suppressed_at", moment)


def sent(key: Key, message_id: str, moment: datetime) -> None:
    """Note it, if need be behind another delivery that is claiming it just now."""
    values = {"at": stamp(moment), "id": message_id}
    until_first(lambda: apply(update(key, "SET sent_at = :at, message_id = :id", values)))


def notified_key(case_id: str) -> Key:
    return case_key(case_id)[0], "MAILS"


def notified_of(item: Item | None) -> tuple[Notified, int]:
    """The mails that may count still, and the version of that record."""
    return (Notified.model_validate_json(item["data"]), item["version"]) if item else (Notified(), 0)


def notified(case_id: str, mails: Notified, version: int, moment: datetime) -> Write:
    """Keep the next version; `WriteConflict` where another mail of the case was counted meanwhile."""
    item = {"data": mails.model_dump_json(), "expires": int((moment + WITHIN).timestamp())}
    return versioned(notified_key(case_id), item, version + 1)


def _settling(key: Key, what: str, moment: datetime) -> Write:
    def refused(found: Item | None) -> Exception:
        return AlreadySettled() if found and found.keys() & {"sent_at", "suppressed_at"} else ClaimedElsewhere()

    return put(
        key,
        {what: stamp(moment), "expires": int((moment + KEPT).timestamp())},
        condition="attribute_not_exists(sent_at) AND attribute_not_exists(suppressed_at)"
        " AND (attribute_not_exists(pk) OR claimed_at < :stale)",
        values={"stale": stamp(moment - CLAIM_VALID_FOR)},
        refused=refused,
    )
