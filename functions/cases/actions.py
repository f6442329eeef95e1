"""What customers, staff, internal systems and workflows can do with a case and its tasks: load, rule, save."""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from functions.calendars.model import Calendar
from functions.cases import (
    conditions,
    model,
    numbers,
    ownership,
    reminders,
    repository,
    services,
    sharing,
    stages,
    tasks,
    verbs,
)
from functions.cases.change import Change, change_of
from functions.cases.item_keys import additions_key
from functions.cases.model import Case
from functions.cases.services import AnswersInvalid
from functions.cases.status import Status
from functions.cases.verbs import NotFinal, OwnerUnknown
from functions.clock import now
from functions.errors import FieldError, pointer
from functions.events import Actor, ParticipantRole
from functions.ids import new_id
from functions.obeyed import Mandate, Once
from functions.people import repository as people
from functions.people.model import Person, new_contact
from functions.table import Item, Key, anew, until_first
from functions.text import clean, clean_all
from functions.uploads.model import Files

ANSWERS_LIMIT = 18_000
"""Bytes of JSON, so that an event with the whole case stays far under 64 KB."""
CLOCK = Mandate(Actor(kind="clock", id="clock", name="clock"))
WORKFLOW = Actor(kind="workflow", id="workflow", name="workflow")


def create_case(
    owner: Person,
    by: Mandate,
    service: str,
    answers: dict[str, Any],
    calendars: Mapping[str, Calendar],
    agreement_id: str | None = None,
    configuration_item_id: str | None = None,
    follows: Case | None = None,
    internal_ref: str | None = None,
    files: Files = (),
) -> Change:
    """A new case with its number, deadlines and first message; it may follow one that is over (C43).

    An internal system that creates it may name the twin that it has already (F17).

    Raise `ServiceUnknown`, `AnswersInvalid`, `NotFinal`, or what says that the service, the agreement or the
    configuration item is not this owner's to choose, or a file not the caller's to attach.
    """
    if follows is not None and not follows.is_final:
        raise NotFinal("Only a case that is closed or canceled is followed by another.", case_status=follows.status)
    wanted = services.get(service)
    checked = _checked(answers)
    wanted.check_answers(checked)
    applied = conditions.applied(owner, wanted, agreement_id, configuration_item_id)
    calendars = conditions.with_calendars(applied.terms, calendars)
    followed = follows.case_id if follows else None

    def attempt() -> Change:
        moment = now()
        number = numbers.next_number(wanted.number, moment)
        case_id = new_id("case", moment)
        made = verbs.created(
            case_id, number, wanted, checked, owner, by.actor, applied, moment, calendars, followed, files
        )
        return repository.save(made.then(internal_ref=internal_ref), by.once)

    return until_first(attempt)


def cancel_case(case: Case, by: Mandate) -> Change:
    return repository.change(case, verbs.canceled, by)


def close_case(case: Case, by: Mandate) -> Change:
    return repository.change(case, verbs.closed, by)


def reopen_case(case: Case, by: Mandate) -> Change:
    return repository.change(case, partial(verbs.reopened, resume_at=services.get(case.service).reopen_at), by)


def set_status(case: Case, by: Mandate, status: Status, based_on_sequence: int, reason: str | None = None) -> Change:
    """Staff and internal systems move a case; canceled, with one of the service's reasons, is giving it up (D10)."""
    rule = partial(
        verbs.set_from_inside,
        status=status,
        based_on_sequence=based_on_sequence,
        reason=reason,
        service=services.get(case.service),
    )
    return repository.change(case, rule, by)


def file_complaint(case: Case, by: Mandate, text: str, files: Files = ()) -> Change:
    service = services.get(case.service)
    return repository.change(case, partial(verbs.complained, text=text, service=service, files=files), by)


def give_feedback(case: Case, by: Mandate, grade: int, notes: str | None) -> Change:
    return repository.change(case, partial(verbs.rated, grade=grade, notes=notes), by)


def share_case(
    case: Case,
    by: Mandate,
    read: Mapping[Key, Item],
    email: str,
    role: ParticipantRole,
    until: datetime | None = None,
) -> Change:
    """The person with that address takes part in it; nobody yet: a new contact.

    `read` with the case was what `repository.read_to_share` reads.

    Known and unknown addresses take the same calls and get the same answer.
    """
    read_again = anew(read, lambda: repository.read_to_share(by.actor.id, email))

    def rule(latest: Case, actor: Actor, moment: datetime) -> Change:
        found = read_again()
        known, additions = people.owner_in(found, email), people.used_in(found, additions_key(actor.id))
        person_id = known or new_id("contact", moment)
        contact = None if known else new_contact(person_id, email, moment)
        return sharing.participant_set(latest, actor, moment, person_id, email, role, until, additions, contact)

    return repository.change(case, rule, by)


