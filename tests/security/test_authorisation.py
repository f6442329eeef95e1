"""Every route for every identity: who may, who may not, and that nobody learns what is not theirs (S1)."""

from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import pytest

from app import app
from tests.gateway import Answer
from tests.http.scene import AGREEMENT, DEPARTMENT, THING
from tests.office import UK_OFFICE
from tests.security.identities import FORMER, SECRET, UNKNOWN, Scene
from tests.world import World

NOT_SIGNED_IN = (
    "anonymous",
    "somebody with a made-up token",
    "owner, switched off",
    "owner, signed out",
    "owner, a day later",
)
SIGNED_IN = ("owner", "other customer", "staff of the team", "staff of another team")
SHARED_WITH = ("delegate", "participant", "viewer", "organisation reader")
STRANGERS = ("other customer", "staff of another team", FORMER)


@dataclass(frozen=True)
class Row:
    """What one route answers to the owner, another customer, staff of the task's team and staff of another team.

    A route of a case answers strangers alike, and each with whom it is shared in a way of its own.
    """

    url: str
    body: Any
    statuses: tuple[int, int, int, int]
    public: bool = False
    shared: tuple[int, int, int, int] | None = None
    """What it answers to a delegate, a participant, a viewer and a reader of the owner's organisation; where they
    have no part in it, the same as to another customer."""
    administrator: int | None = None
    """What it answers to an administrator, where that is no matter of teams."""

    def expected(self) -> Iterator[tuple[str, int]]:
        yield from ((who, self.statuses[0] if self.public else 401) for who in NOT_SIGNED_IN)
        yield from zip(SIGNED_IN, self.statuses, strict=True)
        yield from zip(SHARED_WITH, self.shared or (self.statuses[1],) * 4, strict=True)
        yield FORMER, self.statuses[1]
        if self.administrator:
            yield "administrator", self.administrator


def public(url: str, status: int, body: Any = None) -> Row:
    return Row(url, body, (status,) * 4, public=True)


def of_case(
    path: str, body: Any, statuses: tuple[int, int, int, int], shared: tuple[int, int, int, int], case: str = "case"
) -> Row:
    return Row(f"/v1/cases/{{{case}}}{path}", body, statuses, shared=shared)


def for_administrators(url: str, body: Any = None, status: int = 200) -> Row:
    return Row(url, body, (403, 403, 403, 403), administrator=status)


