"""A copy of the source, to be deployed from, and changed."""

import shutil
from pathlib import Path

from infra.stage import ROOT

SOURCE = ("app.py", "functions", "infra", "statemachines", "demo", ".chalice", "requirements.txt")
LIBRARIES = ".build/libraries"
"""Packed for Lambda once, as for whoever deploys again."""


def copy_source(to: Path) -> None:
    for name in SOURCE:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, to / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, to)
    (to / "vendor").mkdir()
    for name in ("functions", "statemachines"):
        (to / "vendor" / name).symlink_to(f"../{name}")
    (ROOT / LIBRARIES).mkdir(parents=True, exist_ok=True)
    (to / ".build").mkdir()
    (to / LIBRARIES).symlink_to(ROOT / LIBRARIES)
