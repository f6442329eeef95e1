"""A case and its parts. Rules only, no I/O.

A rule that says no raises a refusal, and nothing has changed.
"""

from datetime import datetime, timedelta
from typing import Any

from pydantic import Field

from functions.cases.closing import Closing
from functions.cases.deadlines import Deadlines
from functions.cases.services import Category, Service
from functions.cases.status import ALLOWED, COMMENT_BLOCKED, CONVERSING, FINAL, Action, Status
from functions.cases.terms import AutoClose, Terms
from functions.errors import Conflict, FieldError, NotFound
from functions.events import Channel, Frozen, ParticipantRole, is_empty, is_none
from functions.moment import Moment

CANCELED_BY_USER = "canceled_by_user"

CLOSED_BY_USER = "closed_by_user"

CLOSED_BY_STAFF = "closed_by_staff"

CLOSED_AUTOMATICALLY = "closed_automatically"

ABANDONED = "abandoned:"
"""Before the code of the reason for which staff gave up a case (D10)."""

REASONS = {
    CANCELED_BY_USER: "Canceled by user",
    CLOSED_BY_USER: "Closed by user",
    CLOSED_BY_STAFF: "Closed by staff",
    CLOSED_AUTOMATICALLY: "Closed automatically",
}
"""Reason codes for closing, and what people read (C29, C30)."""

ASKS_AGAIN_AFTER = timedelta(hours=24)
"""Nobody is asked for feedback more often (D6)."""

FIRST_MESSAGE = 2
"""The number of the event that holds what the case was created with."""


class CaseNotFound(NotFound):
    """Unknown, or somebody else's."""

    def __init__(self) -> None:
        super().__init__("There is no such case.")


class ActionNotAllowed(Conflict):
    """Not in this status (C33)."""


class CaseErased(Conflict):
    """What was personal in it is gone, and nothing personal comes back."""

    def __init__(self) -> None:
        super().__init__("This case was erased with its owner: it takes no words and no people any more.")


class FieldsLocked(Conflict):
    """What a case was saved with stays as it is (C9, C10, C23)."""


class AgreedBy(Frozen):
    """The agreement that sets the conditions of a case."""

    agreement_id: str
    title: str


class About(Frozen):
    """The configuration item that a case is about."""

    configuration_item_id: str
    name: str


class Applied(Frozen):
    """What applies to a case beside its service; locked when it is saved (C10)."""

    agreement: AgreedBy | None = None
    item: About | None = None
    terms: Terms = Terms()
    """What the agreement promises for the service."""


class OpenTask(Frozen):
    """A task that the case waits for."""

    task_id: str
    stage: str
    title: str
    team: str
    outcomes: tuple[str, ...]
    opened_at: Moment
    due_at: Moment


class Workflow(Frozen):
    """The Step Functions execution that runs the process; `starts` numbers them, since one can follow another."""

    starts: int = 1
    running: bool = True
    resume_at: str | None = None
    """The stage with which the present one began, where it was not the first."""
    decided: bool = False
    """Whether the task of that stage had ended already."""
    outcomes: dict[str, str] = Field(default_factory=dict)
    """How the tasks so far have ended, by stage: what branches read."""
    decisions: int = 0
    """How many have ended so: a stage that is come to again can end as it did before."""
    in_vain: int = 0
    """How many in a row, up to this one, were started because the one before had ended without bringing the case on."""

    def successor(
        self, resume_at: str | None, *, decided: bool, outcomes: dict[str, str], in_vain: int = 0
    ) -> "Workflow":
        return Workflow(
            starts=self.starts + 1,
            resume_at=resume_at,
            decided=decided,
            outcomes=outcomes,
            decisions=self.decisions,
            in_vain=in_vain,
        )


class Feedback(Frozen):
    """How the owner rates one resolution (C13)."""

    cycle: int
    grade: int
    notes: str | None
    given_at: Moment


