"""What a submitted case is, at once and for everybody."""

import json

import pytest

from tests.world import World

MESSAGE = "When is the town hall open on Fridays?"


def test_a_case_has_its_number_subject_and_category_from_the_service(world: World, ana: str) -> None:
    """Number by the service's template, subject from service and category, status new (C3, C4, C9, C28)."""
    request = world.create(ana)
    incident = world.create(ana, "report-incident", key="key-2")
    year = request.json["created_at"][:4]
    assert (request.json["number"], request.json["subject"], request.json["category"]) == (
        f"SR-{year}-000001",
        "Contact us: Service request",
        "service_request",
    )
    assert (incident.json["number"], incident.json["subject"], incident.json["category"]) == (
        f"INC-{year}-000001",
        "Report an incident: Incident",
        "incident",
    )
    assert request.json["status"] == incident.json["status"] == "new"


def test_creation_answers_where_the_case_is_and_its_version(world: World, ana: str) -> None:
    """201 with Location and ETag; the view there shows the same case (F2)."""
    created = world.create(ana)
    assert created.status == 201
    seen = world.gateway("GET", created.location, token=ana)
    assert seen.headers["ETag"] == created.headers["ETag"]
    assert {name: seen.json[name] for name in created.json} == created.json


def test_what_the_customer_wrote_is_the_first_message(world: World, ana: str) -> None:
    """The conversation begins with the text of the form, which is no answer besides (F19, F20, C26)."""
    created = world.create(ana, MESSAGE=MESSAGE)
    assert created.json["answers"] == {"TOPIC": "OTHER"}
    [message] = world.view(ana, created.json["case_id"])["messages"]
    assert message["text"] == MESSAGE
    assert (message["kind"], message["audience"], message["sequence"]) == ("comment", "customer", 2)
    assert message["author"] == {"kind": "customer", "name": "ana@example.org"}
    assert message["created_at"] == created.json["created_at"]


def test_creation_tells_the_internal_system_of_the_case_and_of_its_first_message(world: World, ana: str) -> None:
    """Both events leave together, in order, with the message in full (F11, F19, F23, F24)."""
    case_id = world.open_case(ana, MESSAGE=MESSAGE)
    first, second = world.events_told(case_id)[:2]
    assert (first["type"], second["type"]) == ("portico.case.created.v1", "portico.message.posted.v1")
    assert (first["time"], second["data"]["text"]) == (second["time"], MESSAGE)


@pytest.mark.parametrize(
    ("service", "answers", "needed"),
    [
        (
            "contact-us",
            {"TOPIC": "STREETS", "PLACE": "canary place", "MESSAGE": "canary of a message"},
            {"TOPIC": "STREETS"},
        ),
        ("report-incident", {"DESCRIPTION": "canary of a message"}, {"AFFECTED": "ACCOUNT", "IMPACT": "ME"}),
    ],
)
def test_step_functions_holds_only_what_conditions_read(
    world: World, ana: str, service: str, answers: dict[str, str], needed: dict[str, str]
) -> None:
    """Neither message nor place, name or address stand in a workflow's input, and it is small (F6)."""
    case_id = world.open_case(ana, service, **answers)
    [execution] = world.workflows.executions.values()
    assert execution.data["answers"] == needed
    held = json.dumps(execution.data)
    assert "canary" not in held
    assert "ana@" not in held
    assert len(held) < 32_000
    assert set(execution.data) == {"case_id", "resume_at", "decided", "answers", "outcomes", "decisions"}
    assert execution.data["case_id"] == case_id


def test_a_case_that_is_refused_leaves_nothing_behind(world: World, ana: str) -> None:
    """No case without number, no number, event or record of a request without its case (C28)."""
    before = len(world.items())
    assert world.create(ana, MESSAGE="short").status == 422
    assert len(world.items()) == before
