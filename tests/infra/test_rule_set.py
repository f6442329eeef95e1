"""A rule set of SES that is active can't be deleted, so a deploy that would delete it is not begun."""

from collections.abc import Callable

import boto3
import pytest

from infra import deploy, rest_api, stacks
from infra.deploy import RuleSetActive
from infra.stage import ROOT, stage
from tests.world import World

NO_MORE_MAIL = stage("test")
TRIALS: list[Callable[[], object]] = [
    lambda: deploy.up(NO_MORE_MAIL, ROOT / ".build/never"),
    lambda: deploy.down(NO_MORE_MAIL, with_its_data=True),
]


class Begun(Exception):
    pass


@pytest.fixture(autouse=True)
def _deployed_with_mail(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stage into which mail comes; whatever would change it is seen."""

    def begin(*_: object, **__: object) -> None:
        raise Begun

    for step in ("apply", "delete"):
        monkeypatch.setattr(stacks, step, begin)
    monkeypatch.setattr(stacks, "parameters", lambda _: {"MailIn": "true"})
    monkeypatch.setattr(deploy, "_check_processes", lambda: "sound")
    monkeypatch.setattr(rest_api, "find", lambda _: None)


@pytest.mark.parametrize("trial", TRIALS, ids=["mail_in off", "DATA=delete"])
def test_nothing_is_begun_while_mail_comes_in(trial: Callable[[], object]) -> None:
    """It is refused with what to do; with another rule set active, or none, it goes on (C16)."""
    ses = boto3.client("ses")
    for name in ("portico-test", "another"):
        ses.create_receipt_rule_set(RuleSetName=name)
    ses.set_active_receipt_rule_set(RuleSetName="portico-test")
    with pytest.raises(RuleSetActive, match="rule set portico-test"):
        trial()
    ses.set_active_receipt_rule_set(RuleSetName="another")
    with pytest.raises(Begun):
        trial()
