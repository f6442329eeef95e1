"""Whether the timelines of cases are as they were written.

    python -m infra.verify SR-2026-000001 [case_… …] --as ingrid.voss@portico.example [--api https://…]

The first entry that was changed, taken out or put in is named, and the exit code is 1. Note the newest link somewhere
else: it shows later whether everything up to there was made anew.
"""

import argparse
import sys
import urllib.parse

from infra.administrator import OK, Ask, NotSignedIn, client, name_administrator
from infra.local.endpoints import NotRunning

IS = {
    "changed": "was changed, or does not follow from the one before it",
    "missing": "is missing",
    "added": "does not belong there",
}


def verify(case: str, ask: Ask) -> tuple[bool, str]:
    """Whether the chain of the case is whole, and the line that says so."""
    address, onwards, erased = f"/v1/admin/cases/{urllib.parse.quote(case, safe='')}/verification", "", 0
    while True:
        answer = ask("GET", address + onwards, None)
        if answer.status != OK:
            return False, f"{case}: {answer.why}"
        found = answer.body
        erased += found["erased"]
        if found["after"] is None:
            break
        onwards = f"?after={found['after']}"
    if broken := found["broken"]:
        kind = f" ({broken['type']})" if broken["type"] else ""
        return False, f"{found['number']}: chain BROKEN: entry {broken['sequence']}{kind} {IS[broken['found']]}"
    without = f", {erased} of them erased" if erased else ""
    return True, f"{found['number']}: chain OK, {found['entries']} entries{without}; newest link {found['link']}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="+", help="numbers or ids")
    name_administrator(parser)
    wish = parser.parse_args()
    try:
        ask = client(wish.email, wish.api)
        results = [verify(case, ask) for case in wish.cases]
    except (NotSignedIn, NotRunning, OSError) as failure:
        sys.exit(str(failure))
    for _, line in results:
        print(line)
    sys.exit(0 if all(is_whole for is_whole, _ in results) else 1)


if __name__ == "__main__":
    main()
