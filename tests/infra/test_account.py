"""Commands work in the account and region of the environment, and say in one line what is missing there."""

import os
import sys
from collections.abc import Callable

import boto3
import pytest
from botocore.exceptions import ClientError, NoCredentialsError, NoRegionError, ProfileNotFound

from infra import account, deploy, stacks, staff
from infra.local import cloud

STAFF = ["infra.staff", "--stage", "test", "--email", "ada@example.org", "--name", "Ada"]
DEPLOY = ["infra.deploy", "up", "--stage", "test"]
DENIED = ClientError({"Error": {"Code": "AccessDenied", "Message": "Not you."}}, "DescribeStacks")


@pytest.fixture(autouse=True)
def _no_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of whoever runs the tests."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, os.devnull)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    monkeypatch.setattr(stacks, "_client", stacks._client.__wrapped__)


def test_the_region_is_that_of_aws_region(monkeypatch: pytest.MonkeyPatch) -> None:
    """boto3 reads AWS_DEFAULT_REGION alone; AWS_REGION, which other tools read, goes before it."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    account.use_region()
    assert boto3.client("cloudformation").meta.region_name == "us-east-1"
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    account.use_region()
    assert boto3.client("cloudformation").meta.region_name == "eu-west-1"


@pytest.mark.parametrize(("command", "arguments"), [(staff.main, STAFF), (deploy.main, DEPLOY)])
def test_a_command_without_a_region_says_so(
    monkeypatch: pytest.MonkeyPatch, command: Callable[[], None], arguments: list[str]
) -> None:
    """An operator reads what to do, and no traceback."""
    monkeypatch.setattr(sys, "argv", arguments)
    with pytest.raises(SystemExit, match=r"^No AWS region is set: name one in AWS_REGION"):
        command()


def test_the_local_cloud_is_no_account_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever profile is chosen, a deploy into the local cloud goes there and nowhere else."""
    monkeypatch.setattr(os, "environ", {"AWS_PROFILE": "production", "HOME": "/home/ada"})
    cloud.enter("http://127.0.0.1:1")
    assert "AWS_PROFILE" not in os.environ
    assert os.environ["HOME"] == "/home/ada"
    assert os.environ["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1"


@pytest.mark.parametrize(
    ("failure", "why"),
    [
        (NoRegionError(), "No AWS region"),
        (NoCredentialsError(), "No AWS credentials"),
        (ProfileNotFound(profile="nobody"), "AWS can't be asked: .*nobody"),
        (DENIED, "AWS refused: .*Not you"),
    ],
)
def test_what_aws_refuses_is_one_line(failure: Exception, why: str) -> None:
    """No region, no credentials, no such profile, no right."""
    with pytest.raises(SystemExit, match=why) as ended, account.failures_told():
        raise failure
    assert "\n" not in str(ended.value)
