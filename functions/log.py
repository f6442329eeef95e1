"""Log lines: JSON, with no fields but these, so that no person, PIN, token or text gets into them."""

import traceback
from pathlib import Path
from typing import TypedDict, Unpack

from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError

_logger = Logger(service="portico")


class Fields(TypedDict, total=False):
    """All that may be logged beside the sentence itself; ids and closed words only."""

    request_id: str
    route: str
    status: int
    milliseconds: int
    case_id: str
    sequence: int
    type: str
    system: str
    command_id: str
    mail_id: str
    execution: str
    item: str
    count: int


def info(sentence: str, **fields: Unpack[Fields]) -> None:
    _logger.info(sentence, extra=fields)


def warning(sentence: str, **fields: Unpack[Fields]) -> None:
    _logger.warning(sentence, extra=fields)


def error(sentence: str, cause: BaseException, **fields: Unpack[Fields]) -> None:
    """The kind of the cause and where it was raised, but not its message, which may quote what somebody typed."""
    _logger.error(sentence, extra={**fields, "cause": describe(cause), "trace": _trace(cause)})


def describe(cause: BaseException) -> str:
    """An exception in a word: its class and, where AWS refused, AWS's code."""
    code = f" {cause.response['Error'].get('Code')}" if isinstance(cause, ClientError) else ""
    return type(cause).__name__ + code


def _trace(cause: BaseException) -> list[str]:
    frames = traceback.extract_tb(cause.__traceback__)[-8:]
    return [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
