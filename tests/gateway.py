"""API Gateway in the test process: the real handler, called with the real proxy event."""

import base64
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs, unquote, urljoin, urlsplit

from chalice.app import Chalice

STAGE = "api"
BASE = f"https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/{STAGE}"
"""What a client puts before `/v1`."""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes
    asked: str = ""
    """The address, as the client knows it."""

    @property
    def location(self) -> str:
        """Where a client finds what was created."""
        return urljoin(self.asked, self.headers["Location"])

    @property
    def next(self) -> str | None:
        """Where a client finds the next page, if there is one."""
        link = self.headers.get("Link")
        return urljoin(self.asked, link.removeprefix("<").removesuffix('>; rel="next"')) if link else None

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The stable word of a problem document."""
        return str(self.json["code"])


class LambdaContext:
    function_name, function_version, memory_limit_in_mb = "portico-local", "$LATEST", 512
    invoked_function_arn = "arn:aws:lambda:eu-west-1:123456789012:function:portico-local"
    log_group_name = log_stream_name = "test"
    identity = client_context = None

    def __init__(self) -> None:
        self.aws_request_id = str(uuid.uuid4())

    def get_remaining_time_in_millis(self) -> int:
        return 25_000


class Hurried(LambdaContext):
    """Time is over as soon as that is true."""

    def __init__(self, over: Callable[[], bool]) -> None:
        super().__init__()
        self.over = over

    def get_remaining_time_in_millis(self) -> int:
        return 5_000 if self.over() else 25_000


class Gateway:
    """Calls the app as API Gateway does: unknown routes never reach it, wrong methods do and are answered there."""

    def __init__(self, app: Chalice, base: str = BASE, *, mapped: bool = False) -> None:
        """`mapped`: the path of `base` is the base path of a custom domain, which then stands in every event."""
        self.app, self.base = app, base
        self.before_path = urlsplit(base).path if mapped else ""
        self.before_context_path = self.before_path or f"/{STAGE}"
        self.routes = sorted(app.routes, key=lambda route: [part.startswith("{") for part in route.split("/")])

    def __call__(
        self,
        method: str,
        url: str,
        body: Any = None,
        *,
        token: str | None = None,
        headers: dict[str, str] | None = None,
        ip: str = "203.0.113.9",
        keyed: bool = True,
    ) -> Answer:
        """Ask for an address, which is a whole one or what follows the base; under a new key where one is needed."""
        if urlsplit(url).scheme:
            url = url.removeprefix(self.base) if url.startswith(f"{self.base}/") else ""
        if keyed and self._needs_key(method, url):
            headers = {"Idempotency-Key": str(uuid.uuid4()), **(headers or {})}
        event = self.event(method, url, body, token=token, headers=headers, ip=ip)
        if event is None:
            document = b'{"type":"/problems/not_found","title":"Not Found","status":404,"code":"not_found"}'
            return Answer(404, {"Content-Type": "application/problem+json"}, document)
        return replace(self.deliver(event), asked=self.base + url)

    def deliver(self, event: dict[str, Any]) -> Answer:
        result = json.loads(json.dumps(self.app(event, LambdaContext())))
        raw = result["body"] or ""
        content = base64.b64decode(raw) if result.get("isBase64Encoded") else raw.encode()
        multiple = {name: ", ".join(values) for name, values in result.get("multiValueHeaders", {}).items()}
        return Answer(result["statusCode"], result["headers"] | multiple, content)

    def event(
        self, method: str, url: str, body: Any, *, token: str | None, headers: dict[str, str] | None, ip: str
    ) -> dict[str, Any] | None:
        parts = urlsplit(url)
        route, parameters = self._match(parts.path)
        if route is None:
            return None
        sent = {"Accept": "application/json", **(headers or {})}
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        text: str | None = body if isinstance(body, str) or body is None else None
        if isinstance(body, bytes):
            text = base64.b64encode(body).decode()
        elif text is None and body is not None:
            text = json.dumps(body)
        if text is not None:
            sent.setdefault("Content-Type", "application/json")
        query = parse_qs(parts.query, keep_blank_values=True)
        return {
            "resource": route,
            "path": self.before_path + parts.path,
            "httpMethod": method,
            "headers": sent,
            "multiValueHeaders": {name: [value] for name, value in sent.items()},
            "pathParameters": parameters or None,
            "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
            "multiValueQueryStringParameters": query or None,
            "stageVariables": None,
            "requestContext": {
                "resourcePath": route,
                "httpMethod": method,
                "path": self.before_context_path + parts.path,
                "stage": STAGE,
                "requestId": str(uuid.uuid4()),
                "protocol": "HTTP/1.1",
                "identity": {"sourceIp": ip, "userAgent": "test"},
            },
            "body": text,
            "isBase64Encoded": isinstance(body, bytes),
        }

    def _needs_key(self, method: str, url: str) -> bool:
        route, _ = self._match(urlsplit(url).path)
        entry = self.app.routes[route].get(method) if route else None
        operation = getattr(entry.view_function, "operation", None) if entry else None
        return operation is not None and operation.key_required

    def _match(self, path: str) -> tuple[str | None, dict[str, str]]:
        have = path.split("/")
        for route in self.routes:
            want = route.split("/")
            pairs = list(zip(want, have, strict=False))
            if len(want) == len(have) and all(w == h or (w.startswith("{") and h) for w, h in pairs):
                return route, {w[1:-1]: unquote(h) for w, h in pairs if w.startswith("{")}
        return None, {}
