"""The door of internal systems: what they may ask, and which action obeys.

The queue says who asks, never the body. Every command gets exactly one `command.accepted` or `command.rejected`. What
cannot be read at all goes to quarantine with its reason, and so does another command under a used id: its answer would
contradict the first one's.
"""

import base64
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

from chalice.app import Blueprint
from pydantic import BeforeValidator, Field, ValidationError, WithJsonSchema

from functions import batches, log
from functions.calendars.repository import calendar_key, calendars_in
from functions.cases import actions, repository, services
from functions.cases.change import Change
from functions.cases.model import CaseNotFound
from functions.cases.status import Status
from functions.cases.verbs import OwnerUnknown
from functions.clock import now
from functions.errors import FieldError, Invalid, Refusal, field_errors
from functions.events import Actor, Audience, CommandAccepted, CommandRejected, Frozen, What
from functions.failures import discreet
from functions.http import BODY_LIMIT
from functions.messages.actions import add_attachment, post_message
from functions.obeyed import AlreadyObeyed, IdempotencyMismatch, Mandate, Once, fingerprint, kept_until
from functions.people.repository import find_contact
from functions.quarantine import quarantine
from functions.strict_json import is_too_deep
from functions.sync.cloudevents import CREATES, Command, Reply
from functions.sync.queues import system_of
from functions.table import commit, put, read, untold
from functions.text import FileName, Line, Text

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

doors = Blueprint(__name__)

