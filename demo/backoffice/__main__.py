"""An internal system that works on the portal's cases and knows nothing of it but two queues.

    python -m demo.backoffice                               beside `make run`; answers by its built-in script
    python -m demo.backoffice --script rules.json           by another one (demo/backoffice/rules.py says how)
    python -m demo.backoffice --complete repair=REPAIRED    and completes each task of the stage `repair` so
    python -m demo.backoffice --by-hand                     you are the internal system; type `help`
    python -m demo.backoffice --to URL --from URL --region eu-west-1    anywhere, with your AWS credentials

It keeps a twin of every case, prints each event on a line, and deletes a message only after it was dealt with.
"""

import argparse
import json
import sys
from functools import partial
from pathlib import Path

from demo.backoffice import queues, rules, twins
from demo.backoffice.desk import Desk
from demo.backoffice.queues import Queues
from demo.backoffice.rules import Rule, ScriptInvalid
from demo.backoffice.system import Backoffice
from demo.backoffice.twins import Taken, Twins

ENDPOINTS = Path(".local/endpoints.json")


def main() -> None:
    wish = _arguments()
    try:
        script = (*rules.read(wish.script), *wish.complete)
        if wish.arriving:
            attached = queues.at(wish.arriving, wish.leaving, endpoint=wish.endpoint, region=wish.region)
            _play(attached, script, Twins(), by_hand=wish.by_hand)
            return
        attached = queues.local(json.loads(wish.endpoints.read_text()))
        with twins.in_folder(wish.endpoints.parent) as known:
            _play(attached, script, known, by_hand=wish.by_hand)
    except FileNotFoundError:
        sys.exit("Portico does not run here. Start it with `make run`, or name two queues with --to and --from.")
    except (Taken, ScriptInvalid) as refusal:
        sys.exit(str(refusal))
    except KeyboardInterrupt:
        print()


def _play(attached: Queues, script: tuple[Rule, ...], known: Twins, *, by_hand: bool) -> None:
    if by_hand:
        Desk(attached, known).cmdloop()
        return
    print(f"Working on the cases of the portal, by {len(script)} rules. Ctrl-C ends it.", flush=True)
    Backoffice(attached, script, known, partial(print, flush=True)).work_on()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "python -m demo.backoffice", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--endpoints", type=Path, default=ENDPOINTS, help="the addresses of the running local cloud")
    parser.add_argument(
        "--to", metavar="URL", dest="arriving", help="the queue that tells this system what has happened"
    )
    parser.add_argument("--from", metavar="URL", dest="leaving", help="the queue in which this system asks")
    parser.add_argument("--endpoint", metavar="URL", help="of SQS, with --to and --from, where it is not that of AWS")
    parser.add_argument("--region", help="of the two queues")
    parser.add_argument("--script", type=Path, default=rules.BUILT_IN, help="the rules to answer by")
    parser.add_argument(
        "--complete",
        metavar="STAGE=OUTCOME",
        type=_completion,
        action="append",
        default=[],
        help="may come several times",
    )
    parser.add_argument("--by-hand", action="store_true", help="you answer, at a prompt or by lines on stdin")
    wish = parser.parse_args()
    if bool(wish.arriving) != bool(wish.leaving):
        parser.error("--to and --from come together")
    return wish


def _completion(text: str) -> Rule:
    stage, _, outcome = text.partition("=")
    if not stage or not outcome:
        raise argparse.ArgumentTypeError(f"{text} is not STAGE=OUTCOME")
    return rules.completing(stage, outcome)


if __name__ == "__main__":
    main()
