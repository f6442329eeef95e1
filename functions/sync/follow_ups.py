"""What follows from each event: the one dictionary; nothing else tells others what has happened.

Each follow-up may run twice without harm: workflows are named by their case, queues deduplicate by event, mails are
claimed before they are sent.
"""

import json
from collections.abc import Callable

from functions.aws import client
from functions.cases import executions, repository, timeline
from functions.cases.model import FIRST_MESSAGE, Case, CaseNotFound
from functions.cases.status import FINISHED, Status
from functions.clock import now
from functions.events import (
    CaseOwnerChanged,
    CaseParticipantChanged,
    CaseStatusChanged,
    DeadlineApproaching,
    Event,
    TaskCompleted,
)
from functions.mail.model import CaseTemplate, recipients
from functions.mail.queue import CaseMail, PinMail, enqueue
from functions.moment import stamp
from functions.obeyed import fingerprint
from functions.otp.repository import ChallengeIssued
from functions.settings import settings
from functions.sync import cloudevents
from functions.sync.cloudevents import Reply
from functions.table import Item, Key, apply, update

FollowUp = Callable[[Event, Case], None]


def start_workflow(event: Event, case: Case) -> None:
    """A new case, or one that was reopened after its workflow ended."""
    if case.workflow.running:
        executions.start(case)


def start_workflow_again(event: Event, case: Case) -> None:
    if isinstance(event.what, CaseStatusChanged) and event.what.after == Status.reopened:
        start_workflow(event, case)


def wake_workflow(event: Event, case: Case) -> None:
    """Or start the one that goes on behind the decision, where none waited for it any more."""
    if isinstance(event.what, TaskCompleted):
        executions.wake(event.what.task_id)
        if case.workflow.decided and case.workflow.resume_at == event.what.stage:
            start_workflow(event, case)


def stop_workflow(event: Event, case: Case) -> None:
    """Where somebody else than the workflow has finished the case."""
    if isinstance(event.what, CaseStatusChanged) and event.what.after in FINISHED and event.actor.kind != "workflow":
        executions.stop(case)


def tell_internal_system(event: Event, case: Case) -> None:
    """In the order of the case, once per event (FIFO group and deduplication)."""
    client("sqs").send_message(
        QueueUrl=settings.system_queues[case.system],
        MessageGroupId=event.case_id,
        MessageDeduplicationId=event.id,
        MessageBody=json.dumps(cloudevents.of_event(event, case), ensure_ascii=False),
    )


def mail_case_received(event: Event, case: Case) -> None:
    _mail("case_received", event, case)


def mail_case_shared(event: Event, case: Case) -> None:
    """To who takes part from now on, that there is a case; nothing in it was typed by who shares it (A1)."""
    if isinstance(event.what, CaseParticipantChanged) and event.what.change == "added":
        _mail("case_shared", event, case, to=event.what.person_id)


def mail_both_owners(event: Event, case: Case) -> None:
    """To who owns the case since then, and to who owned it until then, if that is so still (F18)."""
    if isinstance(event.what, CaseOwnerChanged):
        _mail("case_given", event, case, to=event.what.owner_id)
        _mail("case_moved", event, case, to=event.what.before)


def mail_new_message(event: Event, case: Case) -> None:
    """To the customers, about what others wrote (C36); never about an internal message.

    Nor about the first message, with which staff create a case on somebody's behalf: `case_received` tells of it.
    """
    if event.what.audience == "customer" and event.sequence != FIRST_MESSAGE:
        _mail("new_message", event, case, but=event.actor.id)


def mail_answer_wanted(event: Event, case: Case) -> None:
    """To the customers, that the case waits for them; never to who has made it wait (C35, C36)."""
    if isinstance(event.what, CaseStatusChanged) and event.what.after == Status.waiting_for_response:
        _mail("answer_wanted", event, case, but=event.actor.id)


def mail_case_resolved(event: Event, case: Case) -> None:
    if isinstance(event.what, CaseStatusChanged) and event.what.after == Status.resolved:
        _mail("case_resolved", event, case)


