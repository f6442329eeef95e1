"""A stage says which internal systems read no queue; what delivers to them is there for these alone (F21)."""

import json
import string
from pathlib import Path
from typing import Any

import pytest

from functions.sync.transports import TRANSPORTS, TRIES, WAITS
from infra import stage as stages
from infra import templates
from infra.project import configuration
from infra.stage import ROOT, WAYS, StageInvalid, stage

WEBHOOK = {"transport": "webhook", "url": "https://erp.example.org/portico"}
MAIL = {"transport": "mail", "address": "cases@archive.example.org"}
MAY = {
    "webhook": {"secretsmanager:GetSecretValue"},
    "mail": {"ses:SendEmail", "ses:SendRawEmail"},
}


def given(template: templates.Template, role: str) -> list[tuple[str, Any]]:
    """What that role may do for internal systems, and with what."""
    policies = [each["Properties"] for each in template["Resources"].values() if each["Type"] == "AWS::IAM::Policy"]
    statements = [
        statement
        for policy in policies
        if policy["Roles"] == [{"Ref": role}]
        for statement in policy["PolicyDocument"]["Statement"]
    ]
    return [
        (action, statement["Resource"])
        for statement in statements
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    ]


def may(template: templates.Template) -> set[str]:
    """What `deliver_events` may do for internal systems."""
    return {action for action, _ in given(template, "DeliverEventsRole")}


@pytest.mark.parametrize("to", [WEBHOOK, MAIL], ids=lambda to: to["transport"])
def test_a_system_without_a_queue_has_somebody_who_delivers(to: dict[str, str]) -> None:
    """From the queue it has all the same, one by one, for three days, with no more rights than that takes (B5, S16)."""
    core, triggers = templates.core({"backoffice": to}), templates.triggers({"backoffice": to})
    queue = core["Resources"]["ToBackoffice"]["Properties"]
    function = configuration(stage("local"), {name: name for name in core["Outputs"]})["stages"]["local"]
    assert queue["VisibilityTimeout"] >= 6 * function["lambda_functions"]["deliver_events"]["lambda_timeout"]
    assert queue["QueueName"] == templates.core()["Resources"]["ToBackoffice"]["Properties"]["QueueName"]
    assert queue["MessageRetentionPeriod"] > 3 * 24 * 3600
    assert queue["RedrivePolicy"]["maxReceiveCount"] == TRIES > len(WAITS)
    mapping = triggers["Resources"]["ToBackofficeToDeliverEvents"]["Properties"]
    assert mapping["EventSourceArn"]["Fn::Sub"].endswith(queue["QueueName"]["Fn::Sub"])
    assert (mapping["BatchSize"], mapping["FunctionResponseTypes"]) == (1, ["ReportBatchItemFailures"])
    of_the_queue = {"ReceiveMessage", "DeleteMessage", "GetQueueAttributes", "ChangeMessageVisibility"}
    of_queue_and_table = {f"sqs:{action}" for action in of_the_queue} | {"dynamodb:UpdateItem"}
    assert may(core) == MAY[to["transport"]] | of_queue_and_table


@pytest.mark.parametrize("to", [WEBHOOK, MAIL], ids=lambda to: to["transport"])
def test_a_system_without_a_queue_may_send_commands_over_http(to: dict[str, str]) -> None:
    """The API reads that system's secret, and puts commands into its queue; it may do no more for any (F21, S16)."""
    core = templates.core({"backoffice": to})
    assert given(core, "ApiRole") == [
        ("secretsmanager:GetSecretValue", {"Fn::GetAtt": ["BackofficeWebhookSecret", "Id"]}),
        ("sqs:SendMessage", {"Fn::GetAtt": ["FromBackoffice", "Arn"]}),
    ]
    assert given(templates.core(), "ApiRole") == []


def test_a_secret_is_made_of_the_letters_of_base64() -> None:
    """As many as make whole bytes, 24 to 64 of them, as Standard Webhooks wants (J3)."""
    secret = templates.core({"backoffice": WEBHOOK})["Resources"]["BackofficeWebhookSecret"]["Properties"]
    made = secret["GenerateSecretString"]
    assert set(string.punctuation) - set(made["ExcludeCharacters"]) == set("+/")
    assert made["PasswordLength"] % 4 == 0
    assert 24 <= made["PasswordLength"] * 6 / 8 <= 64


def test_a_system_that_reads_its_queue_needs_nothing() -> None:
    """No right, no secret, no mapping (S16)."""
    assert may(templates.core()) == set()
    assert "BackofficeWebhookSecret" not in templates.core()["Resources"]
    assert "ToBackofficeToDeliverEvents" not in templates.triggers()["Resources"]


def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, to: dict[str, Any]) -> stages.Stage:
    """The stage `test` with that transport in its section."""
    (tmp_path / "infra").mkdir()
    said = ", ".join(f"{name} = {json.dumps(value)}" for name, value in to.items())
    text = (ROOT / "infra/stages.toml").read_text() + f"\n[test.transports]\nbackoffice = {{{said}}}\n"
    (tmp_path / "infra/stages.toml").write_text(text)
    monkeypatch.setattr(stages, "ROOT", tmp_path)
    return stage("test")


@pytest.mark.parametrize("to", [WEBHOOK, MAIL], ids=lambda to: to["transport"])
def test_what_a_stage_says_reaches_the_functions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, to: dict[str, str]
) -> None:
    """And they know every transport that it may name (F21)."""
    target = written(tmp_path, monkeypatch, to)
    monkeypatch.undo()
    config = configuration(target, {name: name for name in templates.core()["Outputs"]})["stages"]["test"]
    assert json.loads(config["environment_variables"]["TRANSPORTS"]) == {"backoffice": to}
    assert json.loads(config["environment_variables"]["COMMAND_QUEUES"]) == {"backoffice": "FromBackofficeUrl"}
    assert set(TRANSPORTS) == set(WAYS)


@pytest.mark.parametrize(
    "to",
    [
        {"transport": "pigeon"},
        {"transport": "webhook"},
        {"transport": "mail", "url": "https://erp.example.org"},
        WEBHOOK | {"url": "http://erp.example.org"},
        WEBHOOK | {"url": "https://user:word@erp.example.org"},
        WEBHOOK | {"url": "https:///portico"},
        WEBHOOK | {"secret": "x"},
        MAIL | {"address": "cases"},
        MAIL | {"address": "a@example.org, b@example.org"},
    ],
    ids=str,
)
def test_what_can_not_be_done_is_refused_before_anything_is_deployed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, to: dict[str, str]
) -> None:
    """By the file alone (J1)."""
    with pytest.raises(StageInvalid, match="stage test: transports"):
        written(tmp_path, monkeypatch, to)


def test_a_transport_of_nobody_is_refused() -> None:
    """A misspelt name would leave a system without its events (B5)."""
    with pytest.raises(templates.SystemUnknown, match="backofice"):
        templates.core({"backofice": WEBHOOK})