def remove_participant(case: Case, by: Mandate, participant_id: str) -> Change:
    return repository.change(case, partial(sharing.participant_removed, participant_id=participant_id), by)


def change_owner(case: Case, by: Mandate, read: Mapping[Key, Item], email: str) -> Change:
    """It is the case of the person with that address from now on; nobody yet: a new contact (F18, D2).

    `read` as for `share_case`. Raise `OwnerUnknown` for one who is being erased, `BeingErased` where its owner is.
    """
    read_again = anew(read, lambda: repository.read_to_share(by.actor.id, email))

    def rule(latest: Case, actor: Actor, moment: datetime) -> Change:
        found = read_again()
        known = people.owner_in(found, email)
        owner = people.get(known) if known else new_contact(new_id("contact", moment), email, moment)
        if owner is None or owner.erasure:
            raise OwnerUnknown("/email")
        additions = None if known else people.used_in(found, additions_key(actor.id))
        return ownership.owner_changed(latest, actor, moment, owner, additions)

    return repository.change(case, rule, by)


def link_case(case: Case, by: Mandate, internal_ref: str) -> Change:
    return repository.change(case, partial(verbs.linked, internal_ref=internal_ref), by)


def complete_task(case: Case, by: Mandate, task_id: str, outcome: str) -> Change:
    return repository.change(case, partial(stages.task_completed, completed=task_id, outcome=outcome), by)


def workflow(
    execution: str,
    outcomes: Mapping[str, str] | None = None,
    decisions: int | None = None,
    once: Once | None = None,
) -> Mandate:
    """Of an execution that knows of these decisions; one that does not run the case any more is refused."""
    rule = partial(stages.check_workflow, execution=execution, outcomes=outcomes, decisions=decisions)
    return Mandate(WORKFLOW, once, rule)


def assign_task(case: Case, by: Mandate, task_id: str, team: str) -> Change:
    service = services.get(case.service)
    return repository.change(case, partial(stages.task_assigned, assigned=task_id, team=team, service=service), by)


def enter_stage(case: Case, by: Mandate, stage: str) -> Change:
    """The workflow has come to a stage at which nobody is waited for."""
    rule = partial(stages.stage_entered, stage=stage, definition=services.get(case.service).stages[stage])
    return repository.change(case, rule, by)


def open_task(case: Case, by: Mandate, stage: str, task_token: str) -> Change:
    """The workflow waits at a stage for its task; the token to wake it stays with the task."""
    definition = services.get(case.service).stages[stage]
    rule = partial(stages.task_opened, stage=stage, definition=definition, task_token=task_token)
    return repository.change(case, rule, by)


def renew_token(case_id: str, execution: str, task_id: str, task_token: str) -> Item:
    """A retried wait has a new token for its task, which takes the old one's place; return the task's item.

    Raise `StaleWorkflow` where another execution has taken the case over, whose token it must not take.
    """
    case = repository.find(case_id)
    if case is None:
        raise model.CaseNotFound
    stages.check_workflow(case, execution)
    return tasks.replace_token(task_id, task_token)


def restart_workflow(case: Case) -> Change:
    """The workflow was lost; the next one goes on where the case stands, or else the supervisors decide.

    Raise `StaleWorkflow` where it has just been taken over, or the case has ended.
    """
    rule = partial(stages.restarted, stuck=services.get(case.service).stages[stages.STUCK])
    return repository.change(case, rule, workflow(case.execution))


def keep_time(case: Case) -> Change:
    """Tell of deadlines, remind of the closing, close: all that is due. Raise `NothingDue` where nothing is."""
    return repository.change(case, reminders.overtaken, CLOCK)


def acknowledge(case: Case, by: Mandate) -> Change:
    """Nothing but what the request's record adds to the timeline: that a command was rejected."""
    return repository.change(case, change_of, by)


def _checked(answers: dict[str, Any]) -> dict[str, Any]:
    """As they may be stored. Raise `AnswersInvalid`, naming each answer that may not, or all if too long."""
    checked: dict[str, Any] = {}
    errors = []
    for name, answer in answers.items():
        try:
            checked[clean(name)] = clean_all(answer)
        except ValueError as error:
            errors.append(_error(pointer("answers", name), str(error)))
    if len(json.dumps(checked, ensure_ascii=False).encode()) > ANSWERS_LIMIT:
        errors.append(_error("/answers", f"must be at most {ANSWERS_LIMIT} bytes of JSON in all"))
    if errors:
        raise AnswersInvalid("The form has answers that break a rule; see `errors`.", errors=errors)
    return checked


def _error(place: str, message: str) -> FieldError:
    return FieldError(pointer=place, code="invalid", message=message)
