"""Addresses, queries and headers that make no sense are refused by name, and change nothing."""

from http import HTTPStatus
from urllib.parse import quote

import pytest

from app import app
from tests.http.scene import BODIES, Scene, assert_problem, pointers, verb

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE")
ODD_IDS = {
    "NUL": "%00",
    "line break": "%0d%0aSet-Cookie:%20a=b",
    "emoji": quote("🦄"),
    "invalid UTF-8": "%ff%fe",
    "10 KB": "a" * 10_240,
    "1 KB of emojis": quote("🦄" * 300),
    "parent folder": "..%2e",
    "quotes": "%22%27%3Cscript%3E",
    "prefix alone": "case_",
    "key of a table": "RECORD%23CASE",
    "well formed, but of nothing": "case_01ARZ3NDEKTSV4RRFFQ69G5FAV",
}
RECORDS = ("account_id", "department_id", "contact_id", "configuration_item_id", "agreement_id")
NOBODY = {"case_id": (404, "case_not_found"), "case": (404, "case_not_found"), "task_id": (404, "task_not_found")} | {
    **dict.fromkeys(RECORDS, (404, "record_not_found")),
    "upload_id": (404, "upload_not_found"),
    "receipt_id": (404, "erasure_not_found"),
    "attachment_id": (404, "attachment_not_found"),
    "calendar": (404, "calendar_not_found"),
    "person_id": (404, "person_not_found"),
    "service": (404, "service_not_found"),
    "challenge_id": (410, "otp_expired"),
    "system": (401, "signature_invalid"),
    "/v1/admin/contacts/{contact_id}/erase": (404, "person_not_found"),
}
"""What an id is answered with that means nothing to us."""
OF_ONE = [(method, route) for route in app.routes for method in app.routes[route] if "{" in route]


@pytest.mark.parametrize("odd", ODD_IDS.values(), ids=ODD_IDS.keys())
def test_an_odd_id_is_unknown(scene: Scene, odd: str) -> None:
    """Whatever stands in place of an id is answered as any unknown one, never by a fault of ours (S9, G1)."""
    for method, route in OF_ONE:
        place = route.partition("{")[2].partition("}")[0]
        url = route.replace(f"{{{place}}}", odd)
        headers = {"Idempotency-Key": "a-key-of-its-own"} if method == "POST" else {}
        answer = scene.world.gateway(method, url, BODIES.get(route), token=scene.token(route), headers=headers)
        assert_problem(answer, *(NOBODY.get(route) or NOBODY[place]))


@pytest.mark.parametrize("url", ["/", "/v1", "/v2/cases", "/v1/cases/", "/v1/admin", "/v1/cases/a/b/c", "/%00"])
def test_an_unknown_address_is_not_found(scene: Scene, url: str) -> None:
    """It never reaches the app; API Gateway answers (its own documents are tested in tests/infra)."""
    assert scene.world.gateway("GET", url).status == 404


@pytest.mark.parametrize("route", app.routes)
def test_a_wrong_method_is_told_the_right_ones(scene: Scene, route: str) -> None:
    """405 with `Allow`, as RFC 9110 asks (S9)."""
    for method in METHODS:
        if method not in app.routes[route]:
            answer = scene.send(method, route, "{}")
            assert_problem(answer, 405, "method_not_allowed")
            assert set(answer.headers["Allow"].split(", ")) == set(app.routes[route])


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/xml",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "",
        "json",
    ],
)
def test_a_body_that_is_not_called_json_is_refused(scene: Scene, content_type: str) -> None:
    """415, which also keeps a form of another site from writing (H2, S9)."""
    for route, body in BODIES.items():
        answer = scene.send(verb(route), route, body, headers={"Content-Type": content_type})
        assert_problem(answer, 415, "unsupported_media")


def test_a_body_without_a_content_type_is_refused(scene: Scene) -> None:
    """A browser sends one so, of its own accord, for another site; we do not guess (H2, S9)."""
    for route, body in BODIES.items():
        token = scene.token(route)
        event = scene.world.gateway.event(
            verb(route), scene.url(route), body, token=token, headers={}, ip="203.0.113.9"
        )
        assert event is not None
        del event["headers"]["Content-Type"], event["multiValueHeaders"]["Content-Type"]
        assert_problem(scene.world.gateway.deliver(event), 415, "unsupported_media")


CASES, MESSAGES, TASKS = "/v1/cases", "/v1/cases/{case_id}/messages", "/v1/tasks"
QUERIES = [
    *((CASES, f"limit={value}", "/limit") for value in ("0", "101", "-1", "abc", "", "1.5", "1e2", "9" * 5000, "%00")),
    *((CASES, f"after={value}", "/after") for value in ("", "abc", "%00", quote("🦄"), "a" * 10_240, "=", "....")),
    (CASES, "limit=1&limit=2", "/limit"),
    (CASES, "after=a&after=b", "/after"),
    (CASES, "status=gone", "/status"),
    (CASES, "limit=1&%F0%9F%A6%84=1", "/🦄"),
    (CASES, "a/b~c=1", "/a~1b~0c"),
    (MESSAGES, "order=sideways", "/order"),
    (MESSAGES, "order=oldest_first&order=newest_first", "/order"),
    (TASKS, "team=%07", "/team"),
    (TASKS, "team=", "/team"),
    (TASKS, f"team={'x' * 10_240}", "/team"),
]


