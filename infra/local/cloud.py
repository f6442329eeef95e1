"""The emulator as a process: started in a folder of its own, where its state stays, and stopped."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from infra.stage import ROOT

REGION = "eu-west-1"
HOST = "127.0.0.1"
USUAL_PORT = 4566
START_DEADLINE = 60.0
STOP_DEADLINE = 20.0
STOPPED = "stopped"
"""A file that is there while everything was saved."""


class CloudFailed(Exception):
    """The emulator did not start, or died; the text ends with the last that it said."""


@dataclass(frozen=True)
class Cloud:
    """A running emulator."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes]
    goes_on: bool
    """It holds all that it held when it was last stopped; one that was killed lacks its last seconds."""

    @property
    def endpoint(self) -> str:
        return f"http://{HOST}:{self.port}"

    def died(self) -> bool:
        return self.process.poll() is not None

    def failure(self, what: str) -> CloudFailed:
        said = (self.folder / "emulator.log").read_text(errors="replace").splitlines()[-15:]
        return CloudFailed("\n".join([f"{what}:", *(f"  {line}" for line in said)]))


@contextmanager
def running(folder: Path, port: int) -> Iterator[Cloud]:
    """Start the emulator with the state that `folder` holds; on leaving stop it, so that it saves its state."""
    cloud = _start(folder, port)
    try:
        _wait_until_ready(cloud)
        yield cloud
    finally:
        _stop(cloud)


def client_environment(endpoint: str) -> dict[str, str]:
    """What boto3 and Chalice need in their environment to work on the emulator, and nothing of the user's account."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return kept | {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "NO_PROXY": HOST,
    }


def enter(endpoint: str) -> None:
    """From here on this process works on the emulator, whatever profile its user has chosen."""
    environment = client_environment(endpoint)
    for name in os.environ.keys() - environment.keys():
        del os.environ[name]
    os.environ.update(environment)


@cache
def client(service: str, endpoint: str) -> Any:
    """A boto3 client for the emulator, whatever the environment of this process says."""
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106 - the emulator takes any
        config=Config(read_timeout=330, proxies={}, retries={"total_max_attempts": 1}),
    )


def port_of(folder: Path) -> int | None:
    """The port that the emulator of this folder last had."""
    file = folder / "port"
    return int(file.read_text()) if file.exists() else None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def _start(folder: Path, port: int) -> Cloud:
    temporary = folder / "tmp"
    shutil.rmtree(temporary, ignore_errors=True)  # every function leaves its unpacked code there
    temporary.mkdir(parents=True)
    _move(folder, port)
    goes_on = (folder / STOPPED).exists()
    (folder / STOPPED).unlink(missing_ok=True)
    with (folder / "emulator.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "infra.local.emulator"],
            cwd=ROOT,
            env=_environment(folder, port),
            stdin=subprocess.PIPE,  # never written to: it ends when this process does, and then so does the emulator
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # an interrupt at the keyboard is for us alone; we stop the emulator in order
        )
    return Cloud(folder, port, process, goes_on)


def _move(folder: Path, port: int) -> None:
    """State holds addresses, such as those of queues: where the port is another one than last time they change, too."""
    last = port_of(folder)
    holding = (*(folder / "state").glob("*.json"), *(folder / "build/.chalice").glob("*.json"))
    for file in holding if last not in {None, port} else ():
        file.write_text(file.read_text().replace(f"http://{HOST}:{last}/", f"http://{HOST}:{port}/"))
    (folder / "port").write_text(str(port))


def _environment(folder: Path, port: int) -> Mapping[str, str]:
    """All that the emulator may know, for it hands its whole environment to the functions."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(folder / "tmp"),
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "TMPDIR": str(folder / "tmp"),
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AUTH": "true",  # roles of the functions are enforced, as in AWS
        "BIND_HOST": HOST,
        "DOCKER_HOST": f"unix://{folder / 'no-docker'}",
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",
        "LOG_LEVEL": "WARNING",
        "MINISTACK_HOST": HOST,
        "MINISTACK_REGION": REGION,
        "PERSIST_STATE": "1",
        "PORTICO_MAILBOX": str(folder / "mailbox.jsonl"),
        "S3_DATA_DIR": str(folder / "state" / "s3"),
        "S3_PERSIST": "1",
        "SFTP_ENABLED": "0",
        "STATE_DIR": str(folder / "state"),
    }


def _wait_until_ready(cloud: Cloud) -> None:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + START_DEADLINE
    while time.monotonic() < deadline:
        if cloud.died():
            raise cloud.failure("the local cloud did not start")
        try:
            with direct.open(f"{cloud.endpoint}/_ministack/ready", timeout=2):
                return
        except OSError:
            time.sleep(0.05)
    raise cloud.failure(f"the local cloud did not answer within {START_DEADLINE:.0f} seconds")


def _stop(cloud: Cloud) -> None:
    if cloud.died():
        return
    cloud.process.terminate()
    try:
        if cloud.process.wait(STOP_DEADLINE) == 0:
            (cloud.folder / STOPPED).touch()
    except subprocess.TimeoutExpired:
        os.killpg(cloud.process.pid, signal.SIGKILL)
        cloud.process.wait()
