"""Two people, a case and its task; what is asked of them, and how a refusal looks."""

from dataclasses import dataclass
from typing import Any

from tests.gateway import Answer
from tests.office import UK_OFFICE
from tests.world import World

Items = list[dict[str, Any]]
MEMBERS = {"type", "title", "status", "detail", "code", "instance", "request_id"}
"""Of every problem document (RFC 9457, and ours)."""
BODIES: dict[str, dict[str, Any]] = {
    "/v1/otp/challenges": {"email": "cleo@example.org"},
    "/v1/otp/challenges/{challenge_id}/verify": {"code": "00000000"},
    "/v1/cases": {"service": "contact-us", "answers": {"TOPIC": "OTHER", "MESSAGE": "When is it open?"}},
    "/v1/cases/{case_id}/cancel": {},
    "/v1/cases/{case_id}/close": {},
    "/v1/cases/{case_id}/reopen": {},
    "/v1/cases/{case_id}/messages": {"text": "Is there any news?"},
    "/v1/cases/{case_id}/read": {"sequence": 1},
    "/v1/tasks/{task_id}/complete": {"outcome": "ANSWERED"},
    "/v1/admin/calendars/{calendar}": UK_OFFICE,
}
"""Each route that takes a body, and one that it would accept (but for the state of the case)."""


def verb(route: str) -> str:
    """How a route takes its body."""
    return "PUT" if "/admin/" in route else "POST"


@dataclass(frozen=True)
class Scene:
    world: World
    customer: str
    """Session of the customer who owns the case."""
    staff: str
    """Session of a staff member whose team has the task."""
    administrator: str
    """Session of a staff member who keeps the records."""
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
            calendar="base",
            case_id=self.case_id,
            task_id=self.task_id,
            challenge_id=self.challenge_id,
            service="contact-us",
        )

    def token(self, route: str) -> str:
        """Of whoever may ask there."""
        return self.administrator if "/admin" in route else self.staff if "/tasks" in route else self.customer

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
