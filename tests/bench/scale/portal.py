"""The requests that are looked at, through the real HTTP handlers and the real sweeper, in turn on each table.

What a request changes, it changes in both tables alike.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from functions.otp.repository import address_of, code
from functions.people.repository import address_key, address_ref
from functions.settings import settings
from functions.sync.sweep import sweep
from functions.table import read
from tests.bench.scale.metering import Cost, metered
from tests.bench.scale.template import TEXT, Load, Template
from tests.gateway import Answer, LambdaContext
from tests.world import World

PAGE = 25
STRIDE = 100
"""The longest page that there is."""


@dataclass
class Portal:
    """A whole Portico on one table of the engine."""

    world: World
    template: Template
    table: str
    load: Load
    middles: dict[str, str] = field(default_factory=dict)
    """Where a page in the middle begins, by the list's address."""

    def use(self) -> None:
        """What is asked from now on, is asked of this table, at the moment after it was filled."""
        object.__setattr__(settings, "table_name", self.table)
        behind = self.template.made_at - datetime.now(UTC)
        self.world.clock_file.write_text(str(behind.total_seconds()))

    def find_middles(self) -> None:
        """Turn the pages of each list up to its middle, by the cursor of the page before, as people do."""
        self.use()
        case = f"/v1/cases/{self.template.case_id}"
        for url, entries, token in (
            ("/v1/cases", self.load.own, self.template.customer),
            (f"{case}/messages", self.load.messages, self.template.customer),
            (f"{case}/timeline", self.load.messages, self.template.customer),
            ("/v1/tasks", self.load.tasks, self.template.staff),
        ):
            after, passed = "", 0
            while passed < entries // 2:
                stride = min(STRIDE, entries // 2 - passed)
                page = self._ask("GET", f"{url}?limit={stride}{after}", token=token).json["page"]
                after, passed = f"&after={page['after']}", passed + stride
            self.middles[url] = f"{url}?limit={PAGE}{after}"

    def ask(self, turn: int) -> Iterator[tuple[str, Cost]]:
        """Every request once, with what it has cost."""
        self.use()
        for name, work in self._requests(turn):
            yield name, metered(work)

    def _requests(self, turn: int) -> Iterator[tuple[str, Callable[[], Any]]]:
        customer, staff, case = self.template.customer, self.template.staff, f"/v1/cases/{self.template.case_id}"

        def look(url: str, token: str = customer) -> Callable[[], Answer]:
            return lambda: self._ask("GET", url, token=token)

        def do(url: str, body: Any, token: str | None = customer, ip: str = "203.0.113.9") -> Callable[[], Answer]:
            return lambda: self._ask("POST", url, body, token=token, key=f"turn-{turn}", ip=ip)

        yield "sweep, nothing due", lambda: sweep({}, LambdaContext())
        yield "my cases", look("/v1/cases")
        yield "my cases, from the middle", look(self.middles["/v1/cases"])
        yield "my closed cases, of which there are none", look("/v1/cases?status=closed")
        yield "my unread cases", look("/v1/cases?unread=true")
        yield "how many unread", look("/v1/cases/unread")
        yield "a case with its messages", look(case)
        yield "its conversation", look(f"{case}/messages")
        yield "its conversation, from the middle", look(self.middles[f"{case}/messages"])
        yield "its conversation, newest first", look(f"{case}/messages?order=newest_first")
        yield "its timeline, from the middle", look(self.middles[f"{case}/timeline"])
        yield "its conversation, for staff", look(f"{case}/messages?order=newest_first", staff)
        yield "tasks of a team", look("/v1/tasks", staff)
        yield "tasks of a team, from the middle", look(self.middles["/v1/tasks"], staff)
        task = self._ask("GET", "/v1/tasks?limit=1", token=staff).json["data"][0]["task_id"]
        yield "complete a task", do(f"/v1/tasks/{task}/complete", {"outcome": "ANSWERED"}, staff)
        yield "post a message", do(f"{case}/messages", {"text": TEXT})
        yield "mark as read", do(f"{case}/read", {"sequence": turn + 1})
        answers = {"TOPIC": "OTHER", "MESSAGE": TEXT}
        yield "create a case", do("/v1/cases", {"service": "contact-us", "answers": answers})
        email, ip = f"somebody-{turn:04}@example.org", f"198.51.100.{turn % 250}"
        yield "ask for a PIN", do("/v1/otp/challenges", {"email": email}, None, ip)
        key = address_key(address_ref(email))
        [challenge] = address_of(address_ref(email), email, read(key)[key]).challenges
        url = f"/v1/otp/challenges/{challenge.challenge_id}/verify"
        yield "verify a PIN", do(url, {"code": code(challenge)}, None, ip)

    def _ask(
        self, method: str, url: str, body: Any = None, *, token: str | None, key: str = "", ip: str = "203.0.113.9"
    ) -> Answer:
        headers = {"Idempotency-Key": key} if key else {}
        answer = self.world.gateway(method, url, body, token=token, headers=headers, ip=ip)
        if answer.status >= 400:
            raise RuntimeError(f"{method} {url}: {answer.body.decode()}")
        return answer
