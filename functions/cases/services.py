"""What a customer can ask for: each service is a folder in `statemachines/`, read once."""

import json
from collections.abc import Iterable, Iterator
from datetime import timedelta
from functools import cache, reduce
from operator import getitem
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from functions.calendars.model import BASE
from functions.cases.status import COMMENT_BLOCKED, Status
from functions.cases.terms import AutoClose, Strategy, Term, Terms
from functions.errors import FieldError, Invalid, field_errors, pointer
from functions.events import Frozen

CUSTOMER = "customer"
"""In place of a team: the stage waits for the customer, whose answer is its outcome."""
FOLDER = Path(__file__).parents[2] / "statemachines"
Category = Literal["service_request", "incident", "consultation"]


class ServiceUnknown(Invalid):
    pass


class AnswersInvalid(Invalid):
    pass


class ServiceInvalid(Exception):
    """A service's file says what cannot be; the text names the file, and each place in it."""

    def __init__(self, file: str, complaints: Iterable[str]) -> None:
        super().__init__("\n".join(f"statemachines/{file}: {complaint}" for complaint in complaints))


class Variables(Frozen):
    """What every process binds, under the names of its kind of portal: how its cases begin (F12)."""

    subject: str = Field(alias="ftlCaseSubject", pattern=r"^([^{}]|\{service\}|\{category\})+$")
    """Template of what cases are called: `{service}` and `{category}` are their titles (C4, F13)."""
    status: Literal[Status.new] = Field(alias="ftlCaseStatus")
    """Each stage sets another, or the same again (F14)."""
    unread: bool = Field(alias="ftlCaseRead")
    """Whether a new case shows as unread: true does, whatever the name suggests (F15, D1)."""


class Stage(Frozen):
    """Where a case stands: each stage sets a status (F14)."""

    title: str
    status: Status
    unread: bool | None = Field(default=None, alias="ftlCaseRead")
    """Whether a case that comes here shows as unread (true) or not (false), to all who read it; where a stage says
    nothing, messages and reading them decide (F15, F16, D1)."""
    team: str | None = None
    """Who gets the task that this stage waits for: a team, or `customer`."""
    outcomes: tuple[str, ...] = ()
    """How that task can end; a person, or the internal system, decides."""
    due_hours: int = Field(default=120, gt=0)
    resolution: Term | None = None
    """A promise of this stage's own, from which the resolution deadline is calculated anew (C47)."""
    ends: bool = False
    """Whether the workflow ends here."""
    leads_to: str | None = None
    """The stage that is expected next (C5); one that waits for the customer goes back to where the case came from."""

    @property
    def due_in(self) -> timedelta:
        return timedelta(hours=self.due_hours)


class Service(Frozen):
    """What a customer can ask for, and the process that a case about it takes."""

    service: str
    process: str
    """The folder whose state machine runs its cases; what a service does not say, it takes from there."""
    title: str
    description: str
    category: Category
    number: str
    """Template of case numbers: `{yyyy}` is the year, `{seq:6}` six digits that never repeat."""
    system: str
    """The internal system that works on these cases."""
    initial_message: str
    """The answer that becomes the first message of the conversation (F20)."""
    variables: Variables
    portals: tuple[str, ...] = ()
    """The stages whose portal offers it; every one where none is named."""
    condition_fields: tuple[str, ...]
    """The answers that the workflow may see: what its conditions need, and no more."""
    reopen_at: str
    """The stage that a reopened case goes on with."""
    complaints_to: str
    """The team that looks after complaints."""
    abandon_reasons: dict[str, str]
    """Why staff may abandon such a case: code and what people read (O19, D10)."""
    messaging: bool = True
    """Whether customers may write in the conversation (F10)."""
    comment_blocked: tuple[Status, ...] = COMMENT_BLOCKED
    """In which statuses nobody comments any more (D4)."""
    terms: Terms = Terms()
    """How soon work starts and the case is resolved (C25)."""
    deadline_strategies: tuple[Strategy, ...] = ("stage", "agreement", "service")
    """Whose terms are taken: the first that can be computed (C44)."""
    auto_close: AutoClose | None = None
    """When a resolved case is closed by itself; without it, never."""
    stages: dict[str, Stage]

    @property
    def category_title(self) -> str:
        return self.category.replace("_", " ").capitalize()

    @property
    def subject(self) -> str:
        """C4."""
        return self.variables.subject.replace("{service}", self.title).replace("{category}", self.category_title)

    @property
    def teams(self) -> tuple[str, ...]:
        """Those that may have a task of its cases."""
        teams = (stage.team for stage in self.stages.values() if stage.team and stage.team != CUSTOMER)
        return tuple(dict.fromkeys((*teams, self.complaints_to)))

    @property
    def calendars(self) -> tuple[str, ...]:
        """The names of those that may count for its cases, the base calendar among them."""
        closing = self.auto_close.after if self.auto_close else None
        stages = (stage.resolution for stage in self.stages.values())
        terms = (self.terms.response, self.terms.resolution, *stages, closing)
        return tuple(dict.fromkeys((*(term.calendar for term in terms if term and term.calendar), BASE)))

    def expected_from(self, stage: str | None) -> Iterator[str]:
        """That stage and those behind it, up to the end, if each leads on as expected (C5)."""
        while stage in self.stages:
            yield stage
            stage = self.stages[stage].leads_to

    @property
    def form_file(self) -> str:
        """Its own, or the one of its process."""
        own = f"{self.service}/form.json"
        return own if (FOLDER / own).exists() else f"{self.process}/form.json"

    def form(self) -> dict[str, Any]:
        """`schema` (JSON Schema 2020-12, a property per field) and `ui` (order, help)."""
        form: dict[str, Any] = json.loads((FOLDER / self.form_file).read_text())
        return form

    def check_answers(self, answers: dict[str, Any]) -> None:
        """Raise `AnswersInvalid`, naming each field and the rule that it breaks."""
        schema, validator = _checked_by(self.service)
        errors = [found for error in validator.iter_errors(answers) for found in _field_errors(error, schema)]
        if errors:
            raise AnswersInvalid("The form has answers that break a rule; see `errors`.", errors=errors)


