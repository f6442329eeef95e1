"""What a service's file may not say: refused when it is read, which is before it is deployed."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from functions.cases import services
from functions.cases.services import FOLDER, AnswersInvalid, ServiceInvalid, load
from infra import deploy
from infra.stage import stage

SERVICE = "contact-us"
VARIABLES = "/variables/ftlCase"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the processes to spoil."""
    monkeypatch.setattr(services, "FOLDER", shutil.copytree(FOLDER, tmp_path / "statemachines"))
    return services.FOLDER / SERVICE


def spoil(file: Path, place: str, value: Any) -> None:
    """Set what stands at that place of a JSON file; None takes it away."""
    document = json.loads(file.read_text())
    *way, last = place.strip("/").split("/")
    inner = document
    for step in way:
        inner = inner[step]
    inner.pop(last) if value is None else inner.update({last: value})
    file.write_text(json.dumps(document))


@pytest.mark.parametrize(
    ("place", "value", "complaint"),
    [
        pytest.param("/title", None, "/title: Field required", id="F13: no title"),
        pytest.param("/variables", None, "/variables: Field required", id="F12: no variables"),
        pytest.param(f"{VARIABLES}Subject", None, f"{VARIABLES}Subject: Field required", id="F12: no subject"),
        pytest.param(f"{VARIABLES}Status", None, f"{VARIABLES}Status: Field required", id="F12: no status"),
        pytest.param(f"{VARIABLES}Read", None, f"{VARIABLES}Read: Field required", id="F12: no mark"),
        pytest.param(
            f"{VARIABLES}Subject", "{name}", f"{VARIABLES}Subject: String should match", id="F13: what is unknown"
        ),
        pytest.param(f"{VARIABLES}Status", "closed", f"{VARIABLES}Status: Input should be", id="F14: over at once"),
        pytest.param("/stages/inspect/ftlCaseRead", "yes?", "/stages/inspect/ftlCaseRead: Input", id="F15: no mark"),
        pytest.param("/category", "order", "/category: Input should be", id="C9: no category"),
        pytest.param("/stages/inspect/status", None, "/stages/inspect/status: Field required", id="F14: no status"),
        pytest.param("/stages/inspect/status", "open", "/stages/inspect/status: Input should be", id="F14: another"),
        pytest.param("/initial_message", None, "/initial_message: Field required", id="F19: no message"),
        pytest.param("/initial_message", "PLACE", "/initial_message: must be a field that", id="F19: perhaps none"),
        pytest.param("/stages/inspect/kind", "hot_operation", "/stages/inspect/kind: Extra", id="F9: a stage's kind"),
        pytest.param("/kind", "hot_operation", "/kind: Extra inputs", id="F9: the process's kind"),
        pytest.param("/condition_fields", ["PLACE"], "/condition_fields/0: must be a field that", id="O15"),
        pytest.param("/stages/inspect/team", None, "/stages/inspect: a task has a team", id="O4: nobody's task"),
        pytest.param("/stages/inspect/leads_to", None, "/stages/inspect/leads_to: must be the", id="C5: no way on"),
        pytest.param("/stages/inspect/leads_to", "mars", "/stages/inspect/leads_to: must be the", id="C5: nowhere"),
        pytest.param("/stages/repair/leads_to", "inspect", "/stages/inspect/leads_to: the way that", id="C5: endless"),
        pytest.param("/stages/repaired/leads_to", "answer", "/stages/repaired/leads_to: an end", id="C5: past the end"),
        pytest.param("/reopen_at", "answered", "/reopen_at: must be a stage with a task", id="C31: a dead end"),
        pytest.param("/service", "contact", "/service: must be the name of its folder", id="F8: another name"),
        pytest.param("/number", "SR-{yyyy}", "/number: has no place for the count", id="C3: one number for all"),
    ],
)
def test_a_file_that_breaks_a_rule_is_refused_with_its_place(
    folder: Path, place: str, value: Any, complaint: str
) -> None:
    """Three variables, a status at each stage, a first message (F9, F12, F13, F14, F15, F19, O15).

    From each stage an expected way to an end (C5).
    """
    spoil(folder / "service.json", place, value)
    with pytest.raises(ServiceInvalid) as refused:
        load(SERVICE)
    assert f"statemachines/{SERVICE}/service.json: {complaint}" in str(refused.value)


def test_a_form_whose_condition_holds_by_itself_is_refused(folder: Path) -> None:
    """An `if` about an answer holds without that answer, too, where it is not required (JSON Schema; C28)."""
    spoil(folder / "form.json", "/schema/if/required", None)
    with pytest.raises(ServiceInvalid) as refused:
        load(SERVICE)
    assert f"statemachines/{SERVICE}/form.json: /schema/if: must have TOPIC in `required`" in str(refused.value)


def test_a_sound_file_is_read(folder: Path) -> None:
    """The check refuses nothing that is right, shared processes included (F8)."""
    assert {load(path.parent.name).service for path in folder.parent.glob("*/service.json")} == {
        service.service for service in services.all_services()
    }


def test_nothing_is_deployed_before_all_is_checked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The deploy reads the services as the functions will, first of all (F9, F14, F19)."""
    source = tmp_path / "source"
    shutil.copytree(FOLDER.parent / "functions", source / "functions")
    shutil.copytree(FOLDER, source / "statemachines")
    spoil(source / "statemachines" / SERVICE / "service.json", "/stages/inspect/status", None)
    monkeypatch.setattr(deploy, "ROOT", source)
    with pytest.raises(
        deploy.ServicesInvalid, match=r"contact-us/service\.json: /stages/inspect/status: Field required"
    ):
        deploy.up(stage("local"), tmp_path / "build")


def test_a_choice_in_a_form_may_be_any_schema(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`true` and `false` are schemas, too (JSON Schema 2020-12, 4.3.2); the form is read once for all answers (C28)."""
    shutil.copytree(folder, folder.with_name("odd"))
    spoil(folder.with_name("odd") / "service.json", "/service", "odd")
    spoil(folder.with_name("odd") / "form.json", "/schema/properties/TOPIC/oneOf", [False, {"const": "A"}])
    odd = load("odd")
    monkeypatch.setattr(services, "_catalogue", lambda: {"odd": odd})
    for _ in range(2):
        with pytest.raises(AnswersInvalid) as refused:
            odd.check_answers({"TOPIC": "B", "MESSAGE": "A deep hole in the road."})
        assert [error["code"] for error in refused.value.errors] == ["oneOf"]
        shutil.rmtree(folder.with_name("odd"), ignore_errors=True)
