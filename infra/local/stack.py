"""Portico in a local cloud: the emulator started, everything deployed into it by the path that AWS is deployed by."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from infra.local import cloud, deployed, endpoints
from infra.local.cloud import Cloud, CloudFailed
from infra.local.endpoints import Endpoints
from infra.stage import LOCAL, ROOT, stage

DEMONSTRATION = "demo.organisation"
EVERYTHING_IS_DUE = json.dumps({"all": True})


@dataclass(frozen=True)
class Stack:
    emulator: Cloud
    endpoints: Endpoints


def _silent(_line: str) -> None:
    pass


@contextmanager
def running(folder: Path, port: int | None = None, say: Callable[[str], None] = _silent) -> Iterator[Stack]:
    """A running Portico with what `folder` remembers of its last run; on leaving it is stopped and remembered."""
    folder = folder.resolve()
    remembered = (folder / "state").exists()
    say("Starting the local cloud with what it held ..." if remembered else "Starting the local cloud ...")
    with cloud.running(folder, port or cloud.free_port()) as emulator:
        if remembered and emulator.goes_on and deployed.last(folder) == deployed.source():
            say("Portico is deployed there as the source is now ...")
        else:
            say("Deploying Portico ...")
            say(deploy(emulator))
        if find_spec("demo") and find_spec(DEMONSTRATION):
            say("Loading the demonstration organisation ...")
            say(load_demonstration(emulator))
        if remembered:
            say("Looking after open cases, which lost their workflows when it stopped ...")
            sweep(emulator)
        addresses = endpoints.of(emulator.endpoint)
        endpoints.write(addresses, folder)
        try:
            yield Stack(emulator, addresses)
        finally:
            endpoints.forget(folder)


def deploy(emulator: Cloud, *, source: Path = ROOT) -> str:
    """Deploy the source as it is now; return what was said about it. A process of its own sees changed code."""
    where = ["--endpoint", emulator.endpoint, "--cloud", str(emulator.folder)]
    return _done("infra.deploy", "up", "--stage", LOCAL, *where, source=source, emulator=emulator)


def load_demonstration(emulator: Cloud) -> str:
    """Write the demonstration organisation as the functions would; loading it again changes nothing."""
    return _done(DEMONSTRATION, source=ROOT, emulator=emulator, environment=function_environment(emulator.folder))


def sweep(emulator: Cloud) -> None:
    """Have the sweeper treat everything as due: open cases whose workflow was lost get a successor."""
    name = f"{stage(LOCAL).prefix}-sweep"
    answer = cloud.client("lambda", emulator.endpoint).invoke(FunctionName=name, Payload=EVERYTHING_IS_DUE)
    if "FunctionError" in answer:
        raise CloudFailed(f"the sweep failed: {answer['Payload'].read().decode()}")


def function_environment(folder: Path) -> dict[str, str]:
    """The environment that the functions of the stack in `folder` run with."""
    config = json.loads((folder / "build/.chalice/config.json").read_text())
    environment: dict[str, str] = config["stages"][LOCAL]["environment_variables"]
    return environment


def _done(module: str, *wish: str, source: Path, emulator: Cloud, environment: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        [sys.executable, "-m", module, *wish],
        cwd=source,
        env=cloud.client_environment(emulator.endpoint) | (environment or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CloudFailed(f"{module} failed:\n{done.stdout}")
    return done.stdout.rstrip()
