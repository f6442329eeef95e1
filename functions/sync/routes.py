"""The door of internal systems that use no queue: their commands come in signed, and go into their queue all the same.

So there is one way in which commands are obeyed, and one in which they are answered (F21).
"""

import re
from functools import lru_cache
from http import HTTPStatus

from chalice.app import Blueprint

from functions.aws import client
from functions.clock import now
from functions.errors import NotSignedIn
from functions.events import Frozen
from functions.http import CLOUDEVENTS, JSON, Request, endpoint
from functions.obeyed import fingerprint
from functions.settings import settings
from functions.sync import webhooks
from functions.sync.cloudevents import Command

routes = Blueprint(__name__)

SECRETS_KEPT_SECONDS = 60
"""So that who knocks without a signature makes no call to AWS each time."""
_SQS_TAKES = re.compile("[!-~]{1,128}")
"""As the name of a group."""
_SQS_REFUSES = {0xFFFE: r"\ufffe", 0xFFFF: r"\uffff"}
"""The only characters of JSON as it is sent, which can stand in its texts alone, and so be escaped."""


class SignatureInvalid(NotSignedIn):
    """Whatever is wrong with it, or with the system that it names: one answer for all (J3)."""

    def __init__(self) -> None:
        super().__init__("Nobody known has signed this request just now, as Standard Webhooks 1.0 has it.")


class QueuedCommand(Frozen):
    """It will be obeyed, or refused; `command.accepted` or `command.rejected` names it."""

    command_id: str


@routes.route("/sync/{system}/commands", methods=["POST"], content_types=[JSON, CLOUDEVENTS])
@endpoint(
    body=Command,
    answers=QueuedCommand,
    status=HTTPStatus.ACCEPTED,
    refusals=[SignatureInvalid],
    public=True,
    signed=True,
    consistency="eventual",
)
def post_command(request: Request, system: str) -> QueuedCommand:
    """An internal system asks for something, signed with its secret; what comes of it is told as an event.

    Each command is obeyed once, by its `id`, however often it is sent. The schema of `data` stands in the AsyncAPI
    document, by `type`.
    """
    moment = now()
    if system not in settings.command_queues:  # a name that is made up takes no place among the secrets that are kept
        raise SignatureInvalid
    secrets = _secrets(system, int(moment.timestamp()) // SECRETS_KEPT_SECONDS)
    if not webhooks.is_signed(request.headers, request.raw_body, secrets, moment):
        raise SignatureInvalid
    command: Command = request.body
    client("sqs").send_message(
        QueueUrl=settings.command_queues[system],
        MessageGroupId=_named(command.subject or command.id),
        MessageDeduplicationId=fingerprint(request.raw_body),  # by the id, SQS would drop another command unseen
        MessageBody=request.raw_body.decode().translate(_SQS_REFUSES),
    )
    return QueuedCommand(command_id=command.id)


@lru_cache(maxsize=32)
def _secrets(system: str, _period: int) -> tuple[bytes, ...]:
    """None of a system that has none. A new one counts from the next period on."""
    secrets = client("secretsmanager")
    try:
        return tuple(webhooks.secrets_of(system))
    except secrets.exceptions.ResourceNotFoundException:
        return ()


def _named(name: str) -> str:
    """That name, or where SQS does not take it one made of it."""
    return name if _SQS_TAKES.fullmatch(name) else fingerprint(name.encode())