def mail_feedback_prompt(event: Event, case: Case) -> None:
    """Once per resolution, at most once a day: the event says so, not the time of the mail (C15, D6)."""
    if isinstance(event.what, CaseStatusChanged) and event.what.asks_feedback:
        _mail("feedback_prompt", event, case)


def mail_closing_reminder(event: Event, case: Case) -> None:
    """To the customer, that the case will be closed by itself."""
    if isinstance(event.what, DeadlineApproaching) and event.what.kind == "closing":
        _mail("closing_reminder", event, case)


def _mail(template: CaseTemplate, event: Event, case: Case, *, to: str | None = None, but: str | None = None) -> None:
    """Whom it is for is looked up again when it is sent."""
    for person_id in recipients(template, case, now()):
        if to in (None, person_id) and person_id != but:
            enqueue(CaseMail(template=template, case_id=case.case_id, sequence=event.sequence, person_id=person_id))


FOLLOW_UPS: dict[str, tuple[FollowUp, ...]] = {
    "case.created": (start_workflow, tell_internal_system, mail_case_received),
    "message.posted": (tell_internal_system, mail_new_message),
    "complaint.filed": (tell_internal_system, mail_new_message),
    "mail.received": (tell_internal_system,),
    "case.status_changed": (
        stop_workflow,
        start_workflow_again,
        tell_internal_system,
        mail_answer_wanted,
        mail_case_resolved,
        mail_feedback_prompt,
    ),
    "case.participant_changed": (tell_internal_system, mail_case_shared),
    "case.owner_changed": (tell_internal_system, mail_both_owners),
    "feedback.given": (tell_internal_system,),
    "stage.entered": (tell_internal_system,),
    "task.opened": (tell_internal_system,),
    "task.assigned": (tell_internal_system,),
    "task.completed": (wake_workflow, tell_internal_system),
    "deadline.approaching": (tell_internal_system, mail_closing_reminder),
    "deadline.breached": (tell_internal_system,),
    "contact.erased": (tell_internal_system,),
    "command.accepted": (tell_internal_system,),
    "command.rejected": (tell_internal_system,),
}


def mail_pin(data: str) -> None:
    issued = ChallengeIssued.model_validate_json(data)
    enqueue(PinMail(ref=issued.ref, challenge_id=issued.challenge_id))


def answer_command(data: str) -> None:
    """To a command that is about no case of the system's own."""
    reply = Reply.model_validate_json(data)
    client("sqs").send_message(
        QueueUrl=settings.system_queues[reply.system],
        MessageGroupId=reply.system,
        MessageDeduplicationId=fingerprint(reply.command_id.encode()),  # which may be longer than SQS takes
        MessageBody=json.dumps(cloudevents.of_reply(reply), ensure_ascii=False),
    )


BESIDE_CASES: dict[str, Callable[[str], None]] = {
    "challenge.issued": mail_pin,
    "command.answered": answer_command,
}
"""What follows from what is no event of a case."""


def follow(item: Item) -> None:
    """Do all that follows from an event, then take it off the sweeper's list. Anything raised leaves it there."""
    if item["type"] in BESIDE_CASES:
        BESIDE_CASES[item["type"]](item["data"])
    else:
        event = timeline.event_of(item)
        case = repository.find(event.case_id)
        if case is None:
            raise CaseNotFound
        for follow_up in FOLLOW_UPS[event.type]:
            follow_up(event, case)
    told((item["pk"], item["sk"]))


def place(key: Key) -> Key:
    """By case, and there by the number of the event, whichever row it stands in: the order to tell events in."""
    return key[0], key[1].rpartition("#")[2]


def told(key: Key) -> None:
    apply(update(key, "REMOVE due, due_at"))


def give_up(key: Key) -> None:
    """Nobody will be told of it any more; its message shows as unsent (F27)."""
    apply(update(key, "SET given_up_at = :now REMOVE due, due_at", {"now": stamp(now())}))


def delivered(key: Key) -> None:
    """The system has taken the message itself, if need be after it was given up."""
    apply(update(key, "REMOVE undelivered, given_up_at"))
