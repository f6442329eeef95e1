"""The portal from outside: the HTTP API as one person uses it, and the mailbox that shows every mail that was sent."""

import hashlib
import json
import re
import secrets
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import make_msgid
from typing import Any

TIMEOUT = 30
DOCUMENTATION_NETWORKS = ("198.51.100", "203.0.113")
"""Addresses that belong to nobody (RFC 5737)."""

_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Unexpected(Exception):
    """What was observed is not what the story says; the text tells both."""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    """By name in small letters."""
    body: Any


class Visitor:
    """One person at the portal, from an address of the network that nobody has used before, as in life."""

    def __init__(self, name: str, email: str, api: str, note: Callable[[str], None]) -> None:
        self.name, self.email = name, email
        self.token: str | None = None
        self._api, self._note = api, note
        self._ip = f"{secrets.choice(DOCUMENTATION_NETWORKS)}.{secrets.randbelow(254) + 1}"

    def get(self, path: str, **query: str) -> Answer:
        return self._ask("GET", path + (f"?{urllib.parse.urlencode(query)}" if query else ""), None, {}, 200)

    def post(
        self, path: str, body: dict[str, Any] | None = None, *, key: str | None = None, expect: int = 200
    ) -> Answer:
        """Raise `Unexpected` for another status than the expected one."""
        headers = {"Idempotency-Key": key or secrets.token_hex(16)}
        return self._ask("POST", path, body or {}, headers, expect)

    def send_file(self, name: str, content_type: str, content: bytes) -> str:
        """Announce a file and post it straight to S3; the id of the upload, which is checked then."""
        checksum = hashlib.sha256(content).hexdigest()
        file = {"name": name, "size": len(content), "content_type": content_type, "sha256": checksum}
        upload = self.post("/v1/uploads", file, expect=201).body
        form = upload["form"]
        body, sent_as = _multipart(form["fields"], content)
        request = urllib.request.Request(form["url"], body, {"Content-Type": sent_as})  # noqa: S310 (as above)
        with _direct.open(request, timeout=TIMEOUT) as response:
            self._note(f"{self.name}: POST {name} to the bucket -> {response.status}")
        return str(upload["upload_id"])

    def download(self, href: str) -> bytes:
        """A file, by its link; the redirect leads to the bucket, without the session."""
        request = urllib.request.Request(f"{self._api}/{href}")  # noqa: S310 (as above)
        if self.token:
            request.add_unredirected_header("Authorization", f"Bearer {self.token}")
        with _direct.open(request, timeout=TIMEOUT) as response:
            content: bytes = response.read()
        return content

    def pages(self, path: str, **query: str) -> Iterator[dict[str, Any]]:
        """Every entry of a list, page after page."""
        after: dict[str, str] = {}
        while True:
            page = self.get(path, limit="100", **query, **after).body
            yield from page["data"]
            if not page["page"]["has_more"]:
                return
            after = {"after": page["page"]["after"]}

    def is_signed_in(self) -> bool:
        return self.token is not None and self._answer("GET", "/v1/me", None, {}).status == 200  # noqa: PLR2004

    def _ask(self, method: str, path: str, body: Any, headers: dict[str, str], expect: int) -> Answer:
        answer = self._answer(method, path, body, headers)
        replayed = ", replayed" if answer.headers.get("idempotent-replayed") else ""
        self._note(f"{self.name}: {method} {path} -> {answer.status}{replayed}")
        if answer.status != expect:
            said = (
                answer.body.get("detail") or answer.body.get("title") if isinstance(answer.body, dict) else answer.body
            )
            raise Unexpected(f"{method} {path} answered {answer.status}, not {expect}: {said}")
        return answer

    def _answer(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Answer:
        sent = {"X-Forwarded-For": self._ip, "Content-Type": "application/json", **headers}
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._api + path, data, sent, method=method)  # noqa: S310 (a local address)
        try:
            with _direct.open(request, timeout=TIMEOUT) as response:
                return _read(response)
        except urllib.error.HTTPError as refusal:
            return _read(refusal)


class Mailbox:
    """All mails that the local cloud would have sent."""

    def __init__(self, address: str) -> None:
        self._address = address

    def mails(self, *recipients: str) -> list[dict[str, Any]]:
        """To these addresses, oldest first."""
        with _direct.open(self._address, timeout=TIMEOUT) as response:
            mails: list[dict[str, Any]] = json.load(response)
        return [mail for mail in mails if set(recipients) & set(mail["recipients"])]

    def answer(self, mail: dict[str, Any], sender: str, text: str) -> None:
        """As a mail program does, down to what it quotes."""
        answer = EmailMessage()
        answer["From"], answer["To"] = sender, mail["reply_to"][0]
        answer["Subject"] = f"Re: {mail['subject']}"
        answer["Message-ID"] = make_msgid(domain="example.org")
        quoted = "".join(f"> {line}\n" for line in mail["text"].splitlines())
        answer.set_content(f"{text}\n\nOn Monday, the portal wrote:\n{quoted}")
        with _direct.open(self._address, answer.as_bytes(), timeout=TIMEOUT):
            pass


def pin_in(mail: dict[str, Any]) -> str:
    """The code that stands alone on a line."""
    found = re.search(r"^\s*([0-9A-Z]{8,13})\s*$", mail["text"], re.MULTILINE)
    if found is None:
        raise Unexpected(f"there is no PIN in the mail “{mail['subject']}”")
    return found[1]


def _multipart(fields: dict[str, str], content: bytes) -> tuple[bytes, str]:
    """A form with a file, as a browser sends it (RFC 7578); and its content type."""
    boundary = secrets.token_hex(16)
    start = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    file = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="file"\r\n\r\n'
    body = f"{start}{file}".encode() + content + f"\r\n--{boundary}--\r\n".encode()
    return body, f"multipart/form-data; boundary={boundary}"


def _read(response: Any) -> Answer:
    body = response.read()
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(response.status, headers, json.loads(body) if body else None)
