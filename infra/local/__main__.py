"""`make run`, `make stop`, `make logs`: one local cloud in .local/, in the foreground, until told to stop."""

import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType

from infra.local import cloud, endpoints, lock, logs, stack
from infra.local.cloud import CloudFailed
from infra.local.endpoints import Endpoints, NotRunning
from infra.stage import ROOT

FOLDER = ROOT / ".local"
STOP_DEADLINE = 40.0
LOG_LINES = 200


class Refused(Exception):
    """What was asked for can't be done now; the text says why."""


class Stopped(BaseException):
    """Somebody asked us to stop: Ctrl-C, `make stop`, or the end of the session."""


def run() -> None:
    FOLDER.mkdir(exist_ok=True)
    try:
        with lock.hold(FOLDER):
            endpoints.forget(FOLDER)  # of one that was killed
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, _stop)
            _serve(FOLDER)
    except lock.Taken as taken:
        raise Refused(f"Portico already runs here (process {taken}){_where()}") from None
    except Stopped:
        print("Stopped. `make run` goes on from here; to begin afresh, remove .local/ first.")


def stop() -> None:
    """Ask the running one to stop and wait until it has saved its state."""
    runner = lock.holder(FOLDER)
    if runner is None:
        print("Portico does not run here.")
        return
    os.kill(runner, signal.SIGTERM)
    deadline = time.monotonic() + STOP_DEADLINE
    while lock.holder(FOLDER) == runner:
        if time.monotonic() > deadline:
            raise Refused(f"process {runner} did not stop within {STOP_DEADLINE:.0f} seconds")
        time.sleep(0.1)
    print("Stopped.")


def show_logs() -> None:
    print(*logs.newest(endpoints.read(FOLDER).aws_endpoint, LOG_LINES), sep="\n")


def _serve(folder: Path) -> None:
    began = time.monotonic()
    with stack.running(folder, _port(folder), say=_say) as portico:
        _say(_welcome(portico.endpoints, time.monotonic() - began))
        portico.emulator.process.wait()
        raise portico.emulator.failure("the local cloud died")


def _say(text: str) -> None:
    print(text, flush=True)


def _welcome(addresses: Endpoints, seconds: float) -> str:
    return f"""
Portico runs (ready after {seconds:.1f} s).

  API      {addresses.api}
  Mailbox  {addresses.mailbox}
  Queues and all other addresses: .local/endpoints.json

Try, in another terminal:

  make demo                      the whole story, step by step
  curl {addresses.api}/v1/services
  curl {addresses.mailbox}
  make logs                      what the functions log
  make deploy STAGE=local        after a change of the source

Ctrl-C or `make stop` stops it; its data stays in .local/.
"""


def _port(folder: Path) -> int:
    """PORT where given; else the one of the last run, the usual one, or any: nobody is chased from a port."""
    if wanted := os.environ.get("PORT"):
        if not cloud.is_free(int(wanted)):
            raise Refused(f"port {wanted} is taken by another program; choose another with PORT=")
        return int(wanted)
    candidates = (cloud.port_of(folder), cloud.USUAL_PORT)
    return next((port for port in candidates if port and cloud.is_free(port)), None) or cloud.free_port()


def _where() -> str:
    try:
        return f": {endpoints.read(FOLDER).api}\n`make stop` stops it."
    except NotRunning:
        return " and is just starting or stopping."


def _stop(_number: int, _frame: FrameType | None) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # once is enough: what follows must not be interrupted
    raise Stopped


def main() -> None:
    try:
        {"run": run, "stop": stop, "logs": show_logs}[sys.argv[1]]()
    except (Refused, CloudFailed, NotRunning) as refusal:
        sys.exit(str(refusal))


if __name__ == "__main__":
    main()
