"""An event posted over HTTP: Standard Webhooks 1.0, to a public address, and to no other than that (J1)."""

import base64
import hmac
import socket
from contextlib import closing
from http import HTTPStatus
from ipaddress import IPv6Address, IPv6Network, ip_address
from urllib.parse import SplitResult, urlsplit

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, Timeout

from functions.settings import LOCAL_STAGE, settings

SECRET_PREFIX = "whsec_"  # noqa: S105 (how a secret begins, and none)
TIMEOUT_SECONDS = 15
EMBEDDING = tuple(map(IPv6Network, ("::/96", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16")))
"""Where an IPv6 address stands for an IPv4 one that may be anything (RFC 4291, 6052, 8215, 3056)."""


class AddressRefused(Exception):
    """The host is not where a webhook may go."""


class NotTaken(Exception):
    """The system answered, and not with a 2xx."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def signature(secret: str, event_id: str, timestamp: int, body: bytes) -> str:
    """Of version 1: symmetric, by a secret that is written `whsec_` and base64."""
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    signed = hmac.digest(key, f"{event_id}.{timestamp}.".encode() + body, "sha256")
    return f"v1,{base64.b64encode(signed).decode()}"


def is_public(address: str) -> bool:
    """Whether anybody's packets get there: nothing of our own network, and no detour to it."""
    found = ip_address(address)
    if isinstance(found, IPv6Address) and (found.is_site_local or any(found in network for network in EMBEDDING)):
        return False
    return found.is_global and not found.is_multicast


def post(url: str, event_id: str, timestamp: int, body: bytes, secrets: list[str]) -> None:
    """Several secrets are good while one takes the place of another. Raise `NotTaken` where it is not accepted."""
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
                "webhook-id": event_id,
                "webhook-timestamp": str(timestamp),
                "webhook-signature": " ".join(signature(secret, event_id, timestamp, body) for secret in secrets),
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
