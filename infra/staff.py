"""A staff member is added to a stage, or changed there, the first administrator by nobody else.

    python -m infra.staff --stage test --email ada@example.org --name "Ada Byron" --roles administrator

It is written as the functions of the stage write, with their environment and the rights of whoever calls.
"""

import argparse
import os
import subprocess
import sys

from infra import account, project, stacks
from infra.local import cloud, endpoints
from infra.stage import LOCAL, ROOT, StageInvalid, UnknownStage, stage


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stage", required=True)
    parser.add_argument("--endpoint", help="stage local: the emulator, where it is not that of `make run`")
    wish, who = parser.parse_known_args()
    account.use_region()
    try:
        target = stage(wish.stage)
        if target.name == LOCAL:
            cloud.enter(wish.endpoint or endpoints.read(ROOT / ".local").aws_endpoint)
        with account.failures_told():
            outputs = stacks.outputs(f"{target.prefix}-core")
    except (UnknownStage, StageInvalid) as refusal:
        sys.exit(f"{type(refusal).__name__}: {refusal}")
    except endpoints.NotRunning as refusal:
        sys.exit(str(refusal))
    environment = os.environ | project.function_environment(target, outputs)
    done = subprocess.run([sys.executable, "-m", "functions.people", *who], cwd=ROOT, env=environment, check=False)
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