class Participant(Frozen):
    """A person whom the owner lets take part in one case, and how far (A1, D14)."""

    participant_id: str
    """Of this case alone: the id of a person would tell since when they are known here."""
    person_id: str
    email: str
    """As it was given."""
    role: ParticipantRole
    until: Moment | None = None
    added_at: Moment

    def takes_part(self, now: datetime) -> bool:
        return self.until is None or now < self.until

    @property
    def is_contact(self) -> bool:
        """Staff members, whose addresses may be given as well, have no part in it but by their teams."""
        return self.person_id.startswith("contact_")


PATH_KEPT = 50


class StageVisit(Frozen):
    """A stage on the path that the case took (C5)."""

    name: str
    title: str
    entered_at: Moment


class Case(Frozen):
    case_id: str
    number: str
    subject: str
    service: str
    category: Category
    status: Status
    stage: str | None
    stage_title: str | None
    owner_id: str
    owner_name: str
    channel: Channel = "portal"
    on_behalf_of: str | None = None
    """The id of its first owner, where somebody else created the case (F18)."""
    owners_before: tuple[str, ...] = Field(default=(), exclude_if=is_empty)
    """The ids of those who owned it before, the first owner first (F18)."""
    account_id: str | None = Field(default=None, exclude_if=is_none)
    """The organisation to which the owner belonged when the case became theirs."""
    participants: tuple[Participant, ...] = Field(default=(), exclude_if=is_empty)
    """With those whose time is over, until the next one is added."""
    agreement: AgreedBy | None = Field(default=None, exclude_if=is_none)
    configuration_item: About | None = Field(default=None, exclude_if=is_none)
    system: str
    internal_ref: str | None = None
    """The id of the twin in the internal system."""
    answers: dict[str, Any]
    open_tasks: tuple[OpenTask, ...] = ()
    alerts: tuple[OpenTask, ...] = ()
    """Tasks that no workflow waits for: a complaint that somebody must look after."""
    path: tuple[StageVisit, ...] = ()
    """The stages that were entered, the present one last; the newest only, where there are many."""
    follows: str | None = None
    """The case that was over, and that this one goes on with."""
    messaging: bool = True
    comment_blocked: tuple[Status, ...] = COMMENT_BLOCKED
    cycle: int = 1
    """The how manieth resolution is on its way, or was reached."""
    feedback: Feedback | None = None
    """The latest."""
    feedback_by: str | None = Field(default=None, exclude_if=is_none)
    """The id of who gave it: the owner, or a delegate."""
    feedback_asked_at: Moment | None = None
    feedback_asked_cycle: int = 0
    teams: tuple[str, ...] = ()
    """The teams that have had a task of this case; they may read it."""
    created_at: Moment
    changed_at: Moment
    first_resolution_at: Moment | None = None
    actual_resolution_at: Moment | None = None
    closed_at: Moment | None = None
    closing_reason: str | None = None
    sequence: int = 0
    """The number of its newest event."""
    erased_at: Moment | None = Field(default=None, exclude_if=is_none)
    """When its owner was erased: nobody writes to nobody any more."""
    head: str = ""
    """The link of that event in the chain of them all."""
    status_sequence: int = 0
    """The number of the event that set its status."""
    version: int = 0
    workflow: Workflow
    deadlines: Deadlines = Deadlines()
    auto_close: AutoClose | None = Field(default=None, exclude_if=is_none)
    """When it is closed by itself once it is resolved, as its service said when it was submitted."""
    closing: Closing | None = Field(default=None, exclude_if=is_none)

    @property
    def allowed_actions(self) -> tuple[Action, ...]:
        if self.erased_at:
            return ()
        mute = not self.messaging or self.status in self.comment_blocked
        return tuple(action for action in ALLOWED[self.status] if not (mute and action in CONVERSING))

    @property
    def submitted_by(self) -> str | None:
        """The id of the customer who has answered its form; None where somebody else did on their behalf."""
        return None if self.on_behalf_of else next(iter(self.owners_before), self.owner_id)

    @property
    def is_final(self) -> bool:
        return self.status in FINAL

    @property
    def alarm_at(self) -> datetime | None:
        """When the sweeper has something to do about it."""
        alarms = (self.deadlines.alarm_at, self.closing.alarm_at if self.closing else None)
        return min((alarm for alarm in alarms if alarm), default=None)

    @property
    def execution(self) -> str:
        return f"{self.case_id}-{self.workflow.starts}"

    def reading(self, now: datetime) -> tuple[Participant, ...]:
        """The contacts who take part now."""
        return tuple(each for each in self.participants if each.is_contact and each.takes_part(now))

    def participant(self, person_id: str, now: datetime) -> Participant | None:
        """That person, while taking part."""
        return next((each for each in self.participants if each.person_id == person_id and each.takes_part(now)), None)

    def require(self, action: Action) -> None:
        """Raise `ActionNotAllowed`, naming the status and what is allowed in it (C33)."""
        if action not in self.allowed_actions:
            raise ActionNotAllowed(
                f"`{action}` is not possible while the case is `{self.status}`.",
                case_status=self.status,
                allowed_actions=list(self.allowed_actions),
            )

    def check_kept(self) -> None:
        """Raise `CaseErased` where it was erased with its owner."""
        if self.erased_at:
            raise CaseErased

    def resolution_times(self, now: datetime) -> dict[str, Moment]:
        """The first resolution stays what it was (D7)."""
        return {"first_resolution_at": self.first_resolution_at or now, "actual_resolution_at": now}

    @property
    def standing(self) -> tuple[str | None, bool]:
        """The stage at which a workflow that takes over begins, and whether its task has ended already."""
        decided = not self.open_tasks and self.stage in self.workflow.outcomes
        if self.open_tasks or decided:
            return self.stage, decided
        return self.workflow.resume_at, self.workflow.decided

    @property
    def is_moving(self) -> bool:
        """Whether the present workflow has brought the case on from where it began."""
        return self.standing != (self.workflow.resume_at, self.workflow.decided)

    def closing_of(self, status: Status, now: datetime) -> Closing | None:
        """Whether and when it is closed by itself, once it has come to that status now: anew with each resolution."""
        if self.auto_close is None or status is not Status.resolved:
            return None
        return Closing.of(self.auto_close, self.deadlines.calendars, now)

    def task(self, task_id: str) -> OpenTask | None:
        return next((task for task in self.open_tasks + self.alerts if task.task_id == task_id), None)

    def asks_feedback(self, now: datetime) -> bool:
        """One prompt per resolution, and at most one a day (D6)."""
        asked = self.feedback_asked_at
        return self.feedback_asked_cycle < self.cycle and (asked is None or asked <= now - ASKS_AGAIN_AFTER)


