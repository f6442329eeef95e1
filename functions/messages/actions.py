"""What can be done in a conversation."""

import hashlib
from functools import partial

from functions.cases import lists, repository, verbs
from functions.cases.change import Change, change_of
from functions.cases.item_keys import entry_key
from functions.cases.lists import ReadMark, mark_of
from functions.cases.model import Case, CaseNotFound
from functions.clock import now
from functions.events import Audience, MailReceived
from functions.ids import derived_id, new_id
from functions.obeyed import Mandate
from functions.table import Item, anew, read, until_first
from functions.uploads.actions import take
from functions.uploads.model import Files, NewUpload


def post_message(
    case: Case,
    by: Mandate,
    text: str,
    audience: Audience = "customer",
    author_name: str | None = None,
    files: Files = (),
) -> Change:
    """Post into the conversation. Raise `ActionNotAllowed` where the case takes no comments, or no files (C37)."""
    rule = partial(verbs.posted, text=text, audience=audience, author_name=author_name, files=files)
    return repository.change(case, rule, by)


def post_mail(case: Case, by: Mandate, text: str, left_out: int) -> Change:
    """The same, for what was written by mail, and whose files were left out."""
    return repository.change(case, partial(verbs.posted, text=text, via="mail", left_out=left_out or None), by)


def keep_mail(case: Case, by: Mandate, mail: MailReceived) -> Change:
    """A mail that is no message, for those inside."""
    return repository.change(case, lambda latest, actor, moment: change_of(latest, actor, moment).then(mail), by)


def add_attachment(
    case: Case,
    by: Mandate,
    text: str,
    name: str,
    content_type: str,
    content: bytes,
    audience: Audience = "customer",
    author_name: str | None = None,
) -> Change:
    """Post a message with a file that comes along with the request; a repeated request brings the same file.

    Raise `FileNotAccepted`, or as `post_message`.
    """
    upload_id = derived_id("att", *by.once.key) if by.once else new_id("att", now())
    checksum = hashlib.sha256(content).hexdigest()
    file = NewUpload(name=name, size=len(content), content_type=content_type, sha256=checksum)
    upload = take(upload_id, by.actor.id, file, content)
    return post_message(case, by, text, audience, author_name, files=(upload,))


def mark_read(person_id: str, case: Case, mark: ReadMark, sequence: int) -> None:
    """The reader, whose mark was there, has read up to that event; a mark never moves back (D1).

    Raise `CaseNotFound` where the reader's entry is gone: the case was shared with them, and is no longer.
    """
    key = entry_key(person_id, case.case_id)
    wanted = min(sequence, case.sequence)
    read_mark = anew(mark, lambda: _present(read(key).get(key)))

    def attempt() -> None:
        latest = read_mark()
        if wanted > latest.read_sequence:
            lists.mark_read(person_id, case.case_id, latest, wanted)

    until_first(attempt)


def _present(entry: Item | None) -> ReadMark:
    if entry is None:
        raise CaseNotFound
    return mark_of(entry)
