"""The environment, read once and checked at the start; nobody else reads it."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

LOCAL_STAGE = "local"
FEATURES = frozenset({"agreements", "configuration_items", "consultation"})
"""What a deployment may switch on (C9, C10, C12)."""


OPTIONAL = ("clock_file", "features", "mail_in", "malware_scan", "transports")


class SettingsInvalid(Exception):
    """The environment of this function is incomplete or contradicts itself; it must not start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    stage: str
    table_name: str
    key_secret: str
    mail_queue_url: str
    quarantine_queue_url: str
    mail_quarantine_queue_url: str
    """Where mails are noted that came in and are not welcome; unlike the other, it wakes nobody."""
    upload_bucket: str
    system_queues: Mapping[str, str]
    """Internal system -> URL of the queue that tells it what has happened."""
    command_queues: Mapping[str, str]
    """Internal system that may send commands over HTTP -> URL of the queue into which they go."""
    state_machines: str
    """ARN of a stage workflow's state machine, without the name of its process at the end."""
    mail_sender: str
    mail_bucket: str
    """Where mails lie that have come in."""
    portal_name: str
    portal_url: str
    mail_in: bool = False
    """Whether mail to the domain of `mail_sender` comes in, so that mails about cases can be answered."""
    malware_scan: bool = False
    """Whether a scanner looks at what was posted, so that a file is kept only after its verdict (E5)."""
    transports: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Internal system that reads no queue -> how it is told: `transport`, and its `url` or `address` (F21)."""
    features: frozenset[str] = frozenset()
    """What this deployment has switched on, of `FEATURES`."""
    clock_file: str | None = None
    """Local cloud only: a file with the seconds by which the clock of the rules is ahead."""

    @property
    def mail_domain(self) -> str:
        return self.mail_sender.rpartition("@")[2]

    @property
    def portal_origin(self) -> str:
        """Where the pages of the portal come from, as browsers say it (RFC 6454)."""
        address = urlsplit(self.portal_url)
        return f"{address.scheme}://{address.netloc}"

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "Settings":
        """Raise `SettingsInvalid`, naming every variable that is missing or wrong."""
        names = [name for name in cls.__slots__ if name not in OPTIONAL]
        missing = [name.upper() for name in names if not environment.get(name.upper())]
        if missing:
            raise SettingsInvalid(f"missing in the environment: {', '.join(missing)}")
        if environment.get("CLOCK_FILE") and environment["STAGE"] != LOCAL_STAGE:
            raise SettingsInvalid(f"CLOCK_FILE moves the clock, so it is allowed in stage {LOCAL_STAGE} only")
        features = frozenset(filter(None, environment.get("FEATURES", "").replace(" ", "").split(",")))
        if features - FEATURES:
            raise SettingsInvalid(f"no such features: {', '.join(sorted(features - FEATURES))}")
        for name in ("MAIL_IN", "MALWARE_SCAN"):
            if environment.get(name) not in (None, "true", "false"):
                raise SettingsInvalid(f"{name} is true or false")
        values = {name: environment[name.upper()] for name in names}
        return cls(
            **values | {name: json.loads(values[name]) for name in ("system_queues", "command_queues")},
            features=features,
            transports=json.loads(environment.get("TRANSPORTS") or "{}"),
            mail_in=environment.get("MAIL_IN") == "true",
            malware_scan=environment.get("MALWARE_SCAN") == "true",
            clock_file=environment.get("CLOCK_FILE") or None,
        )


settings = Settings.read(os.environ)
