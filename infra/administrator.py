"""The HTTP API, asked from the command line as an administrator is asked for: signed in by PIN, with JSON."""

import argparse
import json
import os
import re
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from infra.local import endpoints
from infra.stage import ROOT

CREATED, OK, ACCEPTED, CONFLICT = 201, 200, 202, 409
PATIENCE = 30.0
"""Seconds until a PIN mail counts as missing."""

Record = dict[str, Any]


class NotSignedIn(Exception):
    """Nobody was signed in; the text says why."""


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any

    @property
    def why(self) -> str:
        """What a refusal says, with the fields at fault."""
        problem = self.body if isinstance(self.body, dict) else {}
        fields = [f"{error['pointer']} {error['message']}" for error in problem.get("errors", [])]
        return "; ".join(fields) or str(problem.get("detail") or f"status {self.status}")


Ask = Callable[[str, str, Record | None], Answer]
"""Method, path and body of a request, made as an administrator."""


@dataclass
class Client:
    """The API, asked as somebody who is signed in."""

    api: str
    token: str = ""

    def __call__(self, method: str, path: str, body: Record | None) -> Answer:
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        if method == "POST":
            headers["Idempotency-Key"] = str(uuid.uuid4())
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.api + path, data, headers, method=method)  # noqa: S310 (the operator's)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as response:  # noqa: S310 (as above)
                return Answer(response.status, json.load(response))
        except urllib.error.HTTPError as refusal:
            return Answer(refusal.code, json.load(refusal))

    def sign_in(self, email: str, read_pin: Callable[[], str]) -> None:
        """By PIN, as everybody does. Raise `NotSignedIn`."""
        issued = self("POST", "/v1/otp/challenges", {"email": email})
        if issued.status != ACCEPTED:
            raise NotSignedIn(issued.why)
        verified = self("POST", f"/v1/otp/challenges/{issued.body['challenge_id']}/verify", {"code": read_pin()})
        if verified.status != OK:
            raise NotSignedIn(verified.why)
        self.token = verified.body["token"]


def _pin_in_mailbox(mailbox: str, email: str) -> Callable[[], str]:
    """The local cloud shows every mail that was sent."""

    def mails() -> list[Record]:
        with urllib.request.urlopen(mailbox, timeout=PATIENCE) as response:  # noqa: S310 (a local address)
            return [mail for mail in json.load(response) if email in mail["recipients"]]

    seen = len(mails())

    def wait() -> str:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            for mail in mails()[seen:]:
                if pin := re.search(r"^\s*([0-9A-Z]{8,13})\s*$", mail["text"], re.MULTILINE):
                    return pin[1]
            time.sleep(0.2)
        raise NotSignedIn("no PIN was mailed; an address gets one a minute, and five an hour")

    return wait


def client(email: str, api: str | None) -> Client:
    if token := os.environ.get("PORTICO_TOKEN"):
        return Client(api or endpoints.read(ROOT / ".local").api, token)
    if api:
        client = Client(api)
        client.sign_in(email, lambda: input(f"The PIN that was mailed to {email}: "))
        return client
    local = endpoints.read(ROOT / ".local")
    client = Client(local.api)
    client.sign_in(email, _pin_in_mailbox(local.mailbox, email))
    return client


def name_administrator(parser: argparse.ArgumentParser) -> None:
    """Who asks, and where."""
    parser.add_argument("--as", dest="email", default="ingrid.voss@portico.example", help="an administrator's address")
    parser.add_argument("--api", help="of another stage than the local cloud, without /v1")
