"""The stacks hold what Portico's promises rest on: nothing lost, nobody able to do more than needed."""

import io
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from functions import log
from functions.cases.model import CaseNotFound
from functions.cases.workflow import workflow
from functions.failures import Failed
from functions.mail.repository import CLAIM_VALID_FOR
from functions.uploads.receiving import SCANNED
from infra import templates
from infra.project import configuration
from infra.stage import ROOT, stage
from tests.gateway import LambdaContext
from tests.world import World

Resource = dict[str, Any]

PROCESSES = {name: templates.process(name) for name in templates.processes()}
STACKS = {"core": templates.core(), "triggers": templates.triggers(), **PROCESSES}


def of_type(kind: str, stack: str | None = None) -> dict[str, Resource]:
    found = STACKS if stack is None else {stack: STACKS[stack]}
    return {
        f"{name}.{logical}": resource["Properties"]
        for name, template in found.items()
        for logical, resource in template["Resources"].items()
        if resource["Type"] == kind
    }


def text(value: Any) -> str:
    """The one name, URL or ARN that a property says, with its placeholders."""
    return str(value.get("Fn::Sub", value) if isinstance(value, dict) else value)


QUEUES = {text(queue["QueueName"]): queue for queue in of_type("AWS::SQS::Queue").values()}
MAPPINGS = of_type("AWS::Lambda::EventSourceMapping")
ALARMS = of_type("AWS::CloudWatch::Alarm")
UNWELCOME = "portico-${Stage}-mail-quarantine"
DEAD_ENDS = {name for name in QUEUES if name.endswith(("-dlq", "-dlq.fifo", "-quarantine"))}


def statements() -> list[tuple[str, Resource]]:
    roles = of_type("AWS::IAM::Role")
    inline = [(name, policy) for name, role in roles.items() for policy in role["Policies"]]
    policies = [*inline, *of_type("AWS::IAM::Policy").items()]
    return [(name, given) for name, policy in policies for given in policy["PolicyDocument"]["Statement"]]


@pytest.mark.parametrize("name", sorted(QUEUES.keys() - DEAD_ENDS))
def test_every_queue_has_a_dead_letter_queue(name: str) -> None:
    """A message that fails again and again goes aside and stops nobody (B5, R9)."""
    queue = QUEUES[name]
    assert queue["RedrivePolicy"]["maxReceiveCount"] == 5 or "-from-" in name
    stem, dot, fifo = name.partition(".")
    assert f"{stem}-dlq{dot}{fifo}" in QUEUES


@pytest.mark.parametrize("name", sorted(name for name in QUEUES.keys() - DEAD_ENDS if "-from-" in name))
def test_a_command_outlasts_an_hour_without_the_table(name: str) -> None:
    """It is tried for longer than that, and what waits behind it in its case is not; a person knows before (B5, R9)."""
    queue = QUEUES[name]
    tried_for = queue["RedrivePolicy"]["maxReceiveCount"] * queue["VisibilityTimeout"]
    assert 3600 < tried_for < 24 * 3600
    assert queue["MessageRetentionPeriod"] > 24 * tried_for
    [batch] = [each["BatchSize"] for each in MAPPINGS.values() if text(each["EventSourceArn"]).endswith(f":{name}")]
    assert batch == 1
    [alarm] = [
        each for each in ALARMS.values() if each["Dimensions"] == [{"Name": "QueueName", "Value": {"Fn::Sub": name}}]
    ]
    assert alarm["MetricName"] == "ApproximateAgeOfOldestMessage"
    assert alarm["EvaluationPeriods"] * alarm["Period"] + alarm["Threshold"] < tried_for / 2


