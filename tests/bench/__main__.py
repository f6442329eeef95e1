"""`make bench`: the CPU of requests and of cold starts, against the bare calls to AWS that they can't do without."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path

HEAD_WARM = "one request, microseconds of CPU     handler   raw calls   as it comes   reached   aim"
HEAD_COLD = "cold start to first answer, milliseconds of CPU                        reached   aim"
REQUESTS = ("verify", "create", "list of 25", "view of 10", "post", "unread")
AIM_WARM, AIM_API, AIM_EVENTS = 1.1, 1.5, 1.3


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "recorded.json"
        tell("recording the main requests against a whole Portico in memory")
        subprocess.run([sys.executable, "-m", "tests.bench.record", str(file)], check=True, stdout=subprocess.DEVNULL)
        recorded = json.loads(file.read_text())
        os.environ |= recorded["environment"]
        lines = [*warm({name: recorded["requests"][name] for name in REQUESTS}), "", *cold(file)]
    tell("")
    print("\n".join(lines))


def warm(recordings: dict[str, dict[str, object]]) -> list[str]:
    with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):  # where the log goes from now on
        from tests.bench import requests

        return [HEAD_WARM, *(_warm(*taken) for taken in requests.measure(recordings, _counting("requests")))]


def _warm(name: str, handler: float, ours: float, plain: float) -> str:
    return f"  {name:34}{handler:8.0f}{ours:12.0f}{plain:14.0f}{handler / ours:10.2f}{AIM_WARM:6.1f}"


def cold(file: Path) -> list[str]:
    from tests.bench import cold as starts

    taken = starts.measure(file, _counting("cold starts"))
    bare = taken["bare"]
    lines = [HEAD_COLD]
    lines.append(f"  {'bare handler with boto3':34}{bare:8.0f}")
    for title, name, aim in (("API (app, view)", "api", AIM_API), ("event function (publish)", "events", AIM_EVENTS)):
        lines.append(f"  {title:34}{taken[name]:8.0f}{'':26}{taken[name] / bare:10.2f}{aim:6.1f}")
    return lines


def _counting(what: str) -> Callable[[int, int], None]:
    return lambda done, all_: tell(f"{what}: round {done} of {all_}")


def tell(doing: str) -> None:
    """Where it stands: in place on a terminal, a line each elsewhere."""
    if sys.stderr.isatty():
        print(f"\r\033[K{doing}", end="", file=sys.stderr, flush=True)
    elif doing:
        print(doing, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
