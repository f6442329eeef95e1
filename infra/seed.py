"""Load a catalogue from a file: calendars, accounts, departments, contacts, configuration items, agreements.

    python -m infra.seed demo/acme.yaml --as ingrid.voss@portico.example [--api https://…]

It asks the HTTP API what an administrator would, so the same rules hold and the same history is kept. Loading a file
again changes nothing; one that was changed changes what differs. What is refused is reported, and the rest goes on.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import yaml

from infra.administrator import CONFLICT, CREATED, OK, Answer, Ask, NotSignedIn, Record, client, name_administrator
from infra.local.endpoints import NotRunning

KINDS = ("calendars", "accounts", "departments", "contacts", "configuration_items", "agreements")
"""In the order in which one refers to another."""


class Unreadable(Exception):
    """The file is no catalogue; the text says why."""


@dataclass
class Report:
    done: Counter[str] = field(default_factory=Counter)
    """How many were added, changed, unchanged and refused."""
    refused: list[str] = field(default_factory=list)


def read(text: str) -> dict[str, list[Record]]:
    """A catalogue in YAML or JSON: a list of records per kind, each as the API takes it. Raise `Unreadable`."""
    try:
        found = yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        raise Unreadable(f"it is neither YAML nor JSON: {error}") from None
    if not isinstance(found, dict) or set(found) - set(KINDS):
        raise Unreadable(f"it must hold lists named {', '.join(KINDS)}, and nothing else")
    for kind, records in found.items():
        if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
            raise Unreadable(f"{kind} must be a list of records")
    plain: dict[str, list[Record]] = json.loads(json.dumps(found, default=_as_text))
    return plain


def load(catalogue: Mapping[str, list[Record]], ask: Ask, show: Callable[[str], None]) -> Report:
    """Keep every record, in the order in which they need each other; agreements without a default one are a fault."""
    report = Report()
    total = sum(len(records) for records in catalogue.values())
    for kind, record in _in_order(catalogue):
        done, why = _keep(kind, record, ask)
        report.done[done] += 1
        if done == "refused":
            report.refused.append(f"{kind}: {_name(kind, record)}: {why}")
        show(f"{report.done.total()} of {total}: {kind}, {_name(kind, record)}")
    if catalogue.get("agreements"):
        report.refused += _without_default(ask)
    return report


def _without_default(ask: Ask) -> Iterator[str]:
    """An administrator has no agreement, and so asks with the default one."""
    for service in ask("GET", "/v1/services", None).body["data"][:1]:
        preview = ask("POST", "/v1/cases/preview", {"service": service["service"]})
        if preview.body.get("code") == "default_agreement_missing":
            yield f"agreements: {preview.why}"


def _in_order(catalogue: Mapping[str, list[Record]]) -> Iterator[tuple[str, Record]]:
    return ((kind, record) for kind in KINDS for record in catalogue.get(kind, []))


def _keep(kind: str, record: Record, ask: Ask) -> tuple[str, str]:
    """Add it, or change what is there; what was done, and why not."""
    if kind == "calendars":
        return _keep_calendar(record, ask)
    path = f"/v1/admin/{kind.replace('_', '-')}"
    added = ask("POST", path, record)
    if added.status == CREATED:
        return "added", ""
    place = _place(kind, record, added)
    if added.status != CONFLICT or place is None:
        return "refused", added.why
    body = {name: value for name, value in record.items() if name != "email"}
    return _change(f"{path}/{place}", body, ask)


def _place(kind: str, record: Record, refusal: Answer) -> str | None:
    """The id under which there is one already."""
    if kind == "contacts":
        found = refusal.body.get("contact_id")
        return str(found) if found else None
    return str(record[_id_field(kind)]) if refusal.body.get("code") == "id_taken" else None


def _change(path: str, body: Record, ask: Ask) -> tuple[str, str]:
    before, after = ask("GET", path, None), ask("PUT", path, body)
    if after.status != OK:
        return "refused", after.why
    return "unchanged" if after.body["version"] == before.body["version"] else "changed", ""


def _keep_calendar(record: Record, ask: Ask) -> tuple[str, str]:
    """A calendar is put under its name, whether there is one or not."""
    path = f"/v1/admin/calendars/{record.get('calendar')}"
    body = {name: value for name, value in record.items() if name != "calendar"}
    before = ask("GET", path, None)
    if before.status == OK and body.items() <= before.body.items():
        return "unchanged", ""
    kept = ask("PUT", path, body)
    if kept.status != OK:
        return "refused", kept.why
    return "changed" if before.status == OK else "added", ""


def _name(kind: str, record: Record) -> str:
    return str(record.get("email" if kind == "contacts" else _id_field(kind), "without a name"))


def _id_field(kind: str) -> str:
    return "calendar" if kind == "calendars" else f"{kind.removesuffix('s')}_id"


def _as_text(value: Any) -> str:
    """YAML reads points in time and days by itself; the API takes texts."""
    if isinstance(value, date):
        return value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value.isoformat()
    raise Unreadable(f"{type(value).__name__} is no type of JSON")


def _progress(line: str) -> None:
    """In place on a terminal, else line by line."""
    print(f"\r\033[K{line}" if sys.stdout.isatty() else line, end="" if sys.stdout.isatty() else "\n", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    name_administrator(parser)
    wish = parser.parse_args()
    try:
        catalogue = read(wish.file.read_text())
        report = load(catalogue, client(wish.email, wish.api), _progress)
    except Unreadable as failure:
        sys.exit(f"{wish.file}: {failure}")
    except (NotSignedIn, NotRunning, OSError) as failure:
        sys.exit(str(failure))
    numbers = (f"{report.done[done]} {done}" for done in ("added", "changed", "unchanged", "refused"))
    print("\n" if sys.stdout.isatty() else "", ", ".join(numbers), sep="")
    for line in report.refused:
        print(f"  refused: {line}")
    sys.exit(1 if report.refused else 0)


if __name__ == "__main__":
    main()
