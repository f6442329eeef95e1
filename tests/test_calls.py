"""How many calls to AWS a request waits for: a budget, held with a warm function."""

from http import HTTPStatus
from typing import Any

import pytest

from tests.calls import Call, recorded
from tests.office import UK_OFFICE
from tests.rewind import Moment
from tests.uploads.files import sent
from tests.world import World

ANA = "ana@example.org"
FILE = {"name": "a.txt", "size": 1, "content_type": "text/plain", "sha256": "0" * 64}
ANSWERS = {"TOPIC": "OTHER", "MESSAGE": "When is the town hall open?"}
Request = tuple[str, str, Any]
REQUESTS: dict[str, Request] = {
    "list": ("GET", "/v1/cases", None),
    "view": ("GET", "/v1/cases/{case}", None),
    "unread, shared": ("GET", "/v1/cases?filter=shared_with_me&unread=true&status=new", None),
    "participants": ("GET", "/v1/cases/{case}/participants", None),
    "share": ("POST", "/v1/cases/{case}/participants", {"email": "new@example.org", "role": "viewer"}),
    "conversation": ("GET", "/v1/cases/{case}/messages", None),
    "unread": ("GET", "/v1/cases/unread", None),
    "summary": ("GET", "/v1/summary", None),
    "post": ("POST", "/v1/cases/{case}/messages", {"text": "It is blue."}),
    "post a file": ("POST", "/v1/cases/{case}/messages", {"text": "It is blue.", "attachments": ["{file}"]}),
    "download a file": ("GET", "/v1/cases/{case}/attachments/{attached}", None),
    "read more": ("GET", "/v1/cases/{case}/messages/{message}", None),
    "create with a file": (
        "POST",
        "/v1/cases",
        {"service": "contact-us", "answers": ANSWERS, "attachments": ["{file}"]},
    ),
    "create": ("POST", "/v1/cases", {"service": "contact-us", "answers": ANSWERS}),
    "read": ("POST", "/v1/cases/{case}/read", {"sequence": 2}),
    "cancel": ("POST", "/v1/cases/{case}/cancel", {}),
    "close": ("POST", "/v1/cases/{resolved}/close", {}),
    "reopen": ("POST", "/v1/cases/{resolved}/reopen", {}),
    "complete": ("POST", "/v1/tasks/{task}/complete", {"outcome": "ANSWERED"}),
    "announce a file": ("POST", "/v1/uploads", FILE),
    "assign": ("POST", "/v1/tasks/{task}/assign", {"team": "streets"}),
    "calendar": ("GET", "/v1/admin/calendars/uk-office", None),
    "sign out": ("DELETE", "/v1/sessions/current", None),
    "who am I": ("GET", "/v1/me", None),
    "choose mails": ("PATCH", "/v1/me", {"case_mails": False}),
}
NOT_AFTER_THE_OTHERS = {"close", "cancel", "complete", "sign out", "post a file", "create with a file"}
ONE_CALL = {"who am I", "calendar", "participants", "download a file", "read more"}


class Scene:
    """A customer with an open and a resolved case, whose deadlines run, and a staff member with a task; all is warm."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.administrator = world.administrator()
        kept = world.gateway("PUT", "/v1/admin/calendars/uk-office", UK_OFFICE, token=self.administrator)
        assert kept.status == HTTPStatus.OK, kept.body
        self.ana = world.sign_in(ANA)
        self.staff = world.staff("customer-relations")
        names = {"resolved": self._resolved(), "case": self._created("key-2")}
        names["task"] = self._task(names["case"])
        names |= {"file": sent(world, self.ana), "attached": sent(world, self.ana)}
        body = {"text": "Here.", "attachments": [names["attached"]]}
        posted = world.gateway("POST", f"/v1/cases/{names['case']}/messages", body, token=self.ana)
        self.names = names | {"message": posted.json["message_id"]}

    def ask(self, request: Request, token: str) -> list[Call]:
        method, path, body = request
        headers = {"Idempotency-Key": "key-of-this-request"} if method == "POST" else {}
        if body and body.get("attachments"):
            body = body | {"attachments": [self.names["file"]]}
        with recorded() as calls:
            answer = self.world.gateway(method, path.format(**self.names), body, token=token, headers=headers)
        assert answer.status < HTTPStatus.BAD_REQUEST, answer.body
        return calls

    def token(self, name: str) -> str:
        """Of whoever may ask that."""
        return {"complete": self.staff, "assign": self.staff, "calendar": self.administrator}.get(name, self.ana)

    def _created(self, key: str) -> str:
        case_id = self.world.create(self.ana, key=key).json["case_id"]
        self.world.settle()
        return str(case_id)

    def _resolved(self) -> str:
        case_id = self._created("key-1")
        url = f"/v1/tasks/{self._task(case_id)}/complete"
        assert self.world.gateway("POST", url, {"outcome": "ANSWERED"}, token=self.staff).status == HTTPStatus.OK
        self.world.settle()
        return case_id

    def _task(self, case_id: str) -> str:
        tasks = self.world.gateway("GET", "/v1/tasks", token=self.staff).json["data"]
        return next(str(task["task_id"]) for task in tasks if task["case_id"] == case_id)


@pytest.fixture(scope="module")
def scenes(one_world: World) -> tuple[Scene, Moment]:
    one_world.reset()
    scene = Scene(one_world)
    return scene, Moment.of(one_world)


@pytest.fixture
def scene(scenes: tuple[Scene, Moment]) -> Scene:
    scene, moment = scenes
    moment.restore(scene.world)
    return scene


@pytest.mark.parametrize("name", REQUESTS)
def test_a_request_waits_for_two_calls_at_most(scene: Scene, name: str) -> None:
    """One read, with the session in it, and one query or one transaction; the first page asks two things."""
    calls = scene.ask(REQUESTS[name], scene.token(name))
    assert len(calls) <= (1 if name in ONE_CALL else 3 if name == "summary" else 2), [str(call) for call in calls]


def test_signing_in_takes_two_calls(world: World) -> None:
    """One write spends the attempt, one transaction closes the challenge and begins the session."""
    challenge = world.gateway("POST", "/v1/otp/challenges", {"email": ANA}).json["challenge_id"]
    world.settle()
    with recorded() as calls:
        world.gateway("POST", f"/v1/otp/challenges/{challenge}/verify", {"code": world.pin(ANA)})
    assert [call.operation for call in calls] == ["dynamodb.UpdateItem", "dynamodb.TransactWriteItems"]


def test_no_number_of_cases_makes_the_list_dearer(scene: Scene) -> None:
    """As many calls for a page of many cases as for two: one query."""
    before = scene.ask(REQUESTS["list"], scene.ana)
    for number in range(8):
        scene.world.create(scene.ana, key=f"further-{number}")
    after = scene.ask(REQUESTS["list"], scene.ana)
    assert [call.operation for call in after] == [call.operation for call in before]


def test_nothing_ever_scans_the_table(world: World) -> None:
    """Neither requests nor deliveries nor the sweeper read what they do not need (D12)."""
    with recorded() as calls:
        scene = Scene(world)
        for name, request in REQUESTS.items():
            if name not in NOT_AFTER_THE_OTHERS:
                scene.ask(request, scene.token(name))
        world.settle()
        world.sweep(everything=True)
    assert {call.operation for call in calls if "Scan" in call.operation} == set()
    assert {call.operation.partition(".")[0] for call in calls} >= {"dynamodb", "sqs", "sesv2", "stepfunctions"}
