"""Clients of AWS services, each made once and only when it is needed."""

from functools import cache
from typing import Any

SESSION_RETRIES = 3


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
        ),
    )
