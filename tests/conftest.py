"""What every test can ask for: `world`, a whole Portico with nothing in it."""

import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from moto import mock_aws

QUEUES = "https://sqs.eu-west-1.amazonaws.com/123456789012/portico-local-"
CLOCK_FILE = Path(tempfile.mkdtemp(prefix="portico-clock-")) / "offset"

os.environ |= {
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "STAGE": "local",
    "TABLE_NAME": "portico-local",
    "KEY_SECRET": "portico-local-key",
    "MAIL_QUEUE_URL": f"{QUEUES}mail",
    "QUARANTINE_QUEUE_URL": f"{QUEUES}quarantine",
    "MAIL_QUARANTINE_QUEUE_URL": f"{QUEUES}mail-quarantine",
    "UPLOAD_BUCKET": "portico-local-uploads",
    "SYSTEM_QUEUES": json.dumps({"backoffice": f"{QUEUES}to-backoffice.fifo"}),
    "COMMAND_QUEUES": json.dumps({"backoffice": f"{QUEUES}from-backoffice.fifo"}),
    "STATE_MACHINES": "arn:aws:states:eu-west-1:123456789012:stateMachine:portico-local-",
    "MAIL_SENDER": "portal@portico.example",
    "MAIL_IN": "true",
    "MAIL_BUCKET": "portico-local-mail",
    "PORTAL_NAME": "Portico Town",
    "PORTAL_URL": "https://portal.portico.example",
    "CLOCK_FILE": str(CLOCK_FILE),
    "POWERTOOLS_SERVICE_NAME": "portico",
}

from tests.office import Office  # noqa: E402
from tests.quick_moto import quick_moto  # noqa: E402
from tests.world import World, step_functions  # noqa: E402 (the settings are read when this is imported)


@pytest.fixture(scope="session")
def one_world() -> Iterator[World]:
    with mock_aws(), quick_moto():
        world = World(CLOCK_FILE)
        with step_functions(world):
            yield world


@pytest.fixture
def world(one_world: World) -> World:
    """Portico with nothing in it."""
    one_world.reset()
    return one_world


@pytest.fixture
def ana(world: World) -> str:
    """The session of a customer."""
    return world.customer("ana@example.org")


@pytest.fixture
def ben(world: World) -> str:
    """The session of another customer."""
    return world.customer("ben@example.org")


@pytest.fixture
def office(world: World, monkeypatch: pytest.MonkeyPatch) -> Office:
    """Portico with a calendar, at a moment that stands still."""
    return Office(world, monkeypatch)
