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
from pathlib import Path
from typing import Any

from infra.local import endpoints
from infra.stage import ROOT

CREATED, OK, ACCEPTED, CONFLICT = 201, 200, 202, 409
PATIENCE = 30.0
"""Seconds until a PIN mail counts as missing."""

Record = dict[str, Any]


class NotSignedIn(Exception):
    """Nobody was signed in who may do this; the text says why."""


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


def _typed_pin(email: str) -> str:
    try:
        return input(f"The PIN that was mailed to {email}: ")
    except EOFError:
        raise NotSignedIn("no PIN was typed; PORTICO_TOKEN may hold the token of a session instead") from None


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
        raise NotSignedIn(
            "no PIN was mailed; an address gets one a minute, and five an hour; the token of a session that you have"
            " is taken from PORTICO_TOKEN"
        )

    return wait


def client(email: str, api: str | None, folder: Path = ROOT / ".local") -> Client:
    """An administrator's: of PORTICO_TOKEN, of the session kept in `folder`, or of a new one. Raise `NotSignedIn`."""
    if token := os.environ.get("PORTICO_TOKEN"):
        client = Client(api or endpoints.read(folder).api, token)
    elif api:
        client = Client(api)
        client.sign_in(email, lambda: _typed_pin(email))
    else:
        client = _in_local_cloud(email, folder)
    me = client("GET", "/v1/me", None)
    if me.status != OK:
        raise NotSignedIn(f"PORTICO_TOKEN: {me.why}" if token else me.why)
    if "administrator" not in me.body.get("roles", []):
        raise NotSignedIn(f"{me.body.get('email', email)} is no administrator; name one with ADMIN=")
    return client


def _in_local_cloud(email: str, folder: Path) -> Client:
    """The session of the last time, while it is good; an address gets few PINs."""
    local, file = endpoints.read(folder), folder / "sessions.json"
    tokens: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
    client = Client(local.api, tokens.get(email, ""))
    if not client.token or client("GET", "/v1/me", None).status != OK:
        client.token = ""
        client.sign_in(email, _pin_in_mailbox(local.mailbox, email))
        part = folder / "sessions.part"
        part.touch(mode=0o600)
        part.write_text(json.dumps(tokens | {email: client.token}))
        part.replace(file)
    return client


def name_administrator(parser: argparse.ArgumentParser) -> None:
    """Who asks, and where."""
    parser.add_argument("--as", dest="email", default="ingrid.voss@portico.example", help="an administrator's address")
    parser.add_argument("--api", help="of another stage than the local cloud, without /v1")
