"""The folder that Chalice deploys a stage from: what ships, and a configuration of its own."""

import json
import shutil
from pathlib import Path
from string import Template
from typing import Any

from infra import templates
from infra.stage import ROOT, Stage


def lay_out(folder: Path, stage: Stage, outputs: dict[str, str], *, clock: Path | None) -> None:
    """Make `folder` a Chalice project of this stage. `clock` moves the time that rules see (local cloud only)."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / ".chalice").mkdir(parents=True)
    shutil.copy(ROOT / "app.py", folder)
    shutil.copytree(ROOT / "vendor", folder / "vendor", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "requirements.txt").touch()  # our code alone: infra/package.py adds the libraries
    config = configuration(stage, outputs)
    if clock is not None:
        config["stages"][stage.name]["environment_variables"]["CLOCK_FILE"] = str(clock)
    (folder / ".chalice/config.json").write_text(json.dumps(config, indent=2))


def configuration(stage: Stage, outputs: dict[str, str]) -> dict[str, Any]:
    """.chalice/config.json with its placeholders filled from the stage's settings and the outputs of its stack."""
    values = outputs | {
        "Stage": stage.name,
        "Architecture": stage.architecture,
        "MailSender": stage.mail_sender,
        "MailIn": str(stage.mail_in).lower(),
        "MalwareScan": str(stage.malware_scan).lower(),
        "PortalName": stage.portal_name,
        "Features": stage.features,
        "PortalUrl": stage.portal_url,
        "Transports": json.dumps(stage.transports),
        "SystemQueues": json.dumps({name: outputs[f"To{templates.logical(name)}Url"] for name in templates.systems()}),
        "CommandQueues": json.dumps({name: outputs[f"From{templates.logical(name)}Url"] for name in stage.transports}),
    }
    config: dict[str, Any] = _filled(json.loads((ROOT / ".chalice/config.json").read_text()), values)
    return config


def function_environment(stage: Stage, outputs: dict[str, str]) -> dict[str, str]:
    """The environment that the functions of the stage run with."""
    environment: dict[str, str] = configuration(stage, outputs)["stages"][stage.name]["environment_variables"]
    return environment


def _filled(node: Any, values: dict[str, str]) -> Any:
    """Replace ${Name} everywhere, in keys too; a name without a value is an error, never an empty text."""
    if isinstance(node, dict):
        return {_filled(key, values): _filled(value, values) for key, value in node.items()}
    return Template(node).substitute(values) if isinstance(node, str) else node
