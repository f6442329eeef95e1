"""`make run` and `make stop`, as they are typed."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local import cloud, endpoints
from infra.local.endpoints import Endpoints
from tests.end_to_end.portal import HOLE, customer, decide, eventually
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

    def started(self) -> Endpoints:
        """Running, since another test or from now on."""
        return self.start() if self.running is None or self.ended() else endpoints.read(self.folder / ".local")

    def start(self) -> Endpoints:
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
        eventually(lambda: self.addresses.exists() or self.ended())
        assert self.addresses.exists(), self.said()
        return endpoints.read(self.folder / ".local")

    @property
    def addresses(self) -> Path:
        return self.folder / ".local/endpoints.json"

    def emulator(self) -> int:
        """The process that listens."""
        return int((self.folder / f".local/tmp/ministack-{self.port}.pid").read_text())

    def deployed_at(self) -> int:
        return (self.folder / ".local/build/deployed-from").stat().st_mtime_ns

    def has_saved(self) -> bool:
        return (self.folder / ".local/state/apigateway_v1.json").exists()

    def ended(self) -> bool:
        return self.running is not None and self.running.poll() is not None

    def stopped_in_order(self, emulator: int) -> bool:
        """Nothing of it stays behind, nor of the emulator that it had started."""
        assert self.running
        nothing_left = not self.addresses.exists() and cloud.is_free(self.port) and not lives(emulator)
        return self.running.returncode == 0 and nothing_left

    def said(self) -> str:
        assert self.running
        return self.running.communicate(timeout=DEADLINE)[0]

    def command(self, what: str) -> list[str]:
        return [sys.executable, "-m", "infra.local", what]

    def environment(self) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], "PORT": str(self.port)}


def lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    checkout = Checkout(tmp_path_factory.mktemp("checkout"))
    yield checkout
    if checkout.running and not checkout.ended():
        checkout.running.terminate()
        checkout.running.wait(DEADLINE)


def test_it_runs_only_once(checkout: Checkout) -> None:
    """A second one says where the first one is, and leaves it alone."""
    addresses = checkout.started()
    second = checkout.call("run")
    assert second.returncode == 1
    assert addresses.api in second.stderr
    assert not checkout.ended()


def test_what_was_stored_is_there_after_a_restart_and_open_cases_go_on(checkout: Checkout) -> None:
    """Data, key, messages, mails, the address of the API, on another port; and a successor for a lost workflow (C5).

    `make stop` ends it in order: nothing stays behind. It is not deployed again, since its source is the same.
    """
    before = checkout.started()
    ann = customer(before)
    case_id = ann.call("POST", "/v1/cases", HOLE)["case_id"]
    eventually(lambda: ann.case(case_id)["stage"])
    queue = cloud.client("sqs", before.aws_endpoint)
    queue.send_message(QueueUrl=before.queues["quarantine"], MessageBody="kept")
    eventually(lambda: ann.mails()[1:])
    mails = ann.mails()

    emulator, deployed_at = checkout.emulator(), checkout.deployed_at()
    stopped = checkout.call("stop")
    assert (stopped.returncode, stopped.stdout) == (0, "Stopped.\n")
    said = checkout.said()
    assert before.api in said
    assert "Stopped" in said
    assert checkout.stopped_in_order(emulator)
    again = checkout.call("stop")
    assert (again.returncode, again.stdout) == (0, "Portico does not run here.\n")

    checkout.port = cloud.free_port()
    after = checkout.start()
    assert checkout.deployed_at() == deployed_at
    assert after.aws_endpoint != before.aws_endpoint
    assert after.api.partition("/_aws/")[2] == before.api.partition("/_aws/")[2]
    ann.endpoints = after
    assert ann.case(case_id)["status"] != "resolved"
    assert ann.mails()[: len(mails)] == mails
    queue = cloud.client("sqs", after.aws_endpoint)
    kept = queue.receive_message(QueueUrl=after.queues["quarantine"])["Messages"]
    assert [message["Body"] for message in kept] == ["kept"]
    decide(after, case_id, "NO_ACTION")
    eventually(lambda: ann.case(case_id)["status"] == "resolved")


def test_it_recovers_when_the_emulator_is_killed(checkout: Checkout) -> None:
    """It says so and ends; the next start goes on with what was saved, and deploys what may be missing there."""
    addresses = checkout.started()
    eventually(checkout.has_saved)
    deployed_at = checkout.deployed_at()
    os.kill(checkout.emulator(), signal.SIGKILL)
    assert "the local cloud died" in checkout.said()
    assert checkout.start().api == addresses.api
    assert checkout.deployed_at() > deployed_at


def test_ctrl_c_stops_it_with_all_that_it_started(checkout: Checkout) -> None:
    """Nothing stays behind; `make stop` sends the other signal, that of the end of a session."""
    checkout.started()
    emulator = checkout.emulator()
    assert checkout.running
    checkout.running.send_signal(signal.SIGINT)
    assert "Stopped" in checkout.said()
    assert checkout.stopped_in_order(emulator)


def test_a_taken_port_is_left_to_its_owner(checkout: Checkout) -> None:
    """With PORT= it says so; without, it would take another one."""
    if not checkout.ended():
        checkout.call("stop")
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", checkout.port))
        other.listen()
        refused = checkout.call("run")
    assert refused.returncode == 1
    assert f"port {checkout.port} is taken" in refused.stderr
