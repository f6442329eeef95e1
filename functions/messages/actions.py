"""What can be done in a conversation."""

from functions.cases import model, repository
from functions.cases.model import Case, Change
from functions.cases.repository import ReadMark, entry_key, mark_of
from functions.events import Actor, Audience
from functions.obeyed import Once
from functions.table import read, until_first


def post_message(
    case: Case,
    by: Actor,
    text: str,
    audience: Audience = "customer",
    author_name: str | None = None,
    once: Once | None = None,
) -> Change:
    """Post into the conversation. Raise `ActionNotAllowed` where the case takes no comments (C37)."""
    return repository.change(
        case, lambda latest, moment: model.posted(latest, by, moment, text, audience, author_name), once
    )


def mark_read(person_id: str, case: Case, mark: ReadMark, sequence: int) -> None:
    """The reader, whose mark was there, has read up to that event; a mark never moves back (D1)."""
    key = entry_key(person_id, case.case_id)
    wanted = min(sequence, case.sequence)
    unused = [mark]

    def attempt() -> None:
        latest = unused.pop() if unused else mark_of(read(key).get(key))
        if wanted > latest.read_sequence:
            repository.mark_read(person_id, case.case_id, latest, wanted)

    until_first(attempt)
