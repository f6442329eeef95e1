"""The story of `make demo`, on a running Portico."""

import subprocess
import sys
from pathlib import Path

import pytest

from infra.local import endpoints
from infra.local.endpoints import Endpoints
from infra.stage import ROOT

pytestmark = pytest.mark.cloud


def tell(addresses: Path) -> "subprocess.CompletedProcess[str]":
    told = [sys.executable, "-m", "demo.story", "--endpoints", str(addresses)]
    return subprocess.run(told, cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_story_is_told_to_its_end_time_after_time(portico: Endpoints, tmp_path: Path) -> None:
    """From a PIN to a closed and a canceled case, through HTTP and queues only; at once again (F2, F4, F6, F7, F23)."""
    endpoints.write(portico, tmp_path)
    for again in (False, True):
        told = tell(tmp_path / "endpoints.json")
        assert told.returncode == 0, told.stdout + told.stderr
        steps = [line for line in told.stdout.splitlines() if line.startswith("[")]
        assert steps[-1].startswith(f"[{len(steps)}/{len(steps)}]")
        assert ("an earlier story" in told.stdout) == again


def test_the_story_needs_a_running_portico(tmp_path: Path) -> None:
    """Where none runs it says so, and how to start one."""
    told = tell(tmp_path / "endpoints.json")
    assert told.returncode == 1
    assert "make run" in told.stderr
