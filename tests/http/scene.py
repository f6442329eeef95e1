"""Two people, a case and its task; what is asked of them, and how a refusal looks."""

from dataclasses import dataclass
from typing import Any

from tests.gateway import Answer
from tests.office import UK_OFFICE
from tests.world import World

Items = list[dict[str, Any]]
MEMBERS = {"type", "title", "status", "detail", "code", "instance", "request_id"}
"""Of every problem document (RFC 9457, and ours)."""
DEPARTMENT = {"department_id": "ops", "account_id": "known", "name": "Ops"}
THING = {
    "configuration_item_id": "router-1",
    "name": "Router 1",
    "owner": {"kind": "contact", "id": "ana@example.org"},
}
AGREEMENT = {
    "agreement_id": "GOLD",
    "title": "Gold",
    "party": {"kind": "account", "id": "known"},
    "valid_from": "2026-01-01T00:00:00Z",
    "all_services": True,
}
BODIES: dict[str, dict[str, Any]] = {
    "/v1/otp/challenges": {"email": "cleo@example.org"},
    "/v1/otp/challenges/{challenge_id}/verify": {"code": "00000000"},
    "/v1/cases": {"service": "contact-us", "answers": {"TOPIC": "OTHER", "MESSAGE": "When is it open?"}},
    "/v1/cases/{case_id}/cancel": {},
    "/v1/cases/{case_id}/close": {},
    "/v1/cases/{case_id}/reopen": {},
    "/v1/cases/{case_id}/messages": {"text": "Is there any news?"},
    "/v1/cases/{case_id}/complaints": {"text": "Nobody has called me back for a week."},
    "/v1/cases/{case_id}/feedback": {"grade": 5},
    "/v1/cases/{case_id}/participants": {"email": "bob@example.org", "role": "participant"},
    "/v1/staff/cases/{case_id}/status": {"status": "waiting_for_response"},
    "/v1/staff/cases/{case_id}/owner": {"email": "bob@example.org"},
    "/v1/cases/{case_id}/read": {"sequence": 1},
    "/v1/uploads": {"name": "a.txt", "size": 1, "content_type": "text/plain", "sha256": "0" * 64},
    "/v1/tasks/{task_id}/complete": {"outcome": "ANSWERED"},
    "/v1/tasks/{task_id}/assign": {"team": "streets"},
    "/v1/me": {"case_mails": False},
    "/v1/cases/preview": {"service": "contact-us"},
    "/v1/staff/cases": {
        "owner": "ana@example.org",
        "service": "contact-us",
        "answers": {"TOPIC": "OTHER", "MESSAGE": "She asks when it is open."},
    },
    "/v1/sync/{system}/commands": {"id": "cmd-1", "type": "message.post", "subject": "case_x", "data": {}},
    "/v1/admin/accounts": {"account_id": "acme", "name": "Acme"},
    "/v1/admin/accounts/{account_id}": {"account_id": "known", "name": "Acme"},
    "/v1/admin/departments": DEPARTMENT,
    "/v1/admin/departments/{department_id}": DEPARTMENT,
    "/v1/admin/contacts": {"email": "dora@example.org", "name": "Dora"},
    "/v1/admin/contacts/{contact_id}": {"name": "Dora"},
    "/v1/admin/contacts/{contact_id}/erase": {},
    "/v1/admin/people/{person_id}/login": {"login": "disabled"},
    "/v1/admin/configuration-items": THING,
    "/v1/admin/configuration-items/{configuration_item_id}": THING,
    "/v1/admin/agreements": AGREEMENT,
    "/v1/admin/agreements/{agreement_id}": AGREEMENT,
    "/v1/admin/calendars/{calendar}": UK_OFFICE,
}
"""Each route that takes a body, and one that it would accept (but for the state of what is there)."""


def verb(route: str) -> str:
    """How a route takes its body."""
    if route == "/v1/me":
        return "PATCH"
    return "PUT" if route.endswith(("/owner", "/login")) or ("/admin/" in route and route.endswith("}")) else "POST"


NOWHERE = (
    "department_id",
    "configuration_item_id",
    "contact_id",
    "person_id",
    "receipt_id",
    "upload_id",
    "message_id",
    "attachment_id",
    "ticket",
)
"""Of what the scene has nothing."""


@dataclass(frozen=True)
class Scene:
    world: World
    customer: str
    """Session of the customer who owns the case."""
    staff: str
    """Session of a staff member whose team has the task."""
    administrator: str
    """Session of who keeps the records; agreements and configuration items are switched on."""
    challenge_id: str
    """A PIN that nobody has used yet."""
    case_id: str
    task_id: str

    @classmethod
    def act(cls, world: World) -> "Scene":
        """In a world with nothing else in it."""
        customer = world.sign_in("ana@example.org")
        staff = world.staff("customer-relations")
        administrator = world.administrator()
        world.switch_on("agreements", "configuration_items")
        default = {"agreement_id": "DEFAULT", "title": "Default", "valid_from": "2020-01-01T00:00:00Z"}
        for kind, record in (
            ("accounts", {"account_id": "known", "name": "Known"}),
            ("agreements", default | {"all_services": True}),
        ):
            added = world.gateway(
                "POST", f"/v1/admin/{kind}", record, token=administrator, headers={"Idempotency-Key": kind}
            )
            assert added.status == 201, added.body
        world.gateway("PUT", "/v1/admin/calendars/base", UK_OFFICE, token=administrator)
        case_id = world.create(customer).json["case_id"]
        world.settle()
        [task] = world.gateway("GET", "/v1/tasks", token=staff).json["data"]
        issued = world.gateway("POST", "/v1/otp/challenges", {"email": "ben@example.org"})
        world.settle()
        return cls(world, customer, staff, administrator, issued.json["challenge_id"], case_id, task["task_id"])

    def url(self, route: str) -> str:
        """An address of that route at which there is something."""
        return route.format(
            case_id=self.case_id,
            case=self.case_id,
            task_id=self.task_id,
            challenge_id=self.challenge_id,
            participant_id="unknown",
            service="contact-us",
            account_id="known",
            agreement_id="DEFAULT",
            calendar="base",
            system="backoffice",
            **dict.fromkeys(NOWHERE, "unknown"),
        )

    def token(self, route: str) -> str:
        """Of whoever may ask there."""
        if "/admin/" in route:
            return self.administrator
        return self.staff if "/tasks" in route or "/staff/" in route else self.customer

    def send(
        self, method: str, route: str, body: Any = None, headers: dict[str, str] | None = None, query: str = ""
    ) -> Answer:
        """Ask as whoever may, with a key of its own, so that what is refused is refused for the body."""
        sent = {"Idempotency-Key": "a-key-of-its-own"} | (headers or {})
        return self.world.gateway(method, self.url(route) + query, body, token=self.token(route), headers=sent)


def everything(world: World) -> Items:
    return sorted(world.items(), key=lambda item: (item["pk"]["S"], item["sk"]["S"]))


def assert_problem(answer: Answer, status: int, code: str) -> None:
    """It is a complete problem document that says this."""
    assert (answer.status, answer.code) == (status, code), answer.body[:400]
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json.keys() >= MEMBERS
    assert (answer.json["status"], answer.json["type"]) == (status, f"/problems/{code}")
    assert answer.json["instance"] == f"urn:request:{answer.json['request_id']}"


def pointers(answer: Answer) -> dict[str, str]:
    """Each field at fault, and the code of what is wrong with it."""
    return {error["pointer"]: error["code"] for error in answer.json.get("errors", [])}
