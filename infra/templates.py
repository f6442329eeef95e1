"""The CloudFormation templates as they are deployed: the files of this folder, filled in from statemachines/."""

import json
import sys
from pathlib import Path
from typing import Any

import yaml

from infra import asl
from infra.stage import ROOT, Transports, stages

Template = dict[str, Any]


class SystemUnknown(Exception):
    """infra/stages.toml has a transport for an internal system that works on the cases of no service."""


def core(transports: Transports | None = None, *, keeps_data: bool = True) -> Template:
    """What keeps data, with the queues of every internal system."""
    template = _with_systems("core.yaml", transports or {})
    if not keeps_data:
        for resource in template["Resources"].values():
            resource.pop("DeletionPolicy", None)
            resource.pop("UpdateReplacePolicy", None)
    return template


def triggers(transports: Transports | None = None) -> Template:
    """What wakes the functions, with the mapping of every internal system."""
    return _with_systems("triggers.yaml", transports or {})


def process(name: str) -> Template:
    """The state machine of one process."""
    template = _read("process.yaml")
    definition = definition_of(name)
    service = json.loads((ROOT / f"statemachines/{name}/service.json").read_text())
    asl.check(name, definition, service["stages"])
    template["Resources"]["StateMachine"]["Properties"]["DefinitionString"] = json.dumps(definition, ensure_ascii=False)
    return template


def definition_of(process: str) -> dict[str, Any]:
    definition: dict[str, Any] = json.loads((ROOT / f"statemachines/{process}/{process}.asl.json").read_text())
    return definition


def processes() -> list[str]:
    """Each folder of statemachines/ that holds a definition is a process."""
    return sorted(path.parent.name for path in (ROOT / "statemachines").glob("*/*.asl.json"))


def systems() -> list[str]:
    """The internal systems that work on the cases of some service."""
    found = (json.loads(path.read_text()) for path in (ROOT / "statemachines").glob("*/service.json"))
    return sorted({service["system"] for service in found if service.get("system")})


def logical(name: str) -> str:
    """A name as CloudFormation wants it in logical ids: letters and digits."""
    return "".join(word.capitalize() for word in name.replace("_", "-").split("-"))


def _with_systems(file: str, transports: Transports) -> Template:
    if unknown := transports.keys() - set(systems()):
        raise SystemUnknown(", ".join(sorted(unknown)))
    template = _read(file)
    for system in systems():
        folders = ["system"]
        if system in transports:
            folders += ["system/delivered", f"system/{transports[system]['transport']}"]
        for folder in folders:
            if (ROOT / "infra" / folder / file).exists():
                _add(template, _read(f"{folder}/{file}", system=system))
    return template


def _add(template: Template, addition: Template) -> None:
    """A resource that is there already takes the further properties."""
    for section, entries in addition.items():
        known = template.setdefault(section, {})
        for name, entry in entries.items():
            if section == "Resources" and name in known:
                known[name]["Properties"] = known[name]["Properties"] | entry["Properties"]
            else:
                known[name] = entry


def _read(file: str, system: str = "") -> Template:
    text = (ROOT / "infra" / file).read_text()
    text = text.replace("{{system}}", system).replace("{{System}}", logical(system))
    template: Template = yaml.load(text, _Loader)  # noqa: S506 - a safe loader, with CloudFormation's tags added
    return template


class _Loader(yaml.CSafeLoader):
    """YAML with CloudFormation's short functions: !Ref and !Sub become {"Ref": ...} and {"Fn::Sub": ...}."""


def _short_function(loader: _Loader, tag: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)  # type: ignore[arg-type]
    if tag == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {tag if tag in {"Ref", "Condition"} else f"Fn::{tag}": value}


_Loader.add_multi_constructor("!", _short_function)


def main() -> None:
    """Write every template into a folder, for cfn-lint."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.json"):
        old.unlink()
    made = {"core": core(), "triggers": triggers()} | {f"process-{name}": process(name) for name in processes()}
    for each in stages():
        if each.transports:
            made |= {f"core-{each.name}": core(each.transports), f"triggers-{each.name}": triggers(each.transports)}
    for name, template in made.items():
        (folder / f"{name}.json").write_text(json.dumps(template, indent=2))


if __name__ == "__main__":
    main()
