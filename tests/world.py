"""A whole Portico in the test process: moto as AWS, and this module as the platform that delivers between the parts."""

import email
import email.policy
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar
from urllib.parse import quote_plus

import boto3
from moto.backends import get_backend
from moto.dynamodb.models.utilities import dynamo_to_dict

from app import app
from functions import aws, clock, keys
from functions.cases import numbers
from functions.cases.workflow import workflow
from functions.events import Actor
from functions.mail.receiving import receive_mail
from functions.mail.sending import send_mail
from functions.people.actions import add_staff_member, set_login
from functions.people.model import Login
from functions.settings import settings
from functions.sync import routes as sync_routes
from functions.sync.commands import receive_commands
from functions.sync.publish import publish
from functions.sync.sweep import sweep
from functions.uploads.receiving import receive_upload
from infra import templates
from tests.gateway import Answer, Gateway, LambdaContext
from tests.quick_moto import ACCOUNT, REGION
from tests.rewind import DEPLOYED, Deployed, Moment, Played, footprint
from tests.workflows import Workflows

SYSTEM = "backoffice"
SERVICES = ("dynamodb", "s3", "sqs", "sesv2", "secretsmanager", "stepfunctions")

T = TypeVar("T")

WAYS = {
    "new": (),
    "in_progress": (),
    "waiting_for_response": ("waiting_for_response",),
    "resolved": ("resolved",),
    "reopened": ("resolved", "reopen"),
    "closed": ("resolved", "close"),
    "canceled": ("cancel",),
}
"""How a case comes to each status: what the internal system sets, and what its owner does."""


@dataclass(frozen=True)
class Mail:
    to: str
    subject: str
    text: str
    message: EmailMessage


@cache
def table_definition() -> dict[str, Any]:
    """The table as the stack makes it, for CreateTable; without its stream."""
    table = templates.core()["Resources"]["Table"]["Properties"]
    wanted = ("KeySchema", "AttributeDefinitions", "LocalSecondaryIndexes", "GlobalSecondaryIndexes", "BillingMode")
    return {name: table[name] for name in wanted}


@cache
def _hidden_for() -> timedelta:
    """How long a message of the mail queue is hidden from the moment that it is delivered."""
    return timedelta(seconds=templates.core()["Resources"]["MailQueue"]["Properties"]["VisibilityTimeout"])


