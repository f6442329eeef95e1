"""Bring a stage up to date with the source, or take it down. Both are safe to repeat.

    python -m infra.deploy up --stage test
    python -m infra.deploy down --stage test [--with-its-data]

The account and region are those of the environment (AWS_PROFILE, AWS_REGION); stage `local` goes into the running
local cloud.
"""

import argparse
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import boto3
from chalice.deploy.deployer import ChaliceDeploymentError

from infra import account, functions, project, rest_api, stacks, templates
from infra.asl import MachineInvalid
from infra.local import cloud, deployed, endpoints
from infra.package import PackageBroken
from infra.rest_api import SeveralApis
from infra.stage import LOCAL, ROOT, Stage, StageInvalid, UnknownStage, stage


class ServicesInvalid(Exception):
    """A service's file is not what the functions can read; the text says where, and why."""


class RuleSetActive(Exception):
    """SES deletes no rule set that is active, so the stack would fail half-way."""


REFUSALS = (
    UnknownStage,
    StageInvalid,
    templates.SystemUnknown,
    MachineInvalid,
    ServicesInvalid,
    RuleSetActive,
    PackageBroken,
    SeveralApis,
    functions.ApiMoved,
    stacks.StackFailed,
    ChaliceDeploymentError,
)


def up(target: Stage, build: Path, *, clock: Path | None = None) -> str:
    """Data and roles first, then the functions, then what wakes them; return the API's id."""
    step = _Steps()
    if not target.mail_in:
        _check_rule_set(target)
    step("processes", _check_processes())
    rest_api.find(target)  # or there are several, and nothing is changed
    core = f"{target.prefix}-core"
    step(
        core,
        stacks.apply(core, templates.core(target.transports, keeps_data=target.keeps_data), _core_parameters(target)),
    )
    for process in templates.processes():
        name = _process_stack(target, process)
        step(name, stacks.apply(name, templates.process(process), {"Stage": target.name, "Process": process}))
    project.lay_out(build, target, stacks.outputs(core), clock=clock)
    api_id = functions.deploy(build, target)
    step("functions", f"deployed behind API {api_id}")
    triggers = f"{target.prefix}-triggers"
    step(triggers, stacks.apply(triggers, templates.triggers(target.transports), {"Stage": target.name}))
    for orphan in _orphans(target):
        step(orphan, "has no folder any more; cases may still run on it, so it stays until you delete the stack")
    return api_id


def down(target: Stage, *, with_its_data: bool) -> None:
    """The reverse. What keeps data stays in any stage but the local one, unless it is said to go as well."""
    step = _Steps()
    if with_its_data:
        _check_rule_set(target)
    step("triggers", "gone" if stacks.delete(f"{target.prefix}-triggers") else "none")
    step("functions", ", ".join(functions.delete(target)) or "none")
    for name in stacks.names(f"{target.prefix}-process-"):
        stacks.delete(name)
        step(name, "gone")
    core = f"{target.prefix}-core"
    if target.keeps_data and not with_its_data:
        step(core, "stays, with all data; --with-its-data deletes it")
        return
    _empty_buckets(target)
    step(core, "gone" if stacks.delete(core) else "none")
    if target.keeps_data:
        _delete_retained(target)
        step("data", "gone")


def _check_processes() -> str:
    """Before anything is changed: machines that run, and services as the functions will read them."""
    machines = [templates.process(name) for name in templates.processes()]
    read = subprocess.run(
        [sys.executable, "-m", "functions.cases"], cwd=ROOT, check=False, capture_output=True, text=True
    )
    if read.returncode:
        raise ServicesInvalid(read.stderr.strip())
    return f"{len(machines)}, all sound"


def _check_rule_set(target: Stage) -> None:
    """Raise `RuleSetActive` where the stage has one, which is to go, and mail still comes in by it."""
    if not target.keeps_data or stacks.parameters(f"{target.prefix}-core").get("MailIn") != "true":
        return
    active = boto3.client("ses").describe_active_receipt_rule_set()
    if active.get("Metadata", {}).get("Name") == target.prefix:
        raise RuleSetActive(
            f"mail still comes in by the rule set {target.prefix}: activate another one, or none by"
            " `aws ses set-active-receipt-rule-set`, and try again; nothing was changed"
        )


