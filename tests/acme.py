"""The catalogue of the demonstration in the test world: Ana of Acme's Ops, Bob of Acme, Eve of Globex."""

from pathlib import Path
from typing import Any

from infra import seed
from infra.administrator import Answer, Ask
from infra.seed import Report
from tests.world import World

FILE = Path(__file__).parents[1] / "demo/acme.yaml"
ANA, BOB, EVE = "ana@acme.example", "bob@acme.example", "eve@globex.example"
INCIDENT, REQUEST = "report-incident", "contact-us"


def administrator(world: World, token: str, name: str = "ask") -> Ask:
    """Asks the API as an administrator; `name` is of this one alone."""
    asked = 0

    def ask(method: str, path: str, body: dict[str, Any] | None) -> Answer:
        nonlocal asked
        asked += 1
        key = {"Idempotency-Key": f"{name}-{asked}"}
        answer = world.gateway(method, path, body, token=token, headers=key if method == "POST" else None)
        return Answer(answer.status, answer.json)

    return ask


def load(world: World, *, token: str | None = None, without: str = "") -> tuple[Ask, Report]:
    """Acme with its agreements and things; both features are switched on."""

    def play() -> tuple[str, Report]:
        by = token or world.administrator()
        world.switch_on("agreements", "configuration_items")
        catalogue = seed.read(FILE.read_text())
        if without:
            catalogue["agreements"] = [each for each in catalogue["agreements"] if each["agreement_id"] != without]
        report = seed.load(catalogue, administrator(world, by, "load"), lambda _: None)
        assert bool(report.refused) == (without == "DEFAULT"), report.refused
        return by, report

    by, report = world.played(f"Acme by {token}, without {without}", play)
    return administrator(world, by), report


def agree(ask: Ask, agreement_id: str, kind: str, party_id: str, **other: Any) -> Answer:
    """One more agreement, about all services where nothing else is said."""
    agreement = {
        "agreement_id": agreement_id,
        "title": f"Agreement {agreement_id}",
        "party": {"kind": kind, "id": party_id},
        "valid_from": "2026-01-01T00:00:00Z",
        "all_services": True,
    }
    return ask("POST", "/v1/admin/agreements", agreement | other)
