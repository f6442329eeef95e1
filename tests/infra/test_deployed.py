"""`make run` deploys again whenever anything has changed that a deploy reads, and only then."""

from collections.abc import Callable
from pathlib import Path

import pytest

from infra.local import deployed
from tests.end_to_end.source import copy_source

CHANGES: dict[str, Callable[[Path], object]] = {
    "code": lambda root: (root / "functions/clock.py").write_text("# another clock"),
    "a new module": lambda root: (root / "functions/new.py").touch(),
    "a module that is gone": lambda root: (root / "functions/clock.py").unlink(),
    "another name": lambda root: (root / "functions/clock.py").rename(root / "functions/watch.py"),
    "a form": lambda root: next((root / "statemachines").glob("*/form.json")).write_text("{}"),
    "a stack": lambda root: (root / "infra/core.yaml").write_text(""),
    "a setting of a stage": lambda root: (root / "infra/stages.toml").write_text(""),
    "the configuration": lambda root: (root / ".chalice/config.json").write_text("{}"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_of_the_source_shows(tmp_path: Path, change: Callable[[Path], object]) -> None:
    copy_source(tmp_path)
    before = deployed.source(tmp_path)
    (tmp_path / "functions/__pycache__").mkdir()
    (tmp_path / "functions/__pycache__/clock.cpython-311.pyc").touch()
    assert deployed.source(tmp_path) == before
    change(tmp_path)
    assert deployed.source(tmp_path) != before


def test_a_deploy_that_begins_is_forgotten_until_it_is_done(tmp_path: Path) -> None:
    """It may stop anywhere; what is there then is of no source."""
    (tmp_path / "build").mkdir()
    deployed.note(tmp_path, "a source")
    assert deployed.last(tmp_path) == "a source"
    deployed.forget(tmp_path)
    assert deployed.last(tmp_path) is None