def all_services() -> list[Service]:
    return list(_catalogue().values())


def get(service: str) -> Service:
    try:
        return _catalogue()[service]
    except KeyError:
        error = FieldError(pointer="/service", code="unknown", message="is not a service of this portal")
        raise ServiceUnknown("There is no such service.", errors=[error]) from None


def calendars(service: str) -> tuple[str, ...]:
    """The names of the calendars that may count for cases of that service, if there is such a one."""
    found = _catalogue().get(service)
    return found.calendars if found else ()


@cache
def _catalogue() -> dict[str, Service]:
    return {path.parent.name: load(path.parent.name) for path in sorted(FOLDER.glob("*/service.json"))}


def load(folder: str) -> Service:
    """The service of that folder. Raise `ServiceInvalid` where its file breaks a rule."""
    try:
        service = Service.model_validate_json(json.dumps(_described(folder)))
    except ValidationError as error:
        complaints = [f"{each['pointer']}: {each['message']}" for each in field_errors(error)]
        raise ServiceInvalid(f"{folder}/service.json", complaints) from None
    if complaints := list(_complaints(folder, service)):
        raise ServiceInvalid(f"{folder}/service.json", complaints)
    if complaints := list(_hasty_conditions(service.form()["schema"], "/schema")):
        raise ServiceInvalid(service.form_file, complaints)
    return service


def _complaints(folder: str, service: Service) -> Iterator[str]:
    """What no shape can say: the parts of a service name each other."""
    if service.service != folder:
        yield f"/service: must be the name of its folder, {folder}"
    if "{seq:" not in service.number:
        yield "/number: has no place for the count, such as {seq:6}"
    always_asked = service.form()["schema"].get("required", ())
    if service.initial_message not in always_asked:
        yield "/initial_message: must be a field that the form always asks for, since a case begins with a message"
    for place, field in enumerate(service.condition_fields if service.process == folder else ()):
        if field not in always_asked:
            yield f"/condition_fields/{place}: must be a field that the form always asks for"
    if not service.stages.get(service.reopen_at, _NOWHERE).outcomes:
        yield "/reopen_at: must be a stage with a task"
    for name, stage in service.stages.items():
        if bool(stage.outcomes) != bool(stage.team):
            yield f"{pointer('stages', name)}: a task has a team and outcomes, any other stage neither"
        if complaint := _astray(service, stage):
            yield f"{pointer('stages', name, 'leads_to')}: {complaint}"


_NOWHERE = Stage(title="", status=Status.new)


def _astray(service: Service, stage: Stage) -> str | None:
    """What is wrong with where it leads: the way that is expected must come to an end without asking the customer."""
    if stage.ends or stage.team == CUSTOMER:
        return "an end leads nowhere, and what waits for the customer back" if stage.leads_to else None
    behind = service.stages.get(stage.leads_to or "")
    if behind is None or behind.team == CUSTOMER:
        return "must be the stage that is expected next, and none that waits for the customer"
    ways = zip(service.expected_from(stage.leads_to), service.stages, strict=False)
    return None if any(service.stages[name].ends for name, _ in ways) else "the way that is expected never ends"


def _hasty_conditions(node: Any, place: str) -> Iterator[str]:
    """Each `if` of a form that holds where the answer it looks at is missing, too (JSON Schema)."""
    if isinstance(node, dict) and isinstance(condition := node.get("if"), dict):
        for name in sorted({*condition.get("properties", ())} - {*condition.get("required", ())}):
            yield f"{place}/if: must have {name} in `required`, or it holds where {name} is missing, too"
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for name, inner in children:
        yield from _hasty_conditions(inner, place + pointer(name))


def _described(folder: str) -> dict[str, Any]:
    described: dict[str, Any] = json.loads((FOLDER / folder / "service.json").read_text())
    process = described.setdefault("process", folder)
    return described if process == folder else _described(process) | described


@cache
def _checked_by(service: str) -> tuple[Any, Any]:
    """The schema of its form, and the validator of it; imported here, since only the submission of a form needs it."""
    import jsonschema_rs

    schema = get(service).form()["schema"]
    return schema, jsonschema_rs.Draft202012Validator(schema, validate_formats=True, mask="the answer")


def _field_errors(error: Any, schema: Any) -> list[FieldError]:
    """One broken rule; for a missing or surplus field the place is its own, not its parent's."""
    place = pointer("answers", *error.instance_path)
    rule = error.kind.as_dict()
    if error.kind.name == "additionalProperties":
        surplus = [place + pointer(name) for name in rule["unexpected"]]
        return [FieldError(pointer=field, code="unknown", message="is not a field of this form") for field in surplus]
    if error.kind.name == "required":
        return [FieldError(pointer=place + pointer(rule["property"]), code="required", message="must be answered")]
    message = error.message
    if error.kind.name == "oneOf" and (choices := _choices(reduce(getitem, error.schema_path, schema))):
        message = f"must be one of {', '.join(choices)}"
    return [FieldError(pointer=place, code=error.kind.name, message=message)]


def _choices(alternatives: list[Any]) -> list[str]:
    """What can be chosen, where each of the alternatives is one value, as forms say it."""
    values = [each["const"] for each in alternatives if isinstance(each, dict) and "const" in each]
    return [str(value) for value in values] if len(values) == len(alternatives) else []