CALENDAR = "/v1/admin/calendars/uk-office"
CASE, TASK = "/v1/cases/{case}", "/v1/tasks/{task}"
FILE = {"name": "a.txt", "size": 1, "content_type": "text/plain", "sha256": "0" * 64}
READ, DECIDE = (200, 200, 200, 200), (200, 403, 403, 403)
HELLO, INVITATION = {"text": "Hello."}, {"email": "new@example.org", "role": "viewer"}
CREATION = {"service": "contact-us", "answers": {"TOPIC": "OTHER", "MESSAGE": "When is it open?"}}
COMMAND = {"id": "cmd-1", "type": "message.post", "subject": "{case}", "data": HELLO}
ADMIN, THINGS = "/v1/admin", "/v1/admin/configuration-items"
ACCOUNT, CONTACT = {"account_id": "x", "name": "X"}, {"name": "Dan"}
ROWS: dict[tuple[str, str], Row] = {
    ("GET", "/v1/openapi.json"): public("/v1/openapi.json", 200),
    ("GET", "/v1/asyncapi.json"): public("/v1/asyncapi.json", 200),
    ("GET", "/v1/services"): public("/v1/services", 200),
    ("GET", "/v1/services/{service}"): public("/v1/services/contact-us", 200),
    ("POST", "/v1/otp/challenges"): public("/v1/otp/challenges", 202, {"email": "dan@example.org"}),
    ("POST", "/v1/otp/challenges/{challenge_id}/verify"): public(
        "/v1/otp/challenges/chal_x/verify", 410, {"code": "1"}
    ),
    ("DELETE", "/v1/sessions/current"): Row("/v1/sessions/current", None, (204, 204, 204, 204)),
    ("GET", "/v1/me"): Row("/v1/me", None, (200, 200, 200, 200)),
    ("PATCH", "/v1/me"): Row("/v1/me", {"case_mails": False}, (200, 200, 200, 200)),
    ("POST", "/v1/cases"): Row("/v1/cases", CREATION, (201, 201, 201, 201)),
    ("GET", "/v1/cases"): Row("/v1/cases", None, (200, 200, 200, 200)),
    ("GET", "/v1/cases/unread"): Row("/v1/cases/unread", None, (200, 200, 200, 200)),
    ("GET", "/v1/summary"): Row("/v1/summary", None, (200, 200, 200, 200)),
    ("GET", "/v1/cases/{case_id}"): of_case("", None, (200, 404, 200, 404), READ),
    ("GET", "/v1/cases/{case_id}/messages"): of_case("/messages", None, (200, 404, 200, 404), READ),
    ("POST", "/v1/cases/{case_id}/messages"): of_case("/messages", HELLO, (201, 404, 201, 404), (201, 201, 403, 403)),
    ("GET", "/v1/cases/{case_id}/timeline"): of_case("/timeline", None, (200, 404, 200, 404), READ),
    ("POST", "/v1/cases/{case_id}/read"): of_case("/read", {"sequence": 5}, (204, 404, 403, 404), (204, 204, 204, 403)),
    ("POST", "/v1/cases/{case_id}/cancel"): of_case("/cancel", {}, (200, 404, 403, 404), DECIDE),
    ("POST", "/v1/cases/{case_id}/close"): of_case("/close", {}, (200, 404, 403, 404), DECIDE, "resolved"),
    ("POST", "/v1/cases/{case_id}/reopen"): of_case("/reopen", {}, (200, 404, 403, 404), DECIDE, "resolved"),
    ("POST", "/v1/cases/{case_id}/complaints"): of_case(
        "/complaints", HELLO, (201, 404, 403, 404), (201, 201, 403, 403)
    ),
    ("POST", "/v1/cases/{case_id}/feedback"): of_case(
        "/feedback", {"grade": 5}, (200, 404, 403, 404), DECIDE, "resolved"
    ),
    ("GET", "/v1/cases/{case_id}/participants"): of_case("/participants", None, (200, 404, 200, 404), READ),
    ("POST", "/v1/cases/{case_id}/participants"): of_case(
        "/participants", INVITATION, (201, 404, 201, 404), (403, 403, 403, 403)
    ),
    ("DELETE", "/v1/cases/{case_id}/participants/{participant_id}"): of_case(
        "/participants/{participant}", None, (204, 404, 204, 404), (403, 204, 403, 403)
    ),
    ("GET", "/v1/cases/{case_id}/messages/{message_id}"): of_case(
        "/messages/{message}", None, (200, 404, 200, 404), READ
    ),
    ("GET", "/v1/cases/{case_id}/attachments/{attachment_id}"): of_case(
        "/attachments/{attachment}", None, (200, 404, 200, 404), (200, 200, 200, 200)
    ),
    ("GET", "/v1/attachments/{attachment_id}/{ticket}"): public("/v1/attachments/{attachment}/x.1.x", 404),
    ("POST", "/v1/sync/{system}/commands"): public("/v1/sync/backoffice/commands", 401, COMMAND),
    ("POST", "/v1/staff/cases/{case_id}/status"): Row(
        "/v1/staff/cases/{case}/status", {"status": "waiting_for_response"}, (403, 403, 200, 404)
    ),
    ("PUT", "/v1/staff/cases/{case_id}/owner"): Row(
        "/v1/staff/cases/{case}/owner", {"email": "new@example.org"}, (403, 403, 200, 404)
    ),
    ("POST", "/v1/uploads"): Row("/v1/uploads", FILE, (201, 201, 201, 201)),
    ("GET", "/v1/uploads/{upload_id}"): Row("/v1/uploads/{upload}", None, (200, 404, 404, 404)),
    ("GET", "/v1/tasks"): Row("/v1/tasks", None, (403, 403, 200, 200)),
    ("POST", "/v1/tasks/{task_id}/complete"): Row(f"{TASK}/complete", {"outcome": "ANSWERED"}, (403, 403, 200, 404)),
    ("POST", "/v1/tasks/{task_id}/assign"): Row(f"{TASK}/assign", {"team": "streets"}, (403, 403, 200, 404)),
    ("PATCH", "/v1/cases/{case_id}"): of_case("", {}, (200, 404, 403, 404), DECIDE),
    ("POST", "/v1/cases/preview"): Row("/v1/cases/preview", {"service": "contact-us"}, (200, 200, 200, 200)),
    ("POST", "/v1/staff/cases"): Row("/v1/staff/cases", CREATION | {"owner": "ana@example.org"}, (403, 403, 201, 201)),
    ("GET", "/v1/admin/accounts"): for_administrators(f"{ADMIN}/accounts"),
    ("POST", "/v1/admin/accounts"): for_administrators(f"{ADMIN}/accounts", ACCOUNT, 201),
    ("GET", "/v1/admin/accounts/{account_id}"): for_administrators(f"{ADMIN}/accounts/x", status=404),
    ("PUT", "/v1/admin/accounts/{account_id}"): for_administrators(f"{ADMIN}/accounts/x", ACCOUNT, 404),
    ("GET", "/v1/admin/departments"): for_administrators(f"{ADMIN}/departments"),
    ("POST", "/v1/admin/departments"): for_administrators(f"{ADMIN}/departments", DEPARTMENT, 422),
    ("GET", "/v1/admin/departments/{department_id}"): for_administrators(f"{ADMIN}/departments/x", status=404),
    ("PUT", "/v1/admin/departments/{department_id}"): for_administrators(f"{ADMIN}/departments/x", DEPARTMENT, 404),
    ("GET", "/v1/admin/contacts"): for_administrators(f"{ADMIN}/contacts"),
    ("POST", "/v1/admin/contacts"): for_administrators(f"{ADMIN}/contacts", CONTACT | {"email": "d@example.org"}, 201),
    ("POST", "/v1/admin/contacts/{contact_id}/erase"): for_administrators(f"{ADMIN}/contacts/x/erase", {}, 404),
    ("GET", "/v1/admin/erasures/{receipt_id}"): for_administrators(f"{ADMIN}/erasures/x", status=404),
    ("GET", "/v1/admin/contacts/{contact_id}"): for_administrators(f"{ADMIN}/contacts/x", status=404),
    ("PUT", "/v1/admin/contacts/{contact_id}"): for_administrators(f"{ADMIN}/contacts/x", CONTACT, 404),
    ("PUT", "/v1/admin/people/{person_id}/login"): for_administrators(
        f"{ADMIN}/people/x/login", {"login": "disabled"}, 404
    ),
    ("GET", "/v1/admin/configuration-items"): for_administrators(THINGS, status=404),
    ("POST", "/v1/admin/configuration-items"): for_administrators(THINGS, THING, 404),
    ("GET", "/v1/admin/configuration-items/{configuration_item_id}"): for_administrators(f"{THINGS}/x", status=404),
    ("PUT", "/v1/admin/configuration-items/{configuration_item_id}"): for_administrators(f"{THINGS}/x", THING, 404),
    ("GET", "/v1/admin/agreements"): for_administrators(f"{ADMIN}/agreements", status=404),
    ("POST", "/v1/admin/agreements"): for_administrators(f"{ADMIN}/agreements", AGREEMENT, 404),
    ("GET", "/v1/admin/agreements/{agreement_id}"): for_administrators(f"{ADMIN}/agreements/x", status=404),
    ("PUT", "/v1/admin/agreements/{agreement_id}"): for_administrators(f"{ADMIN}/agreements/x", AGREEMENT, 404),
    ("GET", "/v1/admin/cases/{case}/verification"): for_administrators(f"{ADMIN}/cases/{{case}}/verification"),
    ("GET", "/v1/admin/calendars/{calendar}"): for_administrators(CALENDAR),
    ("PUT", "/v1/admin/calendars/{calendar}"): for_administrators(CALENDAR, UK_OFFICE),
}
ON_AN_OBJECT = [route for route, row in ROWS.items() if "_id}" in route[1] and not row.public]