@pytest.mark.parametrize(("route", "query", "pointer"), QUERIES)
def test_a_query_that_breaks_a_rule_is_named(scene: Scene, route: str, query: str, pointer: str) -> None:
    """Unknown, repeated and wrong parameters are 422, never ignored; a pointer names the one (S9)."""
    answer = scene.send("GET", route, query=f"?{query}")
    assert answer.status == 422, answer.body[:400]
    assert list(pointers(answer)) == [pointer]
    assert_problem(answer, 422, answer.code)


def test_a_cursor_fits_its_own_query_only(scene: Scene) -> None:
    """A cursor is bound to address, order and person; no other query takes it, and neither does a changed one."""
    first = scene.send("GET", "/v1/cases/{case_id}/timeline", query="?limit=1")
    cursor = first.json["page"]["after"]
    assert scene.send("GET", "/v1/cases/{case_id}/timeline", query=f"?limit=5&after={cursor}").status == 200
    for route, query in [
        ("/v1/cases/{case_id}/messages", f"?after={cursor}"),
        ("/v1/cases/{case_id}/timeline", f"?order=newest_first&after={cursor}"),
        ("/v1/cases", f"?after={cursor}"),
        ("/v1/cases/{case_id}/timeline", f"?after={'A' if cursor[0] != 'A' else 'B'}{cursor[1:]}"),
        ("/v1/cases/{case_id}/timeline", f"?after={cursor[:-2]}"),
    ]:
        assert_problem(scene.send("GET", route, query=query), 422, "cursor_invalid")
    of_staff = scene.world.gateway(
        "GET", f"{scene.url('/v1/cases/{case_id}/timeline')}?limit=1&after={cursor}", token=scene.staff
    )
    assert_problem(of_staff, 422, "cursor_invalid")


CREDENTIALS = {
    "empty": "",
    "scheme alone": "Bearer",
    "blank": "Bearer  ",
    "another scheme": "Basic YW5hOnNlY3JldA==",
    "no session": "Bearer abc",
    "somebody's, guessed": "Bearer contact_01ARZ3NDEKTSV4RRFFQ69G5FAV.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "of nobody": "Bearer .AAAA",
    "10 KB": "Bearer " + "a" * 10_240,
    "emoji": "Bearer 🦄.🦄",
    "control characters": "Bearer a\x00\x07.b",
    "two": "Bearer a.b, Bearer c.d",
    "a key": "Bearer PERSON#x.SESSION#y",
}


@pytest.mark.parametrize("credentials", CREDENTIALS.values(), ids=CREDENTIALS.keys())
def test_odd_credentials_sign_nobody_in(scene: Scene, credentials: str) -> None:
    """401 with `WWW-Authenticate`, on every route that needs a session, before anything else is looked at (A18, S9)."""
    for route, methods in app.routes.items():
        for method, entry in methods.items():
            operation = getattr(entry.view_function, "operation", None)
            if operation is None or operation.public:
                continue
            headers = {"Authorization": credentials, "Idempotency-Key": "k"}
            answer = scene.world.gateway(method, scene.url(route), BODIES.get(route), headers=headers)
            assert_problem(answer, 401, "not_signed_in")
            assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("changed", ["shorter", "longer", "other", "upper"])
def test_a_token_is_right_to_the_last_character(scene: Scene, changed: str) -> None:
    """A token that is nearly right is wrong."""
    right = scene.customer
    token = {
        "shorter": right[:-1],
        "longer": right + "A",
        "other": right[:-1] + ("A" if right[-1] != "A" else "B"),
        "upper": right.swapcase(),
    }[changed]
    assert_problem(scene.world.gateway("GET", "/v1/me", token=token), 401, "not_signed_in")


@pytest.mark.parametrize("key", ["", "x" * 256, "a\x00b", "a\nb", "clé", "🦄", "a\x7f"])
def test_an_odd_idempotency_key_is_refused(scene: Scene, key: str) -> None:
    """1 to 255 printable ASCII characters; anything else is 400 and has no effect (S9)."""
    for route, body in BODIES.items():
        if "/otp/" not in route and "/sync/" not in route:
            assert_problem(
                scene.send(verb(route), route, body, headers={"Idempotency-Key": key}), 400, "idempotency_key_invalid"
            )


def _status(route: str) -> int:
    """What is answered when its body is taken."""
    status: int = getattr(app.routes[route][verb(route)].view_function, "operation").status  # noqa: B009
    return status


def test_what_creates_something_needs_a_key(scene: Scene) -> None:
    """Without `Idempotency-Key` a lost answer would mean two of it: a case, a message, an upload, a record (A1)."""
    creates = [route for route in BODIES if _status(route) == HTTPStatus.CREATED]
    assert {CASES, "/v1/uploads", "/v1/cases/{case_id}/messages", "/v1/admin/accounts"} < {*creates}
    for route in creates:
        answer = scene.world.gateway("POST", scene.url(route), BODIES[route], token=scene.token(route), keyed=False)
        assert_problem(answer, 400, "idempotency_key_required")


@pytest.mark.parametrize("version", ['"999999"', '"0"', "1", "abc", "", 'W/"1"', "🦄", "x" * 10_240, '"-1"', '"1e9"'])
def test_an_odd_version_matches_nothing(scene: Scene, version: str) -> None:
    """`If-Match` with anything but the case's ETag is 412, and says which one it has now."""
    etag = scene.send("GET", "/v1/cases/{case_id}").headers["ETag"]
    assert etag != version
    for action in ("cancel", "close", "reopen"):
        answer = scene.send("POST", f"/v1/cases/{{case_id}}/{action}", {}, headers={"If-Match": version})
        assert_problem(answer, 412, "version_mismatch")
        assert answer.json["current"] == etag
