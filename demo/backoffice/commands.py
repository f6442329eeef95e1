"""What an internal system may ask of the portal, as CloudEvents 1.0 in JSON."""

import json
import uuid
from datetime import UTC, datetime
from typing import Any

Command = dict[str, Any]


def command(name: str, case_id: str | None, data: dict[str, Any], *, because_of: str | None = None) -> Command:
    """One wish about one case, or for a new one.

    `because_of` is the id of its cause: the same wish for the same cause is obeyed once.
    """
    wish = json.dumps([because_of, name, data])
    unique = uuid.uuid5(uuid.NAMESPACE_URL, wish) if because_of else uuid.uuid4()
    return {
        "specversion": "1.0",
        "id": str(unique),
        "source": "/backoffice",
        "type": f"portico.{name}.v1",
        **({"subject": case_id} if case_id else {}),
        "time": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "data": data,
    }


def create(owner: str, service: str, answers: dict[str, str], ticket: str) -> Command:
    """A case on behalf of a contact, by id or e-mail address, with the twin that we have of it."""
    wish = {"owner": owner, "service": service, "answers": answers, "internal_ref": ticket}
    return command("case.create", None, wish)


def link(case_id: str, ticket: str) -> Command:
    return command("case.link", case_id, {"internal_ref": ticket})


def post(case_id: str, text: str, *, author_name: str | None = None, internal: bool = False) -> Command:
    data = {"text": text, "audience": "internal" if internal else "customer"}
    return command("message.post", case_id, data | ({"author_name": author_name} if author_name else {}))


def set_status(case_id: str, status: str, based_on_sequence: int, reason: str = "") -> Command:
    """`based_on_sequence` is the newest event that the decision knew; the portal refuses where the case moved on.

    `canceled` needs a reason, one of the service's `abandon_reasons`.
    """
    data = {"status": status, "based_on_sequence": based_on_sequence}
    return command("case.set_status", case_id, data | ({"reason": reason} if reason else {}))


def complete_task(case_id: str, task_id: str, outcome: str) -> Command:
    return command("task.complete", case_id, {"task_id": task_id, "outcome": outcome})


def assign_task(case_id: str, task_id: str, team: str) -> Command:
    return command("task.assign", case_id, {"task_id": task_id, "team": team})
