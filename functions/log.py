"""Log lines: JSON, with no fields but these, so that no person, PIN, token or text gets into them (conventions 8)."""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import TypedDict, Unpack

from botocore.exceptions import ClientError


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
    _logger.info(sentence, extra={"fields": fields})


def warning(sentence: str, **fields: Unpack[Fields]) -> None:
    _logger.warning(sentence, extra={"fields": fields})


def error(sentence: str, cause: BaseException, **fields: Unpack[Fields]) -> None:
    """The kind of the cause and where it was raised, but not its message, which may quote what somebody typed."""
    _logger.error(sentence, extra={"fields": {**fields, "cause": describe(cause), "trace": _trace(cause)}})


def describe(cause: BaseException) -> str:
    """An exception in a word: its class and, where AWS refused, AWS's code."""
    code = f" {cause.response['Error'].get('Code')}" if isinstance(cause, ClientError) else ""
    return type(cause).__name__ + code


def _trace(cause: BaseException) -> list[str]:
    frames = traceback.extract_tb(cause.__traceback__)[-8:]
    return [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]


class _Line(logging.Formatter):
    """As Powertools would write it, whose own logger costs every request and every cold start a tenth more."""

    def format(self, record: logging.LogRecord) -> str:
        told = {
            "level": record.levelname,
            "message": record.getMessage(),
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "service": "portico",
        }
        return json.dumps(told | getattr(record, "fields", {}))


def _own_logger() -> logging.Logger:
    """To standard output and nowhere else; other loggers have no say in ours."""
    logger, handler = logging.getLogger("portico"), logging.StreamHandler(sys.stdout)
    handler.setFormatter(_Line())
    logger.handlers, logger.propagate = [handler], False
    logger.setLevel(logging.INFO)
    return logger


_logger = _own_logger()