@pytest.mark.parametrize("name", sorted(DEAD_ENDS))
def test_what_was_given_up_on_is_kept_encrypted_for_two_weeks_and_wakes_a_person(name: str) -> None:
    """Time enough to look and to replay, and an alarm at the first message (R9).

    Not so where anybody can put one: spam would hold the alarm on, and hide what it is for.
    """
    queue = QUEUES[name]
    assert (queue["MessageRetentionPeriod"], queue["SqsManagedSseEnabled"]) == (14 * 24 * 3600, True)
    watched = [
        alarm for alarm in ALARMS.values() if alarm["Dimensions"] == [{"Name": "QueueName", "Value": {"Fn::Sub": name}}]
    ]
    expected = [] if name == UNWELCOME else [(1, "GreaterThanOrEqualToThreshold")]
    assert [(alarm["Threshold"], alarm["ComparisonOperator"]) for alarm in watched] == expected


def test_every_queue_of_ours_has_a_reader() -> None:
    """What arrives is read; only the queues to internal systems are read by others."""
    read = {
        text(mapping["EventSourceArn"]).rpartition(":")[2]
        for mapping in MAPPINGS.values()
        if ":sqs:" in text(mapping["EventSourceArn"])
    }
    ours = {name for name in QUEUES.keys() - DEAD_ENDS if "-to-" not in name}
    assert ours == read


