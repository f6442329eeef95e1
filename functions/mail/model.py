"""How often a case may notify its people, and which mails that arrive are welcome. Rules only, no I/O."""

from datetime import datetime, timedelta
from typing import Literal

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from functions.cases.model import Case
from functions.cases.policy import Right, customers
from functions.cases.status import Status
from functions.events import Frozen
from functions.moment import Moment

NOTIFICATIONS, WITHIN = 20, timedelta(hours=1)
"""Mails about one case, in any time of that length: a loop that nobody knows for one ends here (K3)."""


class TooManyNotifications(Exception):
    """The case has mailed enough for now; who is concerned finds what has happened in the portal."""


CaseTemplate = Literal[
    "case_received",
    "case_given",
    "case_moved",
    "new_message",
    "answer_wanted",
    "case_resolved",
    "feedback_prompt",
    "closing_reminder",
    "case_shared",
]


def recipients(template: CaseTemplate, case: Case, now: datetime) -> tuple[str, ...]:
    """Whom such a mail is for, by the ids of people: news for all who hear of it, decisions for the owner (C36).

    A question for nobody, once it was answered.
    """
    if template == "case_shared":
        return tuple(each.person_id for each in case.reading(now))
    if template == "case_moved":
        return tuple(person_id for person_id in case.owners_before if person_id != case.owner_id)
    if template == "answer_wanted" and case.status is not Status.waiting_for_response:
        return ()
    if template in ("new_message", "answer_wanted", "case_resolved"):
        return customers(case, Right.hear, now)
    return (case.owner_id,)


class Notified(Frozen):
    """What was mailed about a case and may count still, and when each was first to be sent."""

    mails: dict[str, Moment] = Field(default_factory=dict)

    def with_mail(self, mail_id: str, now: datetime) -> "Notified":
        """One that is tried again, or goes to several people, counts once.

        Raise `TooManyNotifications` where there were enough within the hour.
        """
        if mail_id in self.mails:
            return self
        recent = {each: at for each, at in self.mails.items() if at > now - WITHIN}
        if len(recent) >= NOTIFICATIONS:
            raise TooManyNotifications
        return Notified(mails=dict(sorted({**recent, mail_id: now}.items())))


class Unwelcome(Exception):
    """The mail has no effect: it goes to quarantine with this reason, and nobody is answered."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Told(Frozen):
    """What SES tells; of the many things that it says, those that we go by."""

    model_config = ConfigDict(extra="ignore", alias_generator=to_camel)


class Verdict(Told):
    status: str
    """PASS, FAIL, GRAY (it cannot be said) or PROCESSING_FAILED."""


class Stored(Told):
    object_key: str


class Receipt(Told):
    recipients: tuple[str, ...]
    spam_verdict: Verdict
    virus_verdict: Verdict
    spf_verdict: Verdict
    dmarc_verdict: Verdict
    action: Stored

    def check_harmless(self) -> None:
        """Raise `Unwelcome` for what SES takes for spam or a virus."""
        for name, verdict in (("virus", self.virus_verdict), ("spam", self.spam_verdict)):
            if verdict.status == "FAIL":
                raise Unwelcome(name)

    def verifies(self, sender: str, return_path: str) -> bool:
        """Whether the mail comes from whom its `From` names (K5).

        DMARC (RFC 7489) says so. Where the domain has no such policy, SPF must pass for the very domain of `From`. That
        somebody's DKIM signature is good says nothing of whose it is, so by itself it does not count.
        """
        if self.dmarc_verdict.status != "GRAY":
            return self.dmarc_verdict.status == "PASS"
        domain = return_path.strip("<>").rpartition("@")[2].lower()
        return self.spf_verdict.status == "PASS" and domain == sender.rpartition("@")[2]


class Sent(Told):
    message_id: str
    """Of SES, for this delivery."""
    source: str = ""
    """Whom the mail was from on its way (RFC 5321); bounces are from nobody."""


class Arrival(Told):
    """What SES says when it has stored a mail."""

    mail: Sent
    receipt: Receipt


Addressed = Literal["to_none", "to_senders", "to_anothers", "to_forged"]
"""Whose reply address the mail went to, if to any; `to_anothers`: of somebody else who may write in the case."""


def check_welcome(addressed: Addressed, *, machine: bool, writes: bool, verified: bool) -> None:
    """Raise `Unwelcome` unless somebody proves to belong to the case.

    A person by the own address, verified, and by the own reply address where one was used. A machine needs less, since
    its mail is only kept: it may answer from an address of its own, to that of somebody who may still write.
    """
    if addressed == "to_forged":
        raise Unwelcome("reply_address_forged")
    if machine and (addressed == "to_anothers" or (addressed == "to_senders" and writes)):
        return
    if not writes:
        raise Unwelcome("sender_not_of_the_case")
    if addressed == "to_anothers":
        raise Unwelcome("reply_address_of_another")
    if not verified:
        raise Unwelcome("sender_not_verified")
