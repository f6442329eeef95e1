"""Whether the timeline of a case is as it was written, some entries at a time."""

from functions.cases import chain, repository, timeline
from functions.cases.chain import Broken
from functions.cases.model import CaseNotFound
from functions.events import Frozen
from functions.table import WriteConflict, until_first

ENTRIES = 500
"""How many are followed at once, so that one request suffices for most cases and none takes too long."""


class Verified(Frozen):
    """The chain of a case, followed up to an entry."""

    case_id: str
    number: str
    entries: int
    """How many entries the timeline has."""
    up_to: int
    link: str
    """Of the last entry that was followed; at the end, to be noted outside of Portico."""
    erased: int
    """Of the entries that were followed now, those without what was personal in them."""
    broken: Broken | None

    @property
    def is_whole(self) -> bool:
        return self.broken is None and self.up_to == self.entries


def verify(case_id: str, after: int = 0, before: str = "") -> Verified:
    """Follow the chain on from entry `after`, whose link is `before`. Raise `CaseNotFound`."""

    def attempt() -> Verified:
        case = repository.find(case_id)
        if case is None:
            raise CaseNotFound
        is_last = after + ENTRIES >= case.sequence
        up_to = case.sequence if is_last else after + ENTRIES
        entries = timeline.chained(case_id, after, None if is_last else up_to)
        head = case.head if is_last else None
        broken = chain.first_broken(entries, after=after, before=before, newest=up_to, head=head)
        if broken and repository.find(case_id) != case:
            raise WriteConflict  # it has moved on meanwhile, which is no harm
        return Verified(
            case_id=case_id,
            number=case.number,
            entries=case.sequence,
            up_to=up_to,
            link=entries[-1].link if entries else before,
            erased=sum(entry.salt is None for entry in entries),
            broken=broken,
        )

    return until_first(attempt)
