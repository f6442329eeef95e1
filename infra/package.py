"""The package of the functions: built by Chalice, given bytecode, and tried out before it is deployed."""

import compileall
import platform
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from py_compile import PycInvalidationMode

from chalice.deploy.packager import LambdaDeploymentPackager

NEVER_READ = (".pyi", "py.typed", ".pyc", "/RECORD", "/WHEEL", "/INSTALLER", "/direct_url.json")
SAME_DATE = (1980, 1, 1, 0, 0, 0)
RUNTIME = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3")
"""What Lambda's runtime brings and the package need not."""

TRY_OUT = """
import importlib, sys
sys.path[:0] = sys.argv[1:3]
for handler in sys.argv[3:]:
    module, _, name = handler.rpartition(".")
    assert callable(getattr(importlib.import_module(module), name)), handler
"""


class PackageBroken(Exception):
    """A function could not be imported from the package that would have been deployed."""


def finish(handlers: Iterable[str], *, with_libraries: bool) -> None:
    """Have Chalice slim each package that it builds, and try it out if it is complete, before it deploys anything."""
    build = LambdaDeploymentPackager.create_deployment_package
    finished: set[str] = set()

    def create_deployment_package(self: LambdaDeploymentPackager, project_dir: str, python_version: str) -> str:
        package = build(self, project_dir, python_version)
        if package not in finished:
            slim(Path(package))
            if with_libraries:
                try_out(Path(package), handlers)
            finished.add(package)
        return package

    LambdaDeploymentPackager.create_deployment_package = create_deployment_package  # type: ignore[method-assign]


def slim(package: Path) -> None:
    """Ship bytecode, which halves the cold start, and leave out what no function reads; same source, same bytes."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        with zipfile.ZipFile(package) as packed:
            packed.extractall(root)
        for file in root.rglob("*"):
            if file.is_file() and str(file).endswith(NEVER_READ):
                file.unlink()
        compileall.compile_dir(
            folder,
            quiet=1,
            stripdir=folder,
            prependdir="/var/task",
            workers=0,
            invalidation_mode=PycInvalidationMode.UNCHECKED_HASH,
        )
        part = package.with_suffix(".part")
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
            for file in sorted(path for path in root.rglob("*") if path.is_file()):
                entry = zipfile.ZipInfo(str(file.relative_to(root)), SAME_DATE)
                entry.external_attr, entry.compress_type = 0o644 << 16, zipfile.ZIP_DEFLATED
                packed.writestr(entry, file.read_bytes(), compresslevel=9)
        part.replace(package)


def try_out(package: Path, handlers: Iterable[str]) -> None:
    """Import every handler from the package, in an interpreter that sees nothing else but Lambda's runtime."""
    with tempfile.TemporaryDirectory() as folder:
        unpacked, runtime = Path(folder, "task"), Path(folder, "runtime")
        with zipfile.ZipFile(package) as packed:
            packed.extractall(unpacked)
        runtime.mkdir()
        for name in RUNTIME:
            found = find_spec(name)
            if found is not None and found.origin is not None:
                origin = Path(found.origin)
                origin = origin.parent if origin.name == "__init__.py" else origin
                (runtime / origin.name).symlink_to(origin)
        tried = subprocess.run(
            [sys.executable, "-I", "-S", "-B", "-c", TRY_OUT, str(unpacked), str(runtime), *handlers],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
    if tried.returncode:
        raise PackageBroken(tried.stderr)


def runs_here(architecture: str) -> bool:
    """Whether compiled parts of a package for Lambda can be loaded by this machine."""
    return platform.system() == "Linux" and platform.machine() == architecture
