"""What waits to be mailed: ids only. Who gets it and what it says is read when it is sent."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, TypeAdapter

from functions.aws import client
from functions.cases.item_keys import mail_key
from functions.events import Frozen
from functions.mail.model import CaseTemplate
from functions.settings import settings
from functions.table import Key


class PinMail(Frozen):
    template: Literal["pin"] = "pin"
    ref: str
    challenge_id: str

    @property
    def mail_id(self) -> str:
        return f"pin-{self.challenge_id}"

    @property
    def key(self) -> Key:
        return f"MAIL#{self.mail_id}", "RECORD"


class CaseMail(Frozen):
    """To somebody whom a case concerns, because of one event; so many templates, one shape."""

    template: CaseTemplate
    case_id: str
    sequence: int
    person_id: str

    @property
    def notification(self) -> str:
        """What the mails to several people have in common."""
        return f"{self.template}-{self.case_id}-{self.sequence}"

    @property
    def mail_id(self) -> str:
        return f"{self.notification}-{self.person_id}"

    @property
    def key(self) -> Key:
        """With its case, whose history shows it (C16)."""
        return mail_key(self.case_id, self.sequence, self.template, self.person_id)


Mail = Annotated[PinMail | CaseMail, Field(discriminator="template")]
MAILS: TypeAdapter[PinMail | CaseMail] = TypeAdapter(Mail, config=ConfigDict(defer_build=True))


def enqueue(mail: PinMail | CaseMail) -> None:
    client("sqs").send_message(QueueUrl=settings.mail_queue_url, MessageBody=mail.model_dump_json())