def test_every_mapping_repeats_only_what_failed() -> None:
    """One bad message does not repeat the good ones beside it (R9)."""
    assert all(mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"] for mapping in MAPPINGS.values())


def test_a_message_stays_hidden_longer_than_its_reader_may_take() -> None:
    """Six times, as AWS advises: else a slow batch is delivered twice at once."""
    config = configuration(stage("local"), outputs())["stages"]["local"]
    for mapping in MAPPINGS.values():
        queue = QUEUES.get(text(mapping["EventSourceArn"]).rpartition(":")[2])
        function = text(mapping["FunctionName"]).removeprefix("portico-${Stage}-")
        timeout = config["lambda_functions"][function].get("lambda_timeout", config["lambda_timeout"])
        assert queue is None or queue["VisibilityTimeout"] >= 6 * timeout


def test_no_sweep_begins_while_another_one_runs() -> None:
    """It ends before the next is due, and Lambda never begins one anew by itself (B5)."""
    config = configuration(stage("local"), outputs())["stages"]["local"]
    [schedule] = of_type("AWS::Events::Rule", "triggers").values()
    [asked] = of_type("AWS::Lambda::EventInvokeConfig").values()
    assert schedule["ScheduleExpression"] == "rate(5 minutes)"
    assert config["lambda_functions"]["sweep"]["lambda_timeout"] + asked["MaximumEventAgeInSeconds"] <= 5 * 60
    assert (text(asked["FunctionName"]), asked["MaximumRetryAttempts"]) == ("portico-${Stage}-sweep", 0)


def test_a_claim_on_a_mail_outlasts_its_function_and_is_over_when_the_message_comes_again() -> None:
    """Else two functions send it, or nobody does in the deliveries that there are (K1)."""
    config = configuration(stage("local"), outputs())["stages"]["local"]
    timeout = config["lambda_functions"]["send_mail"].get("lambda_timeout", config["lambda_timeout"])
    hidden_for = QUEUES["portico-${Stage}-mail"]["VisibilityTimeout"]
    assert timeout < CLAIM_VALID_FOR.total_seconds() < hidden_for - timeout


def test_the_stream_is_read_from_its_beginning_and_gives_up_into_a_queue() -> None:
    """No event is lost when the mapping is made anew, and none blocks the others for ever (B2, B5)."""
    [mapping] = [mapping for mapping in MAPPINGS.values() if "StartingPosition" in mapping]
    assert mapping["StartingPosition"] == "TRIM_HORIZON"
    assert mapping["BisectBatchOnFunctionError"] is True
    assert mapping["MaximumRetryAttempts"] == 10
    assert text(mapping["DestinationConfig"]["OnFailure"]["Destination"]).rpartition(":")[2] in QUEUES


def test_the_reader_of_the_stream_may_do_all_that_lambda_asks_for_it() -> None:
    """The four actions that AWS names for an event source mapping of a stream (Lambda, "Using DynamoDB")."""
    of_streams = {
        action
        for name, given in statements()
        if name == "core.PublishRole" and re.search("StreamArn|/stream/", json.dumps(given["Resource"]))
        for action in ([given["Action"]] if isinstance(given["Action"], str) else given["Action"])
    }
    actions = ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")
    assert of_streams == {f"dynamodb:{action}" for action in actions}


def test_no_role_may_do_everything_or_touch_everything() -> None:
    """Explicit actions on explicit resources; executions, files, streams, GuardDuty's rules are named later (S16)."""
    for name, given in statements():
        actions = [given["Action"]] if isinstance(given["Action"], str) else given["Action"]
        assert all(re.fullmatch(r"[a-z0-9]+:[A-Za-z]+", action) for action in actions), name
        resources = json.dumps(given["Resource"])
        for named_later in (
            ":execution:${Name}:*",
            "/quarantine/*",
            "/quarantine/att_*",
            "/quarantine/checked/*",
            "/attachments/*",
            ":rule/DO-NOT-DELETE-AmazonGuardDutyMalwareProtectionS3*",
            "/mail/*",
            "${Table.Arn}/stream/*",
        ):
            resources = resources.replace(named_later, "")
        assert "*" not in resources, name


def test_every_function_has_a_role_of_its_own() -> None:
    """What one function needs, no other may (S16, L4)."""
    config = configuration(stage("local"), outputs())["stages"]["local"]
    roles = [config["iam_role_arn"], *(function["iam_role_arn"] for function in config["lambda_functions"].values())]
    assert len(set(roles)) == len(roles)


def test_every_function_has_a_log_that_ends_some_day() -> None:
    """Lambda would make it without an end, so the stack makes it first."""
    kept = {text(log["LogGroupName"]) for log in of_type("AWS::Logs::LogGroup").values() if log["RetentionInDays"]}
    config = configuration(stage("local"), outputs())["stages"]["local"]
    functions = ["", *(f"-{name}" for name in config["lambda_functions"])]
    assert kept == {f"/aws/lambda/portico-${{Stage}}{name}" for name in functions}


def test_a_refusal_of_a_workflow_wakes_nobody() -> None:
    """One that was superseded is refused by the function `workflow` on purpose; faults alone count (C3, C13, R9)."""
    of_lambda = {text(alarm["Dimensions"][0]["Value"]) for alarm in ALARMS.values() if alarm["MetricName"] == "Errors"}
    functions = configuration(stage("local"), outputs())["stages"]["local"]["lambda_functions"]
    assert of_lambda == {f"portico-${{Stage}}-{name}" for name in functions.keys() - {"workflow"}}
    [faults] = of_type("AWS::Logs::MetricFilter").values()
    assert text(faults["LogGroupName"]) == "/aws/lambda/portico-${Stage}-workflow"
    assert faults["FilterPattern"] == '{ $.service = "portico" && $.level = "ERROR" }'
    counted = [transformation["MetricName"] for transformation in faults["MetricTransformations"]]
    assert [alarm["MetricName"] for alarm in ALARMS.values() if alarm["Namespace"] == "Portico"] == counted


def test_what_a_workflow_is_refused_is_no_fault(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the alarm counts is what the function logs as an error: a fault is, a refusal is not (C3)."""
    journal = io.StringIO()
    monkeypatch.setattr(log._logger.handlers[0], "stream", journal)
    command = {"command": "enter_stage", "stage": "answer", "execution": "case_x-1", "outcomes": {}, "command_id": "c"}
    with pytest.raises(CaseNotFound):
        workflow(command | {"case_id": "case_x"}, LambdaContext())
    with pytest.raises(Failed):
        workflow(command, LambdaContext())
    logged = [json.loads(line) for line in journal.getvalue().splitlines()]
    assert [line["cause"] for line in logged if (line["service"], line["level"]) == ("portico", "ERROR")] == [
        "ValidationError"
    ]


@pytest.mark.parametrize("process", PROCESSES)
def test_a_workflow_that_ends_without_its_end_wakes_a_person(process: str) -> None:
    """Failed or timed out, nobody would see it otherwise until a customer asks (C5, R9)."""
    watched = {alarm["MetricName"] for alarm in of_type("AWS::CloudWatch::Alarm", process).values()}
    assert watched == {"ExecutionsFailed", "ExecutionsTimedOut"}


def test_data_survives_everything_but_an_explicit_wish() -> None:
    """The table can be neither dropped nor replaced by a deploy, and any second of it restored (L4)."""
    table = STACKS["core"]["Resources"]["Table"]
    assert (table["DeletionPolicy"], table["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")
    properties = table["Properties"]
    assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert properties["SSESpecification"] == {"SSEEnabled": True}
    assert properties["DeletionProtectionEnabled"] == {"Fn::If": ["KeepsData", True, False]}
    assert STACKS["core"]["Resources"]["Key"]["DeletionPolicy"] == "RetainExceptOnCreate"


def test_no_deploy_replaces_the_table() -> None:
    """CloudFormation makes an empty one where its name, a key or a local index changes: these stay for ever (L4)."""
    table = STACKS["core"]["Resources"]["Table"]["Properties"]
    keys = [table["KeySchema"], *(index["KeySchema"] for index in table["LocalSecondaryIndexes"])]
    assert table["TableName"] == {"Fn::Sub": "portico-${Stage}"}
    assert [[key["AttributeName"] for key in schema] for schema in keys] == [
        ["pk", "sk"],
        ["pk", "by_change"],
        ["pk", "unread_since"],
    ]
    assert [(index["IndexName"], index["Projection"]) for index in table["LocalSecondaryIndexes"]] == [
        ("by_change", {"ProjectionType": "ALL"}),
        ("unread", {"ProjectionType": "ALL"}),
    ]
    types = {each["AttributeName"]: each["AttributeType"] for each in table["AttributeDefinitions"]}
    assert {types[name] for name in ("pk", "sk", "by_change", "unread_since")} == {"S"}


def test_files_are_ours_alone() -> None:
    """No one public, nothing in plain text on disk or on the wire; quarantine empties itself (L3, E1)."""
    bucket = STACKS["core"]["Resources"]["Uploads"]
    assert (bucket["DeletionPolicy"], bucket["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")
    properties = bucket["Properties"]
    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    [encryption] = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert encryption["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    [denied] = STACKS["core"]["Resources"]["UploadsByTlsOnly"]["Properties"]["PolicyDocument"]["Statement"]
    assert (denied["Effect"], denied["Principal"]) == ("Deny", "*")
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    prefixes = {
        rule.get("Prefix") for rule in properties["LifecycleConfiguration"]["Rules"] if "ExpirationInDays" in rule
    }
    assert prefixes == {"quarantine/"}
    [cors] = properties["CorsConfiguration"]["CorsRules"]
    assert cors["AllowedOrigins"] == [{"Ref": "PortalOrigin"}]


def test_only_who_checks_a_file_puts_it_where_it_can_be_attached() -> None:
    """Who asks may post into quarantine and download what was checked; nobody else may write there (E2, E6).

    Nor may who asks write where a file waits for its scan.
    """
    may: dict[str, set[str]] = {}
    for name, given in statements():
        actions = [given["Action"]] if isinstance(given["Action"], str) else given["Action"]
        for prefix in re.findall(r"\{Uploads\.Arn\}/([a-z/_]+?)/?\*", json.dumps(given["Resource"])):
            may.setdefault(name, set()).update(f"{action} {prefix}" for action in actions)
    assert may == {
        "core.ApiRole": {"s3:PutObject quarantine/att_", "s3:GetObject attachments"},
        "core.ReceiveUploadMayHold": {"s3:PutObject quarantine/checked"},
        "core.MalwareProtectionRole": {"s3:GetObject quarantine/checked", "s3:GetObjectVersion quarantine/checked"},
        "core.ReceiveUploadRole": {
            "s3:GetObject quarantine",
            "s3:DeleteObject quarantine",
            "s3:PutObject attachments",
            "s3:DeleteObject attachments",
        },
        "core.ReceiveCommandsRole": {"s3:PutObject attachments"},
        "core.SweepRole": {"s3:DeleteObject quarantine", "s3:DeleteObject attachments"},
    }


SCANNER = {
    "AWS::GuardDuty::MalwareProtectionPlan": "MalwareProtection",
    "AWS::Events::Rule": "Scanned",
    "AWS::IAM::Policy": "ReceiveUploadMayHold",
    "AWS::IAM::Role": "MalwareProtectionRole",
}


def test_nothing_of_a_scanner_is_there_where_the_stage_has_none() -> None:
    """No resource, no right, and no statement in a policy (C38)."""
    core = STACKS["core"]
    assert core["Conditions"]["ScansMalware"] == {
        "Fn::And": [{"Condition": "KeepsData"}, {"Fn::Equals": [{"Ref": "MalwareScan"}, "true"]}]
    }
    assert {
        each["Type"]: name for name, each in core["Resources"].items() if each.get("Condition") == "ScansMalware"
    } == SCANNER
    rest = json.dumps([each for name, each in core["Resources"].items() if name not in SCANNER.values()])
    assert "guardduty" not in rest.lower()
    optional = [
        core["Resources"]["Uploads"]["Properties"]["NotificationConfiguration"]["EventBridgeConfiguration"],
        core["Resources"]["UploadsTellPosted"]["Properties"]["PolicyDocument"]["Statement"][1],
    ]
    assert [(each["Fn::If"][0], each["Fn::If"][2]) for each in optional] == [
        ("ScansMalware", {"Ref": "AWS::NoValue"})
    ] * 2
    assert rest.count("ScansMalware") == len(optional)


def test_only_what_was_checked_is_scanned_and_its_verdict_heard_from_nobody_else() -> None:
    """GuardDuty reads what waits there, of our bucket; EventBridge may tell the queue by that rule alone (E2, E5)."""
    core = STACKS["core"]["Resources"]
    assert core["MalwareProtection"]["Properties"] == {
        "Role": {"Fn::GetAtt": ["MalwareProtectionRole", "Arn"]},
        "ProtectedResource": {
            "S3Bucket": {"BucketName": {"Ref": "Uploads"}, "ObjectPrefixes": ["quarantine/checked/"]}
        },
    }
    rule, bucket = core["Scanned"]["Properties"], core["Uploads"]["Properties"]
    assert rule["EventPattern"] == {
        "source": ["aws.guardduty"],
        "detail-type": [SCANNED],
        "detail": {
            "s3ObjectDetails": {"bucketName": [bucket["BucketName"]], "objectKey": [{"prefix": "quarantine/checked/"}]}
        },
    }
    assert [target["Arn"] for target in rule["Targets"]] == [{"Fn::GetAtt": ["Posted", "Arn"]}]
    [_, told] = core["UploadsTellPosted"]["Properties"]["PolicyDocument"]["Statement"]
    assert told["Fn::If"][1] == {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": {"Fn::GetAtt": ["Posted", "Arn"]},
        "Condition": {"ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": ["Scanned", "Arn"]}}},
    }
    [posted] = bucket["NotificationConfiguration"]["QueueConfigurations"]
    assert posted["Filter"] == {"S3Key": {"Rules": [{"Name": "prefix", "Value": "quarantine/att_"}]}}


def test_guardduty_may_do_what_aws_documents_and_no_more() -> None:
    """Its role policy ("Create or update IAM role policy"), but for tags and keys of KMS, which are not used here."""
    role = STACKS["core"]["Resources"]["MalwareProtectionRole"]["Properties"]
    [trusted] = role["AssumeRolePolicyDocument"]["Statement"]
    assert trusted["Principal"] == {"Service": "malware-protection-plan.guardduty.amazonaws.com"}
    [policy] = role["Policies"]
    given = [(each["Action"], each.get("Condition")) for each in policy["PolicyDocument"]["Statement"]]
    managed = {"StringLike": {"events:ManagedBy": "malware-protection-plan.guardduty.amazonaws.com"}}
    assert given == [
        (["events:PutRule", "events:DeleteRule", "events:PutTargets", "events:RemoveTargets"], managed),
        (["events:DescribeRule", "events:ListTargetsByRule"], None),
        (["s3:PutBucketNotification", "s3:GetBucketNotification", "s3:ListBucket"], None),
        ("s3:PutObject", None),
        (["s3:GetObject", "s3:GetObjectVersion"], None),
    ]


def test_only_ses_brings_mail_in_and_nobody_keeps_it_for_long() -> None:
    """Not public, encrypted on the wire, gone after 30 days; each hand-over names who may do it (L3, M1)."""
    resources = STACKS["core"]["Resources"]
    bucket = resources["ArrivedMail"]["Properties"]
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert [rule["ExpirationInDays"] for rule in bucket["LifecycleConfiguration"]["Rules"]] == [30]
    given = [
        (each["Effect"], each["Principal"], each["Action"], next(iter(each["Condition"].values())))
        for name in ("ArrivedMailFromSesOnly", "ArrivedMailToldBySesOnly", "ArrivedMailQueueFromTopicOnly")
        for each in resources[name]["Properties"]["PolicyDocument"]["Statement"]
    ]
    ses, here = {"Service": "ses.amazonaws.com"}, {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    assert given == [
        ("Allow", ses, "s3:PutObject", here),
        ("Deny", "*", "s3:PutObject", {"aws:PrincipalServiceName": "ses.amazonaws.com"}),
        ("Deny", "*", "s3:*", {"aws:SecureTransport": "false"}),
        ("Allow", ses, "sns:Publish", here),
        ("Allow", {"Service": "sns.amazonaws.com"}, "sqs:SendMessage", {"aws:SourceArn": {"Ref": "ArrivedMailTold"}}),
    ]


def test_mail_comes_in_only_where_the_stage_says_so() -> None:
    """A rule that takes mail from a domain that others use would take their mail from them."""
    of_ses = [each for each in STACKS["core"]["Resources"].values() if each["Type"].startswith("AWS::SES::Receipt")]
    assert [each["Condition"] for each in of_ses] == ["ReceivesMail"] * 2
    [rule] = of_type("AWS::SES::ReceiptRule").values()
    assert rule["Rule"]["Recipients"] == [{"Fn::Sub": "reply@${MailDomain}"}, {"Ref": "MailSender"}]
    assert rule["Rule"]["ScanEnabled"] is True


def test_the_local_stage_can_leave_nothing_behind() -> None:
    """There the stack takes all of its data with it."""
    thrown_away = templates.core(keeps_data=False)["Resources"].values()
    assert not [resource for resource in thrown_away if "DeletionPolicy" in resource]


def test_a_new_folder_is_a_new_process_with_the_queues_of_its_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Platform teams add a process without a change in infra/."""
    shutil.copytree(ROOT / "infra", tmp_path / "infra")
    shutil.copytree(ROOT / "statemachines/contact-us", tmp_path / "statemachines/lost-and-found")
    folder = tmp_path / "statemachines/lost-and-found"
    (folder / "contact-us.asl.json").rename(folder / "lost-and-found.asl.json")
    described = json.loads((folder / "service.json").read_text())
    (folder / "service.json").write_text(json.dumps(described | {"system": "depot_east"}))
    monkeypatch.setattr(templates, "ROOT", tmp_path)

    assert templates.processes() == ["lost-and-found"]
    assert "StateMachine" in templates.process("lost-and-found")["Resources"]
    core = templates.core()
    assert (
        text(core["Resources"]["FromDepotEast"]["Properties"]["QueueName"]) == "portico-${Stage}-from-depot_east.fifo"
    )
    assert core["Outputs"]["ToDepotEastUrl"] == {"Value": {"Ref": "ToDepotEast"}}
    assert "FromDepotEastToReceiveCommands" in templates.triggers()["Resources"]


@pytest.mark.parametrize("name", ["core", "triggers", *PROCESSES])
def test_a_template_fits_into_one_request(name: str) -> None:
    """CloudFormation takes 51,200 bytes without a bucket; a process has a stack of its own, so that all of them fit."""
    assert len(json.dumps(STACKS[name], separators=(",", ":")).encode()) < 51_200


def outputs() -> dict[str, str]:
    """The core stack's outputs, each with its own name as its value."""
    return {name: name for name in STACKS["core"]["Outputs"]}
