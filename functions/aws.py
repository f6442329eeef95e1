"""Clients of AWS services, each made once and only when it is needed."""

from functools import cache
from http import HTTPStatus
from typing import Any

SESSION_RETRIES = 3
OVERLOADED = frozenset(
    {
        "LimitExceededException",
        "ProvisionedThroughputExceeded",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "Throttling",
        "ThrottledException",
        "ThrottlingError",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)
"""What services call too many requests, of a whole one or of a part of a transaction."""
S3: dict[str, Any] = {"signature_version": "s3v4", "s3": {"addressing_style": "virtual"}}
"""What is signed for others names the bucket and its region, so that nobody is sent on from another address."""


@cache
def client(service: str) -> Any:
    """The low-level client of a service; resources and validation of parameters cost more than they give here."""
    import boto3
    from botocore.config import Config

    return boto3.client(
        service,
        config=Config(
            retries={"mode": "standard", "max_attempts": SESSION_RETRIES},
            connect_timeout=2,
            read_timeout=5,
            parameter_validation=False,
            tcp_keepalive=True,
            user_agent="portico",
            account_id_endpoint_mode="disabled",
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            **(S3 if service == "s3" else {}),
        ),
    )


def is_at_fault(error: Exception) -> bool:
    """Whether AWS was out of reach, overloaded or broken, so that the same may succeed later."""
    from botocore.exceptions import ClientError, HTTPClientError
    from botocore.exceptions import ConnectionError as Unreachable

    if not isinstance(error, ClientError):
        return isinstance(error, Unreachable | HTTPClientError)
    said = error.response
    codes = {said["Error"]["Code"], *(reason["Code"] for reason in said.get("CancellationReasons", ()))}
    return said["ResponseMetadata"]["HTTPStatusCode"] >= HTTPStatus.INTERNAL_SERVER_ERROR or bool(codes & OVERLOADED)