@pytest.fixture(scope="module")
def scene(one_world: World) -> Scene:
    return Scene.of(one_world, is_shared=True)


def test_every_route_has_a_row() -> None:
    """Nobody can add a route without saying who may use it (A9)."""
    assert set(ROWS) == {(method, route) for route, methods in app.routes.items() for method in methods}


@pytest.mark.parametrize("route", ROWS, ids=" ".join)
def test_a_route_answers_each_identity_as_its_row_says(scene: Scene, route: tuple[str, str]) -> None:
    """Nothing is written where it refuses, and nothing told to who may not read the case (S1, G1, F1, F8, A11)."""
    row = ROWS[route]
    for who, status in row.expected():
        scene.become(who)
        before = scene.world.items()
        answer = scene.request(who, route[0], row.url, row.body)
        assert (who, answer.status) == (who, status)
        if status in (401, 403, 404):
            assert scene.world.items() == before
        if status >= HTTPStatus.BAD_REQUEST or who in STRANGERS:
            assert SECRET.encode() not in answer.body
            assert scene.ids["case"].encode() not in answer.body


@pytest.mark.parametrize("route", ON_AN_OBJECT, ids=" ".join)
@pytest.mark.parametrize("who", STRANGERS)
def test_what_is_foreign_looks_unknown(scene: Scene, route: tuple[str, str], who: str) -> None:
    """Byte for byte, so that ids cannot be tried out (G1, S1)."""
    row = ROWS[route]
    url = row.url.replace("{resolved}", "{case}")
    foreign = scene.ask(who, route[0], url, row.body)
    unknown = scene.ask(who, route[0], url, row.body, UNKNOWN)
    assert _anonymous(foreign) == _anonymous(unknown)


def test_customers_see_nothing_that_is_internal(scene: Scene) -> None:
    """Neither internal messages nor who inside did what, in any view of their own case (F10a, F25, G2)."""
    scene.ask("staff of the team", "POST", f"{CASE}/messages", {"text": "Mind this customer.", "audience": "internal"})
    seen = [
        scene.world.gateway("GET", url.format(**scene.ids), token=scene.tokens["owner"]).body
        for url in (CASE, f"{CASE}/messages", f"{CASE}/timeline", "/v1/cases")
    ]
    for hidden in (b"Mind this customer.", b"customer-relations", b"task_", b"token", b"staff"):
        assert [body for body in seen if hidden in body] == []


def _anonymous(answer: Answer) -> tuple[int, dict[str, str], dict[str, Any]]:
    """Without what is different in every answer."""
    document = {name: value for name, value in answer.json.items() if name not in ("instance", "request_id")}
    return answer.status, answer.headers, document
