"""Run the emulator until told to stop, or until whoever started it has gone."""

import os
import signal
import sys
import threading
from importlib.metadata import version
from pathlib import Path

WRITTEN_FOR = "1.5.33"


def main() -> None:
    if (found := version("ministack")) != WRITTEN_FOR:
        sys.exit(f"the local cloud is written for ministack {WRITTEN_FOR}, not {found}")

    from ministack import app  # only now that the version is known to fit

    from infra.local.emulator import access, functions, mailbox, rest_api, state, streams, workflows

    access.install()
    rest_api.install()
    functions.install()
    workflows.install()
    streams.install()
    mailbox.install(Path(os.environ["PORTICO_MAILBOX"]))
    state.install()
    threading.Thread(target=_stop_when_left_alone, daemon=True).start()
    app.main()


def _stop_when_left_alone() -> None:
    """Standard input is a pipe held by the starter: it ends when the starter does, even if it was killed."""
    os.read(sys.stdin.fileno(), 1)
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