class World:
    """One deployment. `settle` delivers everything until nothing moves; `clock` moves the time that rules see."""

    def __init__(self, clock_file: Path) -> None:
        self.clock_file = clock_file
        self.gateway = Gateway(app)
        self.workflows = Workflows(lambda command: workflow(command, LambdaContext()))
        session = boto3.Session()
        self.database, self.sqs, self.secrets, self.ses, self.storage = (
            session.client(service) for service in ("dynamodb", "sqs", "secretsmanager", "sesv2", "s3")
        )
        self.deliver: Callable[[Callable[[], Any]], Any] = lambda work: work()
        """How one delivery is made; the crash tests make it again until it succeeds."""
        self.batch = 10
        """How many events or messages come in one delivery."""
        self.way: tuple[Any, ...] | None = None
        """The scenes that were played since the deployment was empty, where nothing else has happened."""
        self._played: dict[tuple[Any, ...], Played] = {}
        self._deploy()
        self._deployed, self._empty = Deployed(), Moment.of(self)

    def reset(self) -> None:
        """An empty deployment. Clients, the secret and the compiled models stay, which is what makes tests fast."""
        self._deployed.restore()
        self._empty.restore(self)
        get_backend("s3")[ACCOUNT]["aws"].buckets[settings.mail_bucket].keys.clear()
        numbers._leases.clear()
        keys._secret()
        sync_routes._secrets.cache_clear()
        self.switch_on()
        self.scan_malware(on=False)
        self._leave(())

    def played(self, scene: str, play: Callable[[], T]) -> T:
        """Play a scene in this world. Where it was played before after the same ones, what came of it is brought back.

        The second time nothing is asked of Portico: what a test is about, it does itself.
        """
        if self.way is None or footprint(self) != self._footprint:
            return play()
        way = (*self.way, None if vars(clock)["datetime"] is datetime else clock.now(), scene)
        if way not in self._played:
            self._played[way] = Played.of(self, play())
        self._played[way].restore(self)
        self._leave(way)
        outcome: T = self._played[way].outcome
        return outcome

    def _leave(self, way: tuple[Any, ...]) -> None:
        self.way, self._footprint = way, footprint(self)

    def _deploy(self) -> None:
        for service in DEPLOYED:
            get_backend(service).reset()
        self.database.create_table(
            TableName=settings.table_name,
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
            **table_definition(),
        )
        self.secrets.create_secret(Name=settings.key_secret, SecretString="k" * 64)
        queues = get_backend("sqs")[ACCOUNT][REGION]  # asked by itself, since calls to it are slow
        for url in (
            settings.mail_queue_url,
            settings.quarantine_queue_url,
            settings.mail_quarantine_queue_url,
            self.queue_url("posted"),
            self.queue_url("mail-in"),
        ):
            queues.create_queue(url.rpartition("/")[2], VisibilityTimeout="0")
        for name in (f"portico-local-to-{SYSTEM}.fifo", f"portico-local-from-{SYSTEM}.fifo"):
            queues.create_queue(name, FifoQueue="true", VisibilityTimeout="0")
        for bucket in (settings.upload_bucket, settings.mail_bucket):
            get_backend("s3")[ACCOUNT]["aws"].create_bucket(bucket, REGION)
        self.ses.create_email_identity(EmailIdentity=settings.mail_sender)
        self.delivered = 0
        self.told: list[dict[str, Any]] = []

    # Time

    def move_clock(self, by: timedelta) -> None:
        before = float(self.clock_file.read_text()) if self.clock_file.exists() else 0.0
        self.clock_file.write_text(str(before + by.total_seconds()))

    # The platform

    def settle(self) -> None:
        """Deliver the stream, the queues and the workflows until nothing moves any more."""
        while any([self.deliver_stream(), *self.deliver_queues(), self.run_workflows()]):
            pass
        self.collect_events()

    def deliver_stream(self) -> bool:
        new = self.stream_records(self.delivered)[: self.batch]
        if new:
            self.deliver(lambda: self.publish([record for record in new if self._passes(record)]))
            self.delivered += len(new)
        return bool(new)

    @staticmethod
    def publish(records: list[dict[str, Any]]) -> None:
        """Deliver these records of the stream."""
        publish({"Records": records}, LambdaContext())

    @staticmethod
    def stream_records(after: int = 0) -> list[dict[str, Any]]:
        """The stream behind so many records, read from moto itself, whose own answers are slow to make."""
        shard = get_backend("dynamodb")[ACCOUNT][REGION].get_table(settings.table_name).stream_shard
        return [dynamo_to_dict(record.to_json()) for record in shard.items[after:]]

    @staticmethod
    def _passes(record: dict[str, Any]) -> bool:
        """The filter of the event source mapping."""
        return record["eventName"] == "INSERT" and "type" in record["dynamodb"]["NewImage"]

    def deliver_queues(self) -> list[bool]:
        return [self.deliver_mail(), self.deliver_commands(), self.deliver_uploads(), self.deliver_arrived_mail()]

    def deliver_mail(self) -> bool:
        """Where nothing was sent, the messages are hidden for as long as the stack says, and come again after that."""
        waited = not self._is_empty(settings.mail_queue_url.rpartition("/")[2])
        sent = False
        try:
            sent = self._deliver_queue(settings.mail_queue_url, send_mail)
        finally:
            if waited and not sent:
                self.move_clock(_hidden_for())
        return sent

    def deliver_commands(self) -> bool:
        return self._deliver_queue(self.queue_url(f"from-{SYSTEM}"), receive_commands)

    def deliver_uploads(self) -> bool:
        return self._deliver_queue(self.queue_url("posted"), receive_upload)

    def deliver_arrived_mail(self) -> bool:
        return self._deliver_queue(self.queue_url("mail-in"), receive_mail)

    def _deliver_queue(self, url: str, door: Callable[[dict[str, Any], Any], Any]) -> bool:
        name = url.rpartition("/")[2]
        if self._is_empty(name):
            return False
        received = self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=self.batch, AttributeNames=["All"])
        messages = received.get("Messages", [])
        if not messages:
            return False
        records = [
            {
                "messageId": message["MessageId"],
                "receiptHandle": message["ReceiptHandle"],
                "body": message["Body"],
                "attributes": message.get("Attributes", {}),
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}",
                "awsRegion": REGION,
            }
            for message in messages
        ]
        answer = self.deliver(lambda: door({"Records": records}, LambdaContext()))
        failed = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
        for message in messages:
            if message["MessageId"] not in failed:
                self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return len(failed) < len(messages)

    @staticmethod
    def _is_empty(queue: str) -> bool:
        """Asked of moto itself, since most queues are empty most of the time."""
        return not get_backend("sqs")[ACCOUNT][REGION].queues[queue].messages

    def run_workflows(self) -> bool:
        return self.workflows.run()

    def sweep(self, *, everything: bool = False) -> dict[str, int]:
        done: dict[str, int] = self.deliver(lambda: sweep({"all": everything}, LambdaContext()))
        return done

    # Mail that comes in

    def mail_in(self, raw: bytes, recipients: list[str], source: str, **verdicts: str) -> None:
        """SES stores a mail and says so, with its verdicts: each of them PASS where nothing else is given."""
        told = f"ses-{len(get_backend('s3')[ACCOUNT]['aws'].buckets[settings.mail_bucket].keys)}"
        get_backend("s3")[ACCOUNT]["aws"].put_object(settings.mail_bucket, f"mail/{told}", raw)
        checks = ("spam", "virus", "spf", "dkim", "dmarc")
        receipt = {f"{check}Verdict": {"status": verdicts.get(check, "PASS")} for check in checks}
        receipt |= {"recipients": recipients, "action": {"type": "S3", "objectKey": f"mail/{told}"}}  # type: ignore[dict-item]
        body = {"notificationType": "Received", "mail": {"messageId": told, "source": source}, "receipt": receipt}
        self.sqs.send_message(QueueUrl=self.queue_url("mail-in"), MessageBody=json.dumps(body))

    # Files

    def post_file(self, form: dict[str, Any], content: bytes) -> None:
        """S3 takes a file by its form, and tells of it; moto would take anything by it."""
        fields = form["fields"]
        self.storage.put_object(
            Bucket=settings.upload_bucket, Key=fields["key"], Body=content, ContentType=fields["Content-Type"]
        )
        self.tell_posted(fields["key"])

    def tell_posted(self, key: str) -> None:
        """S3 says that something was posted there."""
        said = {"eventName": "ObjectCreated:Post", "s3": {"object": {"key": quote_plus(key)}}}
        self.sqs.send_message(QueueUrl=self.queue_url("posted"), MessageBody=json.dumps({"Records": [said]}))

    def tell_scanned(self, key: str, result: str, **scanned: Any) -> None:
        """GuardDuty says what it has found in what stands there, over EventBridge, as AWS documents the event."""
        found = {"bucketName": settings.upload_bucket, "objectKey": key, "versionId": "", "s3Throttled": False}
        kept = self._bucket().keys.get(key)
        found |= {"eTag": kept.etag.strip('"') if kept else "d41d8cd98f00b204e9800998ecf8427e"} | scanned
        status = {"UNSUPPORTED": "SKIPPED", "ACCESS_DENIED": "SKIPPED", "FAILED": "FAILED"}.get(result, "COMPLETED")
        threats = [{"name": "EICAR-Test-File (not a virus)"}] if result == "THREATS_FOUND" else None
        event = {
            "version": "0",
            "id": "72c7d362-737a-6dce-fc78-9e27a0171419",
            "detail-type": "GuardDuty Malware Protection Object Scan Result",
            "source": "aws.guardduty",
            "account": ACCOUNT,
            "time": "2026-02-28T01:01:01Z",
            "region": REGION,
            "resources": [f"arn:aws:guardduty:{REGION}:{ACCOUNT}:malware-protection-plan/b4c7f464ab3a4EXAMPLE"],
            "detail": {
                "schemaVersion": "1.0",
                "scanStatus": status,
                "resourceType": "S3_OBJECT",
                "s3ObjectDetails": found,
                "scanResultDetails": {"scanResultStatus": result, "threats": threats},
            },
        }
        self.sqs.send_message(QueueUrl=self.queue_url("posted"), MessageBody=json.dumps(event))

    def stored(self) -> dict[str, bytes]:
        """Everything that the bucket holds, from moto itself."""
        keys = self._bucket().keys
        return {name: keys[name].value for name in sorted(keys)}

    def store(self, files: dict[str, bytes]) -> None:
        """The bucket holds these and nothing else."""
        self._bucket().keys.clear()
        for name, content in files.items():
            get_backend("s3")[ACCOUNT]["aws"].put_object(settings.upload_bucket, name, content)

    @staticmethod
    def _bucket() -> Any:
        return get_backend("s3")[ACCOUNT]["aws"].buckets[settings.upload_bucket]

    # The internal system

    def queue_url(self, name: str) -> str:
        if name in ("posted", "mail-in"):
            return settings.mail_queue_url.removesuffix("mail") + name
        if name == f"to-{SYSTEM}":
            return settings.system_queues[SYSTEM]
        return settings.system_queues[SYSTEM].replace("-to-", "-from-")

    def collect_events(self) -> None:
        url = self.queue_url(f"to-{SYSTEM}")
        if self._is_empty(url.rpartition("/")[2]):
            return
        while messages := self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            self.told += [json.loads(message["Body"]) for message in messages]
            done = [{"Id": str(n), "ReceiptHandle": message["ReceiptHandle"]} for n, message in enumerate(messages)]
            self.sqs.delete_message_batch(QueueUrl=url, Entries=done)

    def events_told(self, case_id: str) -> list[dict[str, Any]]:
        """What the internal system was told of a case, in order."""
        self.collect_events()
        return [event for event in self.told if event["subject"] == case_id]

    def command(self, command_type: str, case_id: str, data: dict[str, Any], command_id: str = "cmd-1") -> None:
        """The internal system asks for something, and gets its answer."""
        body = {"specversion": "1.0", "id": command_id, "source": "/backoffice", "type": command_type}
        self.send_raw(json.dumps(body | {"subject": case_id, "data": data}), command_id, case_id)
        self.settle()

    def send_raw(self, body: str, deduplication: str, group: str = "g") -> None:
        self.sqs.send_message(
            QueueUrl=self.queue_url(f"from-{SYSTEM}"),
            MessageBody=body,
            MessageGroupId=group,
            MessageDeduplicationId=deduplication,
        )

    def receive(self, bodies: list[str], groups: list[str] | None = None, system: str = SYSTEM) -> list[int]:
        """Deliver one batch from that system's queue, and return the places of those that go back to it."""
        queue = f"arn:aws:sqs:{REGION}:{ACCOUNT}:portico-local-from-{system}.fifo"
        records = [
            {
                "messageId": str(place),
                "receiptHandle": str(place),
                "body": body,
                "attributes": {"MessageGroupId": groups[place] if groups else "g"},
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": queue,
                "awsRegion": REGION,
            }
            for place, body in enumerate(bodies)
        ]
        failures = receive_commands({"Records": records}, LambdaContext())["batchItemFailures"]
        return [int(failure["itemIdentifier"]) for failure in failures]

    def quarantined(self, url: str = settings.quarantine_queue_url) -> list[dict[str, Any]]:
        found = self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
        return [json.loads(message["Body"]) for message in found.get("Messages", [])]

    # People

    def mailbox(self) -> list[Mail]:
        """Every mail that was sent, oldest first."""
        sent = get_backend("ses")[ACCOUNT][REGION].sent_messages
        return [self._mail(message.raw_data) for message in sent]

    @staticmethod
    @cache
    def _mail(raw: str) -> Mail:
        message = email.message_from_string(raw, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        body = message.get_body(("plain",))
        return Mail(
            to=str(message["To"]),
            subject=str(message["Subject"]),
            text=str(body.get_content()) if body else "",
            message=message,
        )

    def pin(self, address: str) -> str:
        """The newest PIN that was mailed to the address."""
        mails = (mail for mail in reversed(self.mailbox()) if mail.to == address)
        text = next(mail.text for mail in mails if mail.subject.startswith("Your sign-in code"))
        return next(line.strip() for line in text.splitlines() if line.startswith("    "))

    def sign_in(self, address: str, ip: str = "203.0.113.9") -> str:
        """Sign in as a person does, by mail, and return the session's token."""
        issued = self.gateway("POST", "/v1/otp/challenges", {"email": address}, ip=ip)
        self.settle()
        url = f"/v1/otp/challenges/{issued.json['challenge_id']}/verify"
        verified = self.gateway("POST", url, {"code": self.pin(address)}, ip=ip)
        assert verified.status == 200, verified.body
        return str(verified.json["token"])

    def customer(self, address: str) -> str:
        """A customer, signed in."""
        return self.played(address, lambda: self.sign_in(address))

    def staff(self, team: str, address: str | None = None) -> str:
        """A staff member of that team, signed in."""
        address = address or f"{team}@portico.example"

        def play() -> str:
            add_staff_member(address, team.title(), (team,))
            return self.sign_in(address, ip=f"198.51.100.{len(team)}")

        return self.played(f"{address} of {team}", play)

    @staticmethod
    def switch_on(*features: str) -> None:
        """Deploy with these features, until the next reset."""
        object.__setattr__(settings, "features", frozenset(features))

    @staticmethod
    def scan_malware(*, on: bool) -> None:
        """Deploy with a scanner, until the next reset."""
        object.__setattr__(settings, "malware_scan", on)

    def administrator(self, address: str = "admin@portico.example") -> str:
        """A staff member who keeps the records, signed in."""

        def play() -> str:
            add_staff_member(address, "Adele", (), ("administrator",))
            return self.sign_in(address, ip="198.51.100.99")

        return self.played(f"{address}, administrator", play)

    @staticmethod
    def set_login(person_id: str, login: Login) -> None:
        set_login(person_id, login, Actor(kind="staff", id="staff_adele", name="Adele"))

    def create(self, token: str, service: str = "contact-us", key: str = "key-1", **answers: str) -> Answer:
        given = {"TOPIC": "OTHER", "MESSAGE": "When is the town hall open?"} | answers
        if service == "report-incident":
            given = {"AFFECTED": "ACCOUNT", "IMPACT": "ME", "DESCRIPTION": "I cannot sign in any more."} | answers
        body = {"service": service, "answers": given}
        return self.gateway("POST", "/v1/cases", body, token=token, headers={"Idempotency-Key": key})

    def open_case(self, token: str, service: str = "contact-us", key: str = "key-1", **answers: str) -> str:
        """A case that its workflow has brought to its first task; its id."""
        created = self.create(token, service, key, **answers)
        assert created.status == 201, created.body
        self.settle()
        return str(created.json["case_id"])

    def case_in(self, status: str, token: str, key: str = "key-1") -> str:
        """A case that has come to that status; its id."""
        return self.played(f"{status} of {token} by {key}", lambda: self._bring_to(status, token, key))

    def _bring_to(self, status: str, token: str, key: str) -> str:
        created = self.create(token, key=key)
        case_id = str(created.json["case_id"])
        for step in WAYS[status]:
            self.settle()
            if step in ("cancel", "close", "reopen"):
                assert self.gateway("POST", f"/v1/cases/{case_id}/{step}", token=token).status == 200
            else:
                wish = {"status": step, "based_on_sequence": self.view(token, case_id)["sequence"]}
                self.command("case.set_status", case_id, wish, f"to-{step}-{case_id}")
        if status != "new":
            self.settle()
        assert self.view(token, case_id)["status"] == status
        return case_id

    def view(self, token: str, case_id: str) -> Any:
        """The case as that person sees it."""
        seen = self.gateway("GET", f"/v1/cases/{case_id}", token=token)
        assert seen.status == 200, seen.body
        return seen.json

    def items(self) -> list[dict[str, Any]]:
        """Everything that the table holds, in DynamoDB's JSON; from moto itself, whose own answers are slow to make."""
        partitions = get_backend("dynamodb")[ACCOUNT][REGION].get_table(settings.table_name).items.values()
        return [dynamo_to_dict(item.attrs) for partition in partitions for item in partition.values()]


@contextmanager
def step_functions(world: World) -> Iterator[None]:
    """Answer the calls to Step Functions from `world.workflows`, with AWS's own errors, in place of moto's."""

    def error(code: str) -> tuple[Any, dict[str, Any]]:
        return SimpleNamespace(status_code=400), {
            "Error": {"Code": code, "Message": code},
            "ResponseMetadata": {"HTTPStatusCode": 400, "RetryAttempts": 0},
        }

    def done(**answer: Any) -> tuple[Any, dict[str, Any]]:
        return SimpleNamespace(status_code=200), {"ResponseMetadata": {"HTTPStatusCode": 200}, **answer}

    def before_call(model: Any, params: dict[str, Any], **_: Any) -> tuple[Any, dict[str, Any]]:
        asked = json.loads(params["body"])
        workflows = world.workflows
        match model.name:
            case "StartExecution":
                machine = asked["stateMachineArn"].rpartition("portico-local-")[2]
                if workflows.start(machine, asked["name"], asked["input"]):
                    return done(executionArn=asked["name"])
                return error("ExecutionAlreadyExists")
            case "DescribeExecution":
                found = workflows.executions.get(asked["executionArn"].rpartition(":")[2])
                return done(status=found.status) if found else error("ExecutionDoesNotExist")
            case "StopExecution":
                name = asked["executionArn"].rpartition(":")[2]
                return done() if workflows.stop(name) else error("ExecutionDoesNotExist")
            case "SendTaskSuccess":
                return done() if workflows.succeed(asked["taskToken"], asked["output"]) else error("TaskTimedOut")
        raise AssertionError(model.name)

    events = aws.client("stepfunctions").meta.events
    events.register_last("before-call.stepfunctions", before_call, unique_id="world")
    try:
        yield
    finally:
        events.unregister("before-call.stepfunctions", unique_id="world")
