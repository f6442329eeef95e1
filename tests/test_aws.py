"""Which failures are AWS's own."""

from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ParamValidationError, ReadTimeoutError

from functions.aws import is_at_fault


def said(code: str, status: int = 400, **more: Any) -> ClientError:
    answer: Any = {"Error": {"Code": code, "Message": ""}, "ResponseMetadata": {"HTTPStatusCode": status}, **more}
    return ClientError(answer, "SendMessage")


def canceled(*codes: str) -> ClientError:
    return said("TransactionCanceledException", CancellationReasons=[{"Code": code} for code in codes])


@pytest.mark.parametrize(
    "error",
    [
        EndpointConnectionError(endpoint_url="sqs"),
        ReadTimeoutError(endpoint_url="sqs"),
        said("InternalFailure", 500),
        said("ServiceUnavailable", 503),
        said("ThrottlingException"),
        said("RequestThrottled", 403),
        canceled("None", "ThrottlingError"),
    ],
    ids=str,
)
def test_out_of_reach_overloaded_and_broken_are_faults_of_aws(error: Exception) -> None:
    """The same request may succeed later, so it says nothing about what was asked (B5)."""
    assert is_at_fault(error)


@pytest.mark.parametrize(
    "error",
    [
        ValueError(),
        ParamValidationError(report="too long"),
        said("InvalidMessageContents"),
        said("AccessDenied", 403),
        canceled("None", "ValidationError"),
    ],
    ids=str,
)
def test_what_was_asked_may_be_wrong(error: Exception) -> None:
    """These are as wrong the next time (B5)."""
    assert not is_at_fault(error)
