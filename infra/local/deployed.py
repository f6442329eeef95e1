"""What the local cloud was last deployed from, so that it need not be deployed again while nothing has changed."""

import hashlib
import sys
from importlib.metadata import version
from pathlib import Path

from infra.stage import ROOT

READ = ("app.py", ".chalice/config.json", "functions", "infra", "statemachines", "vendor")
"""What a deploy reads."""
NOTE = "build/deployed-from"


def source(root: Path = ROOT) -> str:
    """A digest of the source and of what deploys it; any change of either shows."""
    made_with = f"{sys.version} {sys.prefix} chalice {version('chalice')} ministack {version('ministack')}"
    digest = hashlib.sha256(made_with.encode())
    for file in sorted(file for name in READ for file in (root / name, *(root / name).rglob("*"))):
        if file.is_file() and file.suffix != ".pyc":
            content = hashlib.sha256(file.read_bytes()).hexdigest()
            digest.update(f"\0{file.relative_to(root)} {content}".encode())
    return digest.hexdigest()


def note(cloud: Path, source: str) -> None:
    (cloud / NOTE).write_text(source)


def forget(cloud: Path) -> None:
    """A deploy begins, and may stop anywhere."""
    (cloud / NOTE).unlink(missing_ok=True)


def last(cloud: Path) -> str | None:
    return (cloud / NOTE).read_text() if (cloud / NOTE).exists() else None
