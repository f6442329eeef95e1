"""The CPU from the start of a process to its first answer, against a bare handler that makes one call to DynamoDB."""

import os
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[2]
ROUNDS = 11

BEGIN = """
import json, sys, time
recorded = json.load(open(sys.argv[1]))["requests"][sys.argv[2]]
from tests.bench.wire import Wire
wire = Wire()
wire.install()
wire.answer_with(recorded["calls"])
class Context:
    aws_request_id = function_name = function_version = invoked_function_arn = "x"
    memory_limit_in_mb = 1024
"""
END = """
import os
os.write(2, str(time.process_time() * 1e3).encode())
"""
BARE = """
import boto3
client = boto3.client("dynamodb")
def handler(event, context):
    found = client.query(**recorded["calls"][-1]["params"])
    return {"statusCode": 200, "body": json.dumps(found["Items"])}
wire.answer_with(recorded["calls"][-1:])
handler(recorded["event"], Context())
"""
API = """
from app import app
assert app(recorded["event"], Context())["statusCode"] == 200
"""
EVENTS = """
from functions.sync.publish import publish
publish(recorded["event"], Context())
"""
PROGRAMS = {"bare": (BARE, "unread"), "api": (API, "view of 10"), "events": (EVENTS, "publish")}
"""What starts, and the recording that it meets."""


def measure(file: Path, progress: Callable[[int, int], None]) -> dict[str, float]:
    """Milliseconds, median."""
    taken: dict[str, list[float]] = {name: [] for name in PROGRAMS}
    for turn in range(-1, ROUNDS):
        for name, (program, recording) in PROGRAMS.items():
            milliseconds = _run(program, file, recording)
            if turn >= 0:  # the first round writes bytecode
                taken[name].append(milliseconds)
        progress(turn + 1, ROUNDS)
    return {name: median(times) for name, times in taken.items()}


def _run(program: str, file: Path, recording: str) -> float:
    """In a new interpreter, without the start-up files of this environment."""
    paths = {str(ROOT), sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    done = subprocess.run(
        [sys.executable, "-S", "-c", BEGIN + program + END, str(file), recording],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    return float(done.stderr)
