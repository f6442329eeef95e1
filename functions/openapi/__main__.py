"""`make openapi` writes the document; a test fails where the committed one is not what this would write."""

import json
import os
from pathlib import Path


def set_up() -> None:
    """An environment in which everything can be imported."""
    config = json.loads(Path(".chalice/config.json").read_text())
    [stage] = config["stages"].values()
    wanted = (name for name in stage["environment_variables"] if not name.startswith("POWERTOOLS_"))
    os.environ |= dict.fromkeys(wanted, "none") | {
        "SYSTEM_QUEUES": "{}",
        "COMMAND_QUEUES": "{}",
        "TRANSPORTS": "{}",
        "FEATURES": "",
        "MAIL_IN": "false",
        "MALWARE_SCAN": "false",
    }


def main() -> None:
    set_up()
    from app import app
    from functions.openapi.document import text
    from functions.openapi.routes import DOCUMENT

    DOCUMENT.write_text(text(app))


if __name__ == "__main__":
    main()
