"""The account and the region that a command works in: those of the environment."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, NoRegionError


def use_region() -> None:
    """AWS_REGION, which boto3 does not read, before AWS_DEFAULT_REGION, before the region of the profile."""
    if region := os.environ.get("AWS_REGION"):
        os.environ["AWS_DEFAULT_REGION"] = region


@contextmanager
def failures_told() -> Iterator[None]:
    """What AWS, or the way to it, refuses ends the command with one line."""
    try:
        yield
    except NoRegionError:
        sys.exit("No AWS region is set: name one in AWS_REGION, or in the profile that AWS_PROFILE names.")
    except NoCredentialsError:
        sys.exit("No AWS credentials are found: name a profile in AWS_PROFILE, or sign in with the AWS CLI.")
    except ClientError as error:
        sys.exit(f"AWS refused: {error}")
    except BotoCoreError as error:
        sys.exit(f"AWS can't be asked: {error}")
