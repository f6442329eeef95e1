"""Events as internal systems read them: CloudEvents 1.0, structured JSON."""

import json
from typing import Annotated, Any

from pydantic import ConfigDict, Field, ValidationInfo, field_validator

from functions.cases.deadlines import Deadline
from functions.cases.model import Case
from functions.clock import now
from functions.events import Event, Frozen, Message
from functions.moment import Moment, stamp
from functions.settings import settings
from functions.text import Line
from functions.uploads import tickets

SPEC = "1.0"
WITHOUT_CASE = "command.rejected.without_case"
"""The answer to a command that is about no case of the system's own."""
REPLIED = {"command_id", "command", "problem"}
CREATES = "case.create"
"""The command that is about no case yet."""


class Command(Frozen):
    """What an internal system asks for, as it stands in its queue; further attributes (CloudEvents 1.0) say nothing."""

    model_config = ConfigDict(
        extra="ignore",
        json_schema_extra={
            "examples": [
                {
                    "specversion": "1.0",
                    "id": "7f3c1b52-1",
                    "source": "/erp",
                    "type": "portico.message.post.v1",
                    "subject": "case_01M7ZYDDK9R3WDMYY8YXA417W4",
                    "datacontenttype": "application/json",
                    "data": {"text": "We have sent somebody to look at it."},
                }
            ]
        },
    )

    specversion: Line = SPEC
    id: Line
    source: str = ""
    type: Line
    """`portico.message.post.v1`, or short: `message.post`."""
    subject: Annotated[Line | None, Field(validate_default=True)] = None
    """The id of the case; `case.create` alone is about none."""
    time: str | None = None
    datacontenttype: str = "application/json"
    data: dict[str, Any]

    @field_validator("subject")
    @classmethod
    def _is_about_a_case(cls, subject: str | None, known: ValidationInfo) -> str | None:
        if subject is None and short(known.data.get("type", "")) != CREATES:
            raise ValueError("must be the id of a case")
        return subject

    @property
    def name(self) -> str:
        return short(self.type)

    @property
    def asked(self) -> bytes:
        """What tells another command from the same one that is sent again, whenever, and however it is written then."""
        return json.dumps([self.name, self.subject, self.data], sort_keys=True).encode()


def short(type_of_command: str) -> str:
    return type_of_command.removeprefix("portico.").removesuffix(".v1")


class Reply(Frozen):
    """The answer to a command that named no case of the system's own."""

    system: str
    command_id: str
    command: str
    subject: str | None
    time: Moment
    problem: dict[str, Any]


def dataschema(name: str) -> str:
    """Names the JSON Schema of `data`, which stands in the AsyncAPI document."""
    return f"urn:portico:{name}:v1"


def of_reply(reply: Reply) -> dict[str, Any]:
    """Like `command.rejected`, but of no case, and so without a sequence."""
    return {
        "specversion": SPEC,
        "id": f"{reply.system}-{reply.command_id}",
        "source": f"/portico/{settings.stage}",
        "type": "portico.command.rejected.v1",
        **({"subject": reply.subject} if reply.subject else {}),
        "time": stamp(reply.time),
        "datacontenttype": "application/json",
        "dataschema": dataschema(WITHOUT_CASE),
        "causationid": reply.command_id,
        "data": reply.model_dump(mode="json", include=REPLIED),
    }


def of_event(event: Event, case: Case) -> dict[str, Any]:
    """What has happened, with the whole public state of the case, so that a gap is harmless (B6, F24)."""
    return {
        "specversion": SPEC,
        "id": event.id,
        "source": f"/portico/{settings.stage}",
        "type": f"portico.{event.type}.v1",
        "subject": event.case_id,
        "time": stamp(event.time),
        "datacontenttype": "application/json",
        "dataschema": dataschema(event.type),
        "sequence": f"{event.sequence:012}",
        "correlationid": event.case_id,
        **({"causationid": event.cause} if event.cause else {}),
        "data": {
            **event.what.model_dump(mode="json", exclude={"type", "attachments"}),
            **_attachments(event, case),
            "actor": event.actor.model_dump(mode="json"),
            "internal_ref": case.internal_ref,
            "case": public_state(case),
        },
    }


def _attachments(event: Event, case: Case) -> dict[str, Any]:
    """Of a message: each file, with a link by which this system alone can download it (F24)."""
    if not isinstance(event.what, Message):
        return {}
    links = [
        each.model_dump(mode="json") | {"href": _link(each.attachment_id, case.system)}
        for each in event.what.attachments
    ]
    return {"attachments": links}


def _link(attachment_id: str, system: str) -> str:
    """Relative to the address of the API."""
    return f"v1/attachments/{attachment_id}/{tickets.issue(attachment_id, system, now())}"


PRIVATE = {
    "workflow",
    "version",
    "head",
    "status_sequence",
    "teams",
    "owners_before",
    "path",
    "messaging",
    "comment_blocked",
    "feedback_by",
    "feedback_asked_at",
    "feedback_asked_cycle",
    "deadlines",
    "auto_close",
    "closing",
}
"""What an internal system does not see of a case."""
TOLD_OF_DEADLINES = {"kind", "started_at", "due_at", "stopped_at"}


def public_state(case: Case) -> dict[str, Any]:
    """A case as its internal system sees it."""
    state = case.model_dump(mode="json", exclude=PRIVATE)
    closing = {"closes_at": stamp(case.closing.closes_at)} if case.closing else {}
    return state | closing | {"deadlines": [_deadline(each) for each in case.deadlines.all]}


def _deadline(deadline: Deadline) -> dict[str, Any]:
    state = deadline.model_dump(mode="json", include=TOLD_OF_DEADLINES)
    return state | {"paused": deadline.is_paused}
