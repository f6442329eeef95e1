"""What is deployed starts fast, and a package that can't run is not deployed."""

import zipfile
from pathlib import Path

import pytest

from infra import package


@pytest.fixture
def built(tmp_path: Path) -> Path:
    file = tmp_path / "built.zip"
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("doors.py", "import json\nimport boto3\n\ndef open_door(event, context):\n    return json\n")
        packed.writestr("library/py.typed", "")
        packed.writestr("library/__pycache__/old.cpython-311.pyc", b"stale")
    return file


def test_a_slimmed_package_ships_bytecode_and_nothing_that_is_never_read(built: Path) -> None:
    """Bytecode that is trusted without looking at its source's date halves the cold start."""
    package.slim(built)
    with zipfile.ZipFile(built) as packed:
        [source, bytecode] = sorted(packed.namelist(), reverse=True)
        assert (source, bytecode.partition(".")[0]) == ("doors.py", "__pycache__/doors")
        assert packed.read(bytecode)[4:8] == b"\x01\x00\x00\x00"  # hash-based and unchecked (PEP 552)


def test_the_same_source_makes_the_same_package(built: Path) -> None:
    """So a package can be compared with what runs."""
    package.slim(built)
    first = built.read_bytes()
    package.slim(built)
    assert built.read_bytes() == first


def test_our_code_is_added_to_the_libraries_as_they_were_packed(built: Path, tmp_path: Path) -> None:
    """They are packed once for all deploys that want the same, so a deploy works on our own code alone."""
    libraries = tmp_path / "libraries.zip"
    with zipfile.ZipFile(libraries, "w") as packed:
        packed.writestr("library/__init__.py", "")
    as_packed = libraries.read_bytes()
    package.slim(built, onto=libraries)
    with zipfile.ZipFile(built) as packed:
        assert {"library/__init__.py", "doors.py"} < set(packed.namelist())
    assert libraries.read_bytes() == as_packed


def test_a_package_whose_functions_can_be_imported_passes(built: Path) -> None:
    """boto3 need not be in it: Lambda brings it along."""
    package.try_out(built, ["doors.open_door"])


@pytest.mark.parametrize("handler", ["doors.no_such_door", "functions.sync.publish.publish"])
def test_a_package_that_lacks_a_function_is_refused(built: Path, handler: str) -> None:
    """A package without our folder, as a checkout without symbolic links makes it, must not reach Lambda."""
    with pytest.raises(package.PackageBroken):
        package.try_out(built, [handler])
