"""One secret of the stage; everything secret is derived from it by HMAC-SHA-256 under a label and stored nowhere."""

import hmac
from functools import cache

from functions.aws import client
from functions.settings import settings


def derive(label: str, *parts: str) -> bytes:
    """32 bytes that only a holder of the stage's secret can make; labels keep purposes apart."""
    message = "\x00".join((label, *parts)).encode()
    return hmac.digest(_secret(), message, "sha256")


@cache
def _secret() -> bytes:
    found = client("secretsmanager").get_secret_value(SecretId=settings.key_secret)
    return bytes(found["SecretString"], "utf-8")
