"""Read every service as the functions will: `python -m functions.cases` says which file is wrong, and where."""

import sys

from functions.cases.services import ServiceInvalid, all_services


def main() -> None:
    try:
        all_services()
    except ServiceInvalid as refusal:
        sys.exit(str(refusal))


if __name__ == "__main__":
    main()
