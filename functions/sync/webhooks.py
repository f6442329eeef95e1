"""Standard Webhooks 1.0: an event posted to a public address, and to no other than that (J1); a command's signature."""

import base64
import hmac
import re
import socket
from collections.abc import Iterable, Mapping
from contextlib import closing
from datetime import datetime
from http import HTTPStatus
from ipaddress import IPv6Address, IPv6Network, ip_address
from urllib.parse import SplitResult, urlsplit

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, Timeout

from functions import log
from functions.aws import client
from functions.settings import LOCAL_STAGE, settings

SECRET_PREFIX = "whsec_"  # noqa: S105 (how a secret begins, and none)
KEY_BYTES = 24
"""At least, as the standard wants; with none at all, everybody could sign."""
TOLERANCE_SECONDS = 5 * 60
TIMEOUT_SECONDS = 15
EMBEDDING = tuple(map(IPv6Network, ("::/96", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16")))
"""Where an IPv6 address stands for an IPv4 one that may be anything (RFC 4291, 6052, 8215, 3056)."""


class AddressRefused(Exception):
    """The host is not where a webhook may go."""


class SecretUnusable(Exception):
    """What Secrets Manager holds is no secret, or too short to be one."""


class NotTaken(Exception):
    """The system answered, and not with a 2xx."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def secrets_of(system: str) -> list[bytes]:
    """Of both directions; several are good while one takes the place of another.

    One that cannot be used says so in the log, and does not stop the others; without any, raise `SecretUnusable`.
    """
    found = client("secretsmanager").get_secret_value(SecretId=f"portico-{settings.stage}-webhook-{system}")
    written = found["SecretString"].split()
    usable = [key for key in map(_key, written) if key is not None]
    if len(usable) < len(written):
        log.warning("webhook secrets unusable", system=system, count=len(written) - len(usable))
    if not usable:
        raise SecretUnusable
    return usable


def _key(secret: str) -> bytes | None:
    """What `whsec_` and base64 stand for, where it can be signed with."""
    try:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except ValueError:
        return None
    return key if len(key) >= KEY_BYTES else None


def signature(secret: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    """Of version 1: symmetric."""
    signed = hmac.digest(secret, f"{message_id}.{timestamp}.".encode() + body, "sha256")
    return f"v1,{base64.b64encode(signed).decode()}"


def is_signed(headers: Mapping[str, str], body: bytes, secrets: Iterable[bytes], now: datetime) -> bool:
    """Whether one of the signatures is by one of the secrets, and not so old that somebody may have kept it (J3)."""
    message_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not (message_id and message_id.isascii() and re.fullmatch("[0-9]{1,12}", timestamp)):
        return False
    if abs(now.timestamp() - int(timestamp)) > TOLERANCE_SECONDS:
        return False
    right = [signature(secret, message_id, int(timestamp), body).encode() for secret in secrets]
    given = headers.get("webhook-signature", "").encode(errors="replace").split()
    return any(hmac.compare_digest(one, other) for one in given for other in right)


def is_public(address: str) -> bool:
    """Whether anybody's packets get there: nothing of our own network, and no detour to it."""
    found = ip_address(address)
    if isinstance(found, IPv6Address) and (found.is_site_local or any(found in network for network in EMBEDDING)):
        return False
    return found.is_global and not found.is_multicast


def post(url: str, message_id: str, timestamp: int, body: bytes, secrets: list[bytes]) -> None:
    """Signed with each secret. Raise `NotTaken` where it is not accepted."""
    target = urlsplit(url)
    with closing(_connections(target)) as connections:
        answer = connections.urlopen(
            "POST",
            target._replace(scheme="", netloc="", path=target.path or "/", fragment="").geturl(),
            body=body,
            headers={
                "Host": target.netloc,
                "Content-Type": "application/cloudevents+json; charset=utf-8",
                "User-Agent": "portico",
                "webhook-id": message_id,
                "webhook-timestamp": str(timestamp),
                "webhook-signature": " ".join(signature(secret, message_id, timestamp, body) for secret in secrets),
            },
            redirect=False,
            retries=False,
            preload_content=False,  # what else it answers is not read
        )
        answer.close()
    if not HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
        raise NotTaken(answer.status)


def _connections(target: SplitResult) -> HTTPConnectionPool:
    """To the address that was checked, and not to what its name means a moment later."""
    host, timeout = target.hostname or "", Timeout(total=TIMEOUT_SECONDS)
    if target.scheme == "https":
        port = target.port or 443
        addresses = _resolved(host, port)
        if all(map(is_public, addresses)):
            return HTTPSConnectionPool(
                addresses[0],
                port,
                timeout=timeout,
                cert_reqs="CERT_REQUIRED",
                server_hostname=host,
                assert_hostname=host,
            )
    elif target.scheme == "http" and settings.stage == LOCAL_STAGE:
        port = target.port or 80
        addresses = _resolved(host, port)
        if all(ip_address(address).is_loopback for address in addresses):
            return HTTPConnectionPool(addresses[0], port, timeout=timeout)
    raise AddressRefused


def _resolved(host: str, port: int) -> list[str]:
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
