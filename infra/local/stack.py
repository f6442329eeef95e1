"""Portico in a local cloud: the emulator started, everything deployed into it by the path that AWS is deployed by."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from infra.local import cloud, endpoints
from infra.local.cloud import Cloud, CloudFailed
from infra.local.endpoints import Endpoints
from infra.stage import LOCAL, ROOT, stage

DEMONSTRATION = "demo.organisation"


@contextmanager
def running(folder: Path, port: int | None = None) -> Iterator[Endpoints]:
    """A stack of one's own, with what `folder` remembers of its last run; stopped on leaving. For tests."""
    with cloud.running(folder.resolve(), port or cloud.free_port()) as emulator:
        deploy(emulator)
        load_demonstration(emulator)
        addresses = endpoints.of(emulator.endpoint)
        endpoints.write(addresses, emulator.folder)
        try:
            yield addresses
        finally:
            endpoints.forget(emulator.folder)


def deploy(emulator: Cloud, *, source: Path = ROOT) -> str:
    """Deploy the source as it is now; return what was said about it. A process of its own sees changed code."""
    where = ["--endpoint", emulator.endpoint, "--cloud", str(emulator.folder)]
    done = subprocess.run(
        [sys.executable, "-m", "infra.deploy", "up", "--stage", LOCAL, *where],
        cwd=source,
        env=cloud.client_environment(emulator.endpoint),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CloudFailed(f"the deploy failed:\n{done.stdout}")
    return done.stdout


def load_demonstration(emulator: Cloud) -> bool:
    """Write the demonstration organisation as the functions would; loading it again changes nothing."""
    if find_spec("demo") is None or find_spec(DEMONSTRATION) is None:
        return False
    subprocess.run(
        [sys.executable, "-m", DEMONSTRATION],
        cwd=ROOT,
        env=cloud.client_environment(emulator.endpoint) | function_environment(emulator.folder),
        check=True,
    )
    return True


def sweep(emulator: Cloud) -> None:
    """Have the sweeper treat everything as due: open cases whose workflow was lost get a successor."""
    answer = cloud.client("lambda", emulator.endpoint).invoke(
        FunctionName=f"{stage(LOCAL).prefix}-sweep", Payload=json.dumps({"all": True})
    )
    if "FunctionError" in answer:
        raise CloudFailed(f"the sweep failed: {answer['Payload'].read().decode()}")


def function_environment(folder: Path) -> dict[str, str]:
    """The environment that the functions of the stack in `folder` run with."""
    config = json.loads((folder / "build/.chalice/config.json").read_text())
    environment: dict[str, str] = config["stages"][LOCAL]["environment_variables"]
    return environment