def _core_parameters(target: Stage) -> dict[str, str]:
    return {
        "Stage": target.name,
        "MailDomain": target.mail_domain,
        "MailSender": target.mail_sender,
        "MailIn": str(target.mail_in).lower(),
        "MalwareScan": str(target.malware_scan).lower(),
        "LogRetentionDays": str(target.log_retention_days),
        "PortalOrigin": target.portal_origin,
        "AlarmAddress": target.alarm_address,
    }


def _process_stack(target: Stage, process: str) -> str:
    return f"{target.prefix}-process-{process.replace('_', '-')}"


def _orphans(target: Stage) -> list[str]:
    wanted = {_process_stack(target, process) for process in templates.processes()}
    return [name for name in stacks.names(f"{target.prefix}-process-") if name not in wanted]


def _delete_retained(target: Stage) -> None:
    """The table, the key, the uploads and arrived mail outlive their stack on purpose."""
    table, secrets, storage = boto3.client("dynamodb"), boto3.client("secretsmanager"), boto3.client("s3")
    with suppress(table.exceptions.ResourceNotFoundException):
        table.update_table(TableName=target.prefix, DeletionProtectionEnabled=False)
        table.delete_table(TableName=target.prefix)
        table.get_waiter("table_not_exists").wait(TableName=target.prefix)
    with suppress(secrets.exceptions.ResourceNotFoundException):
        secrets.delete_secret(SecretId=f"{target.prefix}-key", ForceDeleteWithoutRecovery=True)
    for bucket in _buckets(target):
        with suppress(storage.exceptions.NoSuchBucket):
            storage.delete_bucket(Bucket=bucket)


def _empty_buckets(target: Stage) -> None:
    """A bucket that holds something can't be deleted."""
    resource = boto3.resource("s3")
    for bucket in _buckets(target):
        with suppress(resource.meta.client.exceptions.NoSuchBucket):
            resource.Bucket(bucket).objects.delete()


def _buckets(target: Stage) -> list[str]:
    """As core.yaml names them: all accounts and regions share one space of names."""
    tokens = boto3.client("sts")
    where = f"{tokens.get_caller_identity()['Account']}-{tokens.meta.region_name}"
    return [f"{target.prefix}-{what}-{where}" for what in ("uploads", "mail")]


class _Steps:
    """Prints what was done, and how long after the start."""

    def __init__(self) -> None:
        self.start = time.monotonic()

    def __call__(self, what: str, done: str) -> None:
        print(f"  {time.monotonic() - self.start:5.1f} s  {what}: {done}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["up", "down"])
    parser.add_argument("--stage", required=True)
    parser.add_argument(
        "--with-its-data", action="store_true", help="down: delete the table, the key, the uploads and the mail, too"
    )
    parser.add_argument(
        "--cloud", type=Path, default=ROOT / ".local", help="stage local: the folder of the local cloud"
    )
    parser.add_argument("--endpoint", help="stage local: the emulator, where its folder does not say yet")
    wish = parser.parse_args()
    account.use_region()
    try:
        target, build, clock = stage(wish.stage), ROOT / ".build" / wish.stage, None
        if wish.stage == LOCAL:
            endpoint = wish.endpoint or endpoints.read(wish.cloud).aws_endpoint
            cloud.enter(endpoint)
            build, clock = wish.cloud / "build", wish.cloud / "clock"
            deployed.forget(wish.cloud)
        with account.failures_told():
            if wish.what == "up":
                source = deployed.source()
                up(target, build, clock=clock)
                if wish.stage == LOCAL:
                    deployed.note(wish.cloud, source)
            else:
                down(target, with_its_data=wish.with_its_data)
    except REFUSALS as refusal:
        sys.exit(f"{type(refusal).__name__}: {refusal}")
    except endpoints.NotRunning as refusal:
        sys.exit(str(refusal))


if __name__ == "__main__":
    main()
