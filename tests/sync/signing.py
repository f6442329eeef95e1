"""How the tests sign a command as an internal system does: Standard Webhooks 1.0, computed here by hand."""

import base64
import hashlib
import hmac
from typing import Any

from functions.clock import now
from tests.gateway import Answer
from tests.world import SYSTEM, World

SECRET = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
"""Of the specification's own example."""
KEY = base64.b64decode(SECRET)
NEXT_SECRET = "C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
URL = f"/v1/sync/{SYSTEM}/commands"


def keep_secret(world: World, *secrets: str) -> None:
    """What Secrets Manager holds for the system from now on."""
    name, text = f"portico-local-webhook-{SYSTEM}", " ".join(secrets)
    if any(each["Name"] == name for each in world.secrets.list_secrets()["SecretList"]):
        world.secrets.put_secret_value(SecretId=name, SecretString=text)
    else:
        world.secrets.create_secret(Name=name, SecretString=text)


def signed(body: str, *secrets: str, message_id: str = "msg-1", ago: float = 0) -> dict[str, str]:
    """The headers of a message that was signed so many seconds ago, once with each secret."""
    timestamp = str(int(now().timestamp() - ago))
    content = f"{message_id}.{timestamp}.{body}".encode()
    keys = [base64.b64decode(secret.removeprefix("whsec_")) for secret in secrets or (SECRET,)]
    digests = [base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode() for key in keys]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{digest}" for digest in digests),
    }


def post(world: World, body: str, url: str = URL, **signature: Any) -> Answer:
    return world.gateway("POST", url, body, headers=signed(body, **signature))
