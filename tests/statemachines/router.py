"""The processes as a pure function, written by hand from what they are for; the machines must agree with it."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

FORMS: dict[str, list[dict[str, str]]] = {
    "contact-us": [{"TOPIC": topic} for topic in ("STREETS", "WASTE", "OTHER")],
    "report-incident": [
        {"AFFECTED": affected, "IMPACT": impact}
        for affected, impact in product(("NETWORK", "ACCOUNT", "DEVICE"), ("ME", "MANY"))
    ],
}
"""Every combination of the answers that conditions read."""

NEXT: dict[str, dict[str, dict[str, str]]] = {
    "contact-us": {
        "answer": {"ANSWERED": "answered", "PASS_ON": "inspect"},
        "inspect": {"REPAIR": "repair", "NO_ACTION": "no_action", "REFER": "referred"},
        "repair": {"REPAIRED": "repaired"},
    },
    "report-incident": {
        "diagnose": {"SOLVED": "solved", "NEED_CUSTOMER": "ask_customer", "ESCALATE": "escalated"},
        "diagnose_network": {"SOLVED": "solved", "NEED_CUSTOMER": "ask_customer", "ESCALATE": "escalated"},
        "ask_customer": {"ANSWERED": "diagnose"},
        "escalated": {"INTERNAL": "solved", "VENDOR": "solved_by_vendor"},
    },
}
"""Of each process and stage: where each outcome leads; an answer of the customer to whoever has asked."""

ASKS_CUSTOMER = "ask_customer"
UNANSWERED = "unanswered"
"""Where a case comes whose customer has not answered in time."""

GIVES_UP = {"contact-us": "answered", "report-incident": "solved"}
"""The end to which a supervisor brings a stuck case."""


@dataclass(frozen=True)
class Path:
    """One way through a process."""

    service: str
    answers: dict[str, str]
    stages: tuple[str, ...]
    outcomes: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "-".join((*self.answers.values(), *self.outcomes))


def first(service: str, answers: dict[str, str]) -> str:
    """Where a case begins, by the content of its form (O3, O4)."""
    if service == "contact-us":
        return "inspect" if answers["TOPIC"] == "STREETS" else "answer"
    network = answers == {"AFFECTED": "NETWORK", "IMPACT": "MANY"}
    return "diagnose_network" if network else "diagnose"


def paths(service: str, answers: dict[str, str]) -> Iterator[Path]:
    """Every way that a case with these answers can take."""

    def on(path: Path) -> Iterator[Path]:
        ways = NEXT[service].get(path.stages[-1])
        if ways is None:
            yield path
            return
        for outcome, way in ways.items():
            stage = path.stages[-2] if path.stages[-1] == ASKS_CUSTOMER else way
            if stage != ASKS_CUSTOMER or ASKS_CUSTOMER not in path.stages:  # asked once, asked twice: the same way
                yield from on(Path(service, answers, (*path.stages, stage), (*path.outcomes, outcome)))

    yield from on(Path(service, answers, (first(service, answers),)))


def all_paths() -> list[Path]:
    return [path for service, forms in FORMS.items() for answers in forms for path in paths(service, answers)]


def distinct_paths() -> list[Path]:
    """All ways, with one form for each first stage: what follows depends on outcomes alone."""
    seen: dict[tuple[str, str, tuple[str, ...]], Path] = {}
    for path in all_paths():
        seen.setdefault((path.service, path.stages[0], path.outcomes), path)
    return list(seen.values())
