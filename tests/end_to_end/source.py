"""A copy of the source, to be deployed from, and changed."""

import shutil
from pathlib import Path

from infra.stage import ROOT

SOURCE = ("app.py", "functions", "infra", "statemachines", ".chalice", "requirements.txt")


def copy_source(to: Path) -> None:
    for name in SOURCE:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, to / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, to)
    (to / "vendor").mkdir()
    for name in ("functions", "statemachines"):
        (to / "vendor" / name).symlink_to(f"../{name}")
