"""A stage: one deployment of Portico, with its own name, data and settings."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
LOCAL = "local"


class UnknownStage(Exception):
    """infra/stages.toml has no section for this stage, so nobody has said what it is for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    name: str
    mail_sender: str
    mail_in: bool
    portal_name: str
    portal_url: str
    features: str
    architecture: str
    log_retention_days: int
    requests_per_second: int
    alarm_address: str

    @property
    def prefix(self) -> str:
        """How the name of everything in this stage begins."""
        return f"portico-{self.name}"

    @property
    def keeps_data(self) -> bool:
        """Data outlives everything but an explicit wish; only the local cloud is there to be thrown away."""
        return self.name != LOCAL

    @property
    def portal_origin(self) -> str:
        """Where the pages of the portal come from, as browsers say it."""
        address = urlsplit(self.portal_url)
        return f"{address.scheme}://{address.netloc}"

    @property
    def mail_domain(self) -> str:
        return self.mail_sender.partition("@")[2]


def stage(name: str) -> Stage:
    sections = tomllib.loads((ROOT / "infra/stages.toml").read_text())
    if name == "default" or name not in sections or not re.fullmatch("[a-z][a-z0-9]*", name):
        known = ", ".join(key for key in sections if key != "default")
        raise UnknownStage(f"no stage {name!r} in infra/stages.toml; there are: {known}")
    return Stage(name=name, **sections["default"] | sections[name])
