"""What is wrong with a stage's settings is said before anything is changed."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from functions import settings
from infra import stage as stages
from infra.stage import FEATURES, ROOT, Stage, StageInvalid, UnknownStage, stage


def test_every_stage_of_the_source_can_be_deployed() -> None:
    """And features are called the same by who deploys as by who reads them."""
    assert [stage(name).name for name in ("local", "test", "production")] == ["local", "test", "production"]
    assert FEATURES == settings.FEATURES


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('mail_sender = "Portico <portico@portico.example>"', "mail_sender: String should match"),
        ('mail_sender = "Portico@portico.example"', "mail_sender: String should match"),
        ('mail_sender = "portico"', "mail_sender: String should match"),
        ('mail_in = "true"', "mail_in: Input should be a valid boolean"),
        ("malware_scan = 1", "malware_scan: Input should be a valid boolean"),
        ('features = "agreement"', "features: there is no feature agreement"),
        ('portal_url = "portico.example"', "portal_url: String should match"),
        ('architecture = "riscv"', "architecture: Input should be 'x86_64' or 'arm64'"),
        ("log_retention_days = 42", "log_retention_days: Input should be 1, 3"),
        ("requests_per_second = 0", "requests_per_second: Input should be greater"),
        ('alarm_adress = "me@portico.example"', "alarm_adress: Extra inputs are not permitted"),
        ("", "portal_url: Field required"),
    ],
)
def test_a_wrong_setting_is_refused_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, why: str
) -> None:
    """Unknown, missing, or of the wrong kind: else the deploy would fail half-way, or work otherwise than meant."""
    given = {"mail_sender": "portico@portico.example", "portal_url": "https://portico.example"}
    rest = [f'{name} = "{value}"' for name, value in given.items() if line and name not in line]
    source = (ROOT / "infra/stages.toml").read_text()
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra/stages.toml").write_text("\n".join([source, "[trial]", line, *rest]))
    monkeypatch.setattr(stages, "ROOT", tmp_path)
    with pytest.raises(StageInvalid, match="stage trial: .*" + why):
        stage("trial")


def test_no_scanner_is_waited_for_where_there_is_none() -> None:
    """GuardDuty is not in the local cloud: there a file would wait for its verdict until it dies (E5)."""
    with pytest.raises(ValidationError, match="the local cloud has no scanner"):
        Stage.model_validate(stage("local").model_dump() | {"malware_scan": True})


@pytest.mark.parametrize("name", ["nix", "default", "Test"])
def test_a_stage_that_nobody_described_is_none(name: str) -> None:
    """A misspelt name makes no new deployment."""
    with pytest.raises(UnknownStage, match="there are: local, test, production"):
        stage(name)