def task_id(case_id: str, sequence: int) -> str:
    """A task's id tells its case, and the number of the event that opened it."""
    return f"task_{case_id.removeprefix('case_')}_{sequence}"


def participant_id(case_id: str, sequence: int) -> str:
    """A participant's id tells the case, and the number of the event that added them."""
    return f"part_{case_id.removeprefix('case_')}_{sequence}"


def message_id(case_id: str, sequence: int) -> str:
    """A message's id tells its place, so that a repeated post of it is the same message."""
    return f"msg_{case_id.removeprefix('case_')}_{sequence}"


def check_unchanged(case: Case, wanted: dict[str, str]) -> None:
    """Raise `FieldsLocked`, naming each of these fields for which another value is wanted."""
    saved = {
        "service": case.service,
        "category": case.category,
        "subject": case.subject,
        "agreement_id": case.agreement.agreement_id if case.agreement else None,
        "configuration_item_id": case.configuration_item.configuration_item_id if case.configuration_item else None,
    }
    changed = [name for name, value in wanted.items() if saved[name] != value]
    if changed:
        errors = [
            FieldError(pointer=f"/{name}", code="locked", message="cannot be changed once the case is saved")
            for name in changed
        ]
        raise FieldsLocked("What a case was saved with stays as it is.", errors=errors)


def closing_reason_title(reason: str | None, service: Service) -> str | None:
    """What people read for a code."""
    if reason and reason.startswith(ABANDONED):
        code = reason.removeprefix(ABANDONED)
        return f"Abandoned: {service.abandon_reasons.get(code, code)}"
    return REASONS.get(reason or "")
