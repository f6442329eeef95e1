"""What has happened to a case: the closed list, in the past tense. An event is never refused and never changed.

The events of a case, numbered without a gap, are its timeline, its audit trail and what internal systems are told.
"""

from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from functions.moment import Moment

ActorKind = Literal["customer", "staff", "system", "workflow", "clock", "mail"]
Audience = Literal["customer", "internal"]
Via = Literal["mail"]
"""How a message came, where it was not written here."""
Channel = Literal["portal", "staff", "system"]
DeadlineKind = Literal["response", "resolution"]
ToldKind = DeadlineKind | Literal["closing"]
"""What the clock tells of: also that a resolved case will be closed by itself."""
ParticipantRole = Literal["viewer", "participant", "delegate"]


class Frozen(BaseModel):
    """A value; values that break its rules are named without being shown, since logs may see the message."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True, hide_input_in_errors=True)


def is_none(value: Any) -> bool:
    """For fields that are left out where there is nothing to say: `Field(exclude_if=is_none)`."""
    return value is None


def is_empty(value: Any) -> bool:
    """As `is_none`, for lists."""
    return not value


class Actor(Frozen):
    """Who did it: a person, an internal system (its id is its name), the case's workflow, the clock, or a mail."""

    kind: ActorKind
    id: str
    name: str = ""


class CaseCreated(Frozen):
    type: Literal["case.created"] = "case.created"
    audience: Audience = "customer"
    channel: Channel = "portal"
    """Through which door: the owner's own, staff, or an internal system."""
    on_behalf_of: str | None = None
    """The id of the owner, where somebody else created the case (F18)."""


class Attachment(Frozen):
    """A file that a message brings along; its bytes were checked."""

    attachment_id: str
    name: str
    size: int
    content_type: str
    sha256: str


class MessagePosted(Frozen):
    type: Literal["message.posted"] = "message.posted"
    audience: Audience = "customer"
    message_id: str
    kind: Literal["comment"] = "comment"
    text: str
    author_name: str | None = None
    """The name to show in place of the author's own, such as that of a service desk."""
    via: Via | None = Field(default=None, exclude_if=is_none)
    left_out: int | None = Field(default=None, exclude_if=is_none)
    """How many files came with the mail and were not taken."""
    attachments: tuple[Attachment, ...] = ()


class ComplaintFiled(Frozen):
    """A message of another kind: taken in every status, and shown to somebody who looks after complaints (C39-C41)."""

    type: Literal["complaint.filed"] = "complaint.filed"
    audience: Audience = "customer"
    message_id: str
    kind: Literal["complaint"] = "complaint"
    text: str
    author_name: None = None
    attachments: tuple[Attachment, ...] = ()


class MailReceived(Frozen):
    """A mail about the case that is no message: nobody is answered, and only the inside sees it (C16)."""

    type: Literal["mail.received"] = "mail.received"
    audience: Audience = "internal"
    kind: Literal["machine", "reply"]
    """Of a machine, such as an out-of-office answer; or of a person, whom the case takes no message from now."""
    reason: str
    """By what it is known for one of a machine, or the code of the refusal."""
    subject: str
    text: str
    person_id: str | None = Field(default=None, exclude_if=is_none)
    """For whom the machine answers, where that is known."""


class CaseStatusChanged(Frozen):
    type: Literal["case.status_changed"] = "case.status_changed"
    audience: Audience = "customer"
    before: str
    after: str
    reason: str | None = None
    asks_feedback: bool = False
    """Whether the owner is asked by mail to rate how it went (C15, D6)."""


class FeedbackGiven(Frozen):
    type: Literal["feedback.given"] = "feedback.given"
    audience: Audience = "customer"
    cycle: int
    """The how manieth resolution it is about, from 1."""
    grade: int
    notes: str | None = None


class CaseParticipantChanged(Frozen):
    """Somebody takes part in the case, does so in another way, or no longer (A1)."""

    type: Literal["case.participant_changed"] = "case.participant_changed"
    audience: Audience = "customer"
    change: Literal["added", "changed", "removed"]
    participant_id: str
    person_id: str
    email: str
    role: ParticipantRole | None
    """None for who was removed."""
    until: Moment | None = None


class CaseOwnerChanged(Frozen):
    """The case is somebody else's from now on, who alone sees it as their own (F18)."""

    type: Literal["case.owner_changed"] = "case.owner_changed"
    audience: Audience = "customer"
    before: str
    """The id of who owned it until then."""
    owner_id: str


class ContactErased(Frozen):
    """What was personal of somebody is erased: in the case, if it was theirs, or else in what they did in it."""

    type: Literal["contact.erased"] = "contact.erased"
    audience: Audience = "internal"
    contact_id: str
    receipt_id: str


class StageEntered(Frozen):
    type: Literal["stage.entered"] = "stage.entered"
    audience: Audience = "customer"
    stage: str
    title: str


class TaskOpened(Frozen):
    type: Literal["task.opened"] = "task.opened"
    audience: Audience = "internal"
    task_id: str
    stage: str
    title: str
    team: str
    outcomes: tuple[str, ...]
    due_at: Moment


class TaskAssigned(Frozen):
    """An open task was moved to another team."""

    type: Literal["task.assigned"] = "task.assigned"
    audience: Audience = "internal"
    task_id: str
    stage: str
    before: str
    """The team that had it."""
    team: str


class TaskCompleted(Frozen):
    type: Literal["task.completed"] = "task.completed"
    audience: Audience = "internal"
    task_id: str
    stage: str
    outcome: str


class DeadlineApproaching(Frozen):
    type: Literal["deadline.approaching"] = "deadline.approaching"
    audience: Audience = "internal"
    kind: ToldKind
    due_at: Moment


class DeadlineBreached(Frozen):
    type: Literal["deadline.breached"] = "deadline.breached"
    audience: Audience = "internal"
    kind: DeadlineKind
    due_at: Moment


class CommandAccepted(Frozen):
    type: Literal["command.accepted"] = "command.accepted"
    audience: Audience = "internal"
    command_id: str
    command: str


class CommandRejected(Frozen):
    type: Literal["command.rejected"] = "command.rejected"
    audience: Audience = "internal"
    command_id: str
    command: str
    problem: dict[str, Any]


What = (
    CaseCreated
    | MessagePosted
    | ComplaintFiled
    | MailReceived
    | CaseStatusChanged
    | FeedbackGiven
    | CaseParticipantChanged
    | CaseOwnerChanged
    | StageEntered
    | TaskOpened
    | TaskAssigned
    | TaskCompleted
    | DeadlineApproaching
    | DeadlineBreached
    | ContactErased
    | CommandAccepted
    | CommandRejected
)
Message = MessagePosted | ComplaintFiled
"""What stands in the conversation."""


def attachments_of(what: What) -> tuple[Attachment, ...]:
    return what.attachments if isinstance(what, Message) else ()


TYPES = frozenset(what.model_fields["type"].default for what in get_args(What))


class Event(Frozen):
    """One entry of a case's timeline."""

    case_id: str
    sequence: int
    """1, 2, 3 … per case, without a gap; this, not the time, orders everything."""
    time: Moment
    actor: Actor
    cause: str | None = None
    """The id of the command that it follows from."""
    what: Annotated[What, Field(discriminator="type")]

    @property
    def id(self) -> str:
        return f"{self.case_id}-{self.sequence}"

    @property
    def type(self) -> str:
        return self.what.type