CONTENT_LIMIT = 100_000
"""Bytes of a file in a command: in base64, with the rest, it fits into a message of SQS."""
ENCODED_LIMIT = -(-CONTENT_LIMIT // 3) * 4


class CommandInvalid(Invalid):
    pass


class CommandUnknown(Invalid):
    pass


class ServiceNotRouted(Invalid):
    """Another internal system works on the cases of this service."""

    def __init__(self) -> None:
        error = FieldError(pointer="/service", code="not_routed", message="is worked on by another system")
        super().__init__("The cases of this service are worked on by another system.", errors=[error])


class CreateCase(Frozen):
    owner: Line
    """The contact who is to see the case, by id or e-mail address (F18)."""
    service: Line
    answers: dict[str, Any]
    agreement_id: Line | None = None
    configuration_item_id: Line | None = None
    internal_ref: Line | None = None
    """The id of the twin, where there is one already."""


class LinkCase(Frozen):
    internal_ref: Line


class PostMessage(Frozen):
    text: Text
    audience: Audience = "customer"
    author_name: Line | None = None


def _decoded(content: Any) -> bytes:
    """Base64 (RFC 4648), as JSON carries bytes."""
    try:
        return base64.b64decode(content, validate=True)
    except (TypeError, ValueError):
        raise ValueError("must be base64") from None


class AddAttachment(PostMessage):
    name: FileName
    content_type: Line
    content: Annotated[
        bytes,
        BeforeValidator(_decoded),
        Field(min_length=1, max_length=CONTENT_LIMIT),
        WithJsonSchema({"type": "string", "contentEncoding": "base64", "minLength": 4, "maxLength": ENCODED_LIMIT}),
    ]


class SetStatus(Frozen):
    status: Status
    based_on_sequence: Annotated[int, Field(ge=0)]
    """The number of the newest event that the system knew when it decided (D3)."""
    reason: Line | None = None
    """For `canceled`: one of the service's reasons for giving a case up (D10)."""


class CompleteTask(Frozen):
    task_id: Line
    outcome: Line


class AssignTask(Frozen):
    task_id: Line
    team: Line


def create_case(by: Mandate, owner: str, service: str, **wish: Any) -> Change:
    """On behalf of its owner, about a service whose cases are the asker's to work on."""
    if services.get(service).system != by.actor.id:
        raise ServiceNotRouted
    names = services.calendars(service)
    calendars = calendars_in(read(*map(calendar_key, names)), names)
    contact = find_contact(owner)
    if contact is None:
        raise OwnerUnknown
    return actions.create_case(contact, by, service, calendars=calendars, **wish)


COMMANDS: dict[str, tuple[type[Frozen], Callable[..., Change]]] = {
    CREATES: (CreateCase, create_case),
    "case.link": (LinkCase, actions.link_case),
    "message.post": (PostMessage, post_message),
    "attachment.add": (AddAttachment, add_attachment),
    "case.set_status": (SetStatus, actions.set_status),
    "task.complete": (CompleteTask, actions.complete_task),
    "task.assign": (AssignTask, actions.assign_task),
}
"""What an internal system may ask: the shape of its wish, and who obeys it."""


@doors.lambda_function(name="receive_commands")
@discreet
def receive_commands(event: dict[str, Any], context: Any) -> Any:
    """Obey a batch; a failure goes back to the queue with all that follows in its group, so that order holds."""
    return batches.in_order(event, context, _receive)


def _receive(record: "SQSRecord") -> None:
    system = system_of(record.event_source_arn)
    try:
        command = _read(record.body)
    except ValueError as error:
        quarantine(f"from-{system}", str(error), record.body)
        return
    try:
        obey(system, command)
    except AlreadyObeyed:
        log.info("obeyed before", system=system, command_id=command.id)
    except IdempotencyMismatch as mismatch:
        quarantine(f"from-{system}", mismatch.code, record.body)


def obey(system: str, command: Command) -> None:
    """Have the effect, or say why not; either once.

    Raise `AlreadyObeyed` for a repeated command, `IdempotencyMismatch` for another one under its id.
    """
    name = command.name
    by = Actor(kind="system", id=system, name=system)

    def once(*acknowledge: What) -> Once:
        return Once(
            caller=f"system:{system}",
            request=command.id,
            fingerprint=fingerprint(command.asked),
            acknowledge=acknowledge,
            cause=command.id,
        )

    mandate = Mandate(by, once(CommandAccepted(command_id=command.id, command=name)))
    if name == CREATES:
        try:
            _check_no_subject(command)
            wish, create = _wish(name, command.data)
            create(mandate, **dict(wish))
        except Refusal as refusal:
            _answer_without_case(system, name, command, refusal, once())
        return
    case = repository.find(command.subject or "")
    if case is None or case.system != system:
        _answer_without_case(system, name, command, CaseNotFound(), once())
        return
    try:
        wish, action = _wish(name, command.data)
        action(case, mandate, **dict(wish))
    except Refusal as refusal:
        rejected = CommandRejected(command_id=command.id, command=name, problem=refusal.problem())
        actions.acknowledge(case, Mandate(by, once(rejected)))


def _check_no_subject(command: Command) -> None:
    if command.subject is not None:
        raise CommandInvalid(f"`{CREATES}` is about no case yet, and so has no subject.")


def _wish(name: str, data: dict[str, Any]) -> tuple[Frozen, Callable[..., Change]]:
    if name not in COMMANDS:
        raise CommandUnknown(f"There is no such command; there are {', '.join(COMMANDS)}.")
    shape, action = COMMANDS[name]
    try:
        return shape.model_validate(data), action
    except ValidationError as error:
        raise CommandInvalid("The command breaks a rule; see `errors`.", errors=field_errors(error)) from None


def _read(body: str) -> Command:
    """Raise ValueError, saying why, where the body is no command at all."""
    raw = body.encode()
    if len(raw) > BODY_LIMIT or is_too_deep(raw):
        raise ValueError("the message is too large, or nests too deep")
    try:
        return Command.model_validate_json(raw)
    except ValidationError as error:
        places = ", ".join(f"{found['pointer'] or '/'} {found['code']}" for found in field_errors(error))
        raise ValueError(f"not a command in CloudEvents 1.0 JSON: {places}") from None


def _answer_without_case(system: str, name: str, command: Command, refusal: Refusal, once: Once) -> None:
    moment = now()
    reply = Reply(
        system=system,
        command_id=command.id,
        command=name,
        subject=command.subject,
        time=moment,
        problem=refusal.problem(),
    )
    item = {
        "type": "command.answered",
        "data": reply.model_dump_json(),
        "expires": kept_until(moment),
        **untold(command.id, moment),
    }
    commit(once.record(None, moment), put((f"SYSTEM#{system}", f"REPLY#{command.id}"), item))
