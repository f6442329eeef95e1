"""A stage: one deployment of Portico, with its own name, data and settings."""

import re
import tomllib
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator

ROOT = Path(__file__).resolve().parent.parent
LOCAL = "local"


class UnknownStage(Exception):
    """infra/stages.toml has no section for this stage, so nobody has said what it is for."""


class StageInvalid(Exception):
    """A setting of the stage is unknown, missing or wrong; the text names each."""


FEATURES = frozenset({"agreements", "configuration_items", "consultation"})
_DOMAIN = r"[a-z0-9-]+(\.[a-z0-9-]+)*"
_ADDRESS = rf"[a-z0-9.+_-]+@{_DOMAIN}"


def _known(features: str) -> str:
    unknown = sorted({word.strip() for word in features.split(",")} - FEATURES - {""})
    if unknown:
        raise ValueError(f"there is no feature {', '.join(unknown)}")
    return features


Transports = dict[str, dict[str, str]]
"""Internal system -> its `transport`, and what that needs to be told."""
WAYS = {"webhook": "url", "mail": "address"}


class Stage(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: str
    mail_sender: Annotated[str, Field(pattern=rf"^{_ADDRESS}$")]
    mail_in: bool
    malware_scan: bool
    portal_name: Annotated[str, Field(pattern=r"\S")]
    portal_url: Annotated[str, Field(pattern=rf"^https?://{_DOMAIN}(:[0-9]+)?(/\S*)?$")]
    transports: Transports
    """Of internal systems that read no queue."""
    features: Annotated[str, AfterValidator(_known)]
    architecture: Literal["x86_64", "arm64"]
    log_retention_days: Literal[
        1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653
    ]
    """What CloudWatch takes."""
    requests_per_second: Annotated[int, Field(ge=1)]
    alarm_address: Annotated[str, Field(pattern=rf"^({_ADDRESS})?$")]

    @field_validator("malware_scan")
    @classmethod
    def _has_a_scanner(cls, malware_scan: bool, known: ValidationInfo) -> bool:  # noqa: FBT001 (pydantic calls it)
        if malware_scan and known.data.get("name") == LOCAL:
            raise ValueError("the local cloud has no scanner, so no file would ever be clean")
        return malware_scan

    @field_validator("transports")
    @classmethod
    def _can_be_done(cls, transports: Transports, known: ValidationInfo) -> Transports:
        scheme = "https?" if known.data.get("name") == LOCAL else "https"
        wanted = {"url": rf"{scheme}://{_DOMAIN}(:[0-9]+)?([/?]\S*)?", "address": _ADDRESS}
        for system, to in transports.items():
            needs = WAYS.get(to.get("transport", ""))
            if needs is None or set(to) != {"transport", needs}:
                raise ValueError(f"{system} is a `webhook` with its `url`, or `mail` with its `address`")
            if not re.fullmatch(wanted[needs], to[needs]):
                raise ValueError(f"{to[needs]} is no {needs} to tell {system} at")
        return transports

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
    """Raise `UnknownStage`, or `StageInvalid` before anything is changed by a setting that is wrong."""
    sections = tomllib.loads((ROOT / "infra/stages.toml").read_text())
    if name == "default" or name not in sections or not re.fullmatch("[a-z][a-z0-9]*", name):
        known = ", ".join(key for key in sections if key != "default")
        raise UnknownStage(f"no stage {name!r} in infra/stages.toml; there are: {known}")
    try:
        return Stage.model_validate({"name": name} | sections["default"] | sections[name])
    except ValidationError as error:
        found = [(each["loc"][0], each["msg"].removeprefix("Value error, ")) for each in error.errors()]
        wrong = [f"{setting}: {complaint}" for setting, complaint in found]
        raise StageInvalid(f"infra/stages.toml, stage {name}: {'; '.join(wrong)}") from None


def stages() -> list[Stage]:
    return [stage(name) for name in tomllib.loads((ROOT / "infra/stages.toml").read_text()) if name != "default"]
