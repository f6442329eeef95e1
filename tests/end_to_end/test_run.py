"""`make run` and `make stop`, as they are typed."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.local import cloud
from tests.end_to_end.source import copy_source

pytestmark = pytest.mark.cloud

DEADLINE = 120.0


class Checkout:
    """A checkout of the source with a local cloud of its own."""

    def __init__(self, folder: Path) -> None:
        copy_source(folder)
        self.folder = folder
        self.port = cloud.free_port()
        self.running: subprocess.Popen[str] | None = None

    def call(self, what: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(what), cwd=self.folder, env=self.environment(), capture_output=True, text=True, check=False
        )

    def start(self) -> dict[str, Any]:
        """Run until the addresses are there."""
        assert not self.addresses.exists()
        self.running = subprocess.Popen(
            self.command("run"),
            cwd=self.folder,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        wait_until(lambda: self.addresses.exists() or self.ended())
        assert self.addresses.exists(), self.said()
        found: dict[str, Any] = json.loads(self.addresses.read_text())
        return found

    @property
    def addresses(self) -> Path:
        return self.folder / ".local/endpoints.json"

    def emulator(self) -> int:
        """The process that listens."""
        return int((self.folder / f".local/tmp/ministack-{self.port}.pid").read_text())

    def ended(self) -> bool:
        return self.running is not None and self.running.poll() is not None

    def said(self) -> str:
        assert self.running
        return self.running.communicate(timeout=DEADLINE)[0]

    def command(self, what: str) -> list[str]:
        return [sys.executable, "-m", "infra.local", what]

    def environment(self) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], "PORT": str(self.port)}


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    checkout = Checkout(tmp_path_factory.mktemp("checkout"))
    yield checkout
    if checkout.running and not checkout.ended():
        checkout.running.terminate()
        checkout.running.wait(DEADLINE)


def test_it_runs_until_it_is_stopped_and_only_once(checkout: Checkout) -> None:
    """A second one says where the first one is and leaves it alone; `make stop` ends it in order."""
    addresses = checkout.start()
    second = checkout.call("run")
    assert second.returncode == 1
    assert addresses["api"] in second.stderr

    stopped = checkout.call("stop")
    assert (stopped.returncode, stopped.stdout) == (0, "Stopped.\n")
    assert addresses["api"] in checkout.said()
    assert checkout.ended()
    assert not checkout.addresses.exists()
    assert checkout.call("stop").returncode == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it_with_all_that_it_started(checkout: Checkout, number: signal.Signals) -> None:
    """Ctrl-C, or the end of the session: nothing stays behind."""
    checkout.start()
    emulator = checkout.emulator()
    assert checkout.running
    checkout.running.send_signal(number)
    assert "Stopped" in checkout.said()
    assert checkout.running.returncode == 0
    assert cloud.is_free(checkout.port)
    with pytest.raises(ProcessLookupError):
        os.kill(emulator, 0)


def test_it_recovers_when_the_emulator_is_killed(checkout: Checkout) -> None:
    """It says so and ends; the next start goes on with what was saved."""
    addresses = checkout.start()
    emulator = checkout.emulator()
    os.kill(emulator, signal.SIGKILL)
    assert "the local cloud died" in checkout.said()
    assert checkout.start()["api"] == addresses["api"]
    checkout.call("stop")


def test_a_taken_port_is_left_to_its_owner(checkout: Checkout) -> None:
    """With PORT= it says so; without, it would take another one."""
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", checkout.port))
        other.listen()
        refused = checkout.call("run")
    assert refused.returncode == 1
    assert f"port {checkout.port} is taken" in refused.stderr
