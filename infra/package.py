"""The package of the functions: built by Chalice, given libraries and bytecode, and tried out before it is deployed."""

import compileall
import hashlib
import platform
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable
from importlib.util import MAGIC_NUMBER, find_spec
from pathlib import Path
from py_compile import PycInvalidationMode

from chalice.deploy.packager import DependencyBuilder, LambdaDeploymentPackager, MissingDependencyError
from chalice.utils import OSUtils

from infra.stage import ROOT

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
    """The package would lack a library, or a function could not be imported from it; no function was changed."""


def finish(handlers: Iterable[str], *, libraries_for: str | None) -> None:
    """Have Chalice slim its packages; with the libraries for an architecture they are complete, and tried out here."""
    build = LambdaDeploymentPackager.create_deployment_package
    finished: set[str] = set()

    def create_deployment_package(self: LambdaDeploymentPackager, project_dir: str, python_version: str) -> str:
        package = build(self, project_dir, python_version)
        if package not in finished:
            slim(Path(package), libraries(python_version, libraries_for) if libraries_for else None)
            if libraries_for and runs_here(libraries_for):
                try_out(Path(package), handlers)
            finished.add(package)
        return package

    LambdaDeploymentPackager.create_deployment_package = create_deployment_package  # type: ignore[method-assign]


def libraries(python_version: str, architecture: str) -> Path:
    """What requirements.txt names, packed once for all deploys that want the same."""
    wanted, abi = ROOT / "requirements.txt", python_version.replace("python", "cp").replace(".", "")
    made_of = hashlib.sha256(wanted.read_bytes() + Path(__file__).read_bytes() + MAGIC_NUMBER).hexdigest()
    packed = ROOT / f".build/libraries/{abi}-{architecture}-{made_of}.zip"
    if not packed.exists():
        packed.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=packed.parent) as folder:
            root, part = Path(folder, "root"), Path(folder, "part.zip")
            builder = DependencyBuilder(OSUtils(), architecture=architecture)
            try:
                builder.build_site_packages(abi, str(wanted), str(root))
            except MissingDependencyError as error:
                missing = sorted(library.identifier for library in error.missing)
                raise PackageBroken(f"no wheel for {architecture}: {', '.join(missing)}") from None
            _add(root, part)
            part.replace(packed)
    return packed


def slim(package: Path, onto: Path | None = None) -> None:
    """Ship bytecode, which halves the cold start, and leave out what no function reads; same source, same bytes."""
    with tempfile.TemporaryDirectory(dir=package.parent) as folder:
        root, part = Path(folder, "root"), Path(folder, "part.zip")
        with zipfile.ZipFile(package) as packed:
            packed.extractall(root)
        if onto:
            shutil.copy(onto, part)
        _add(root, part)
        part.replace(package)


def _add(root: Path, package: Path) -> None:
    """Add what is in the folder, with its bytecode."""
    for file in root.rglob("*"):
        if file.is_file() and str(file).endswith(NEVER_READ):
            file.unlink()
    compileall.compile_dir(
        root,
        quiet=1,
        stripdir=str(root),
        prependdir="/var/task",
        workers=0,
        invalidation_mode=PycInvalidationMode.UNCHECKED_HASH,
    )
    with zipfile.ZipFile(package, "a", zipfile.ZIP_DEFLATED) as packed:
        for file in sorted(path for path in root.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(str(file.relative_to(root)), SAME_DATE)
            entry.external_attr, entry.compress_type = 0o644 << 16, zipfile.ZIP_DEFLATED
            packed.writestr(entry, file.read_bytes())


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
