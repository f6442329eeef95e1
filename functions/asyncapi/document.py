"""The AsyncAPI 3.0 document: every event that leaves and every command that is taken, with its JSON Schema."""

import inspect
from collections.abc import Collection, Iterator
from typing import Any, get_args

from pydantic import TypeAdapter

from functions.cases.deadlines import Deadline
from functions.cases.model import Case
from functions.events import Actor, Attachment, CommandRejected, Frozen, What
from functions.openapi.document import REF, Problem, Untitled, published
from functions.sync.cloudevents import (
    CREATES,
    PRIVATE,
    REPLIED,
    SPEC,
    TOLD_OF_DEADLINES,
    WITHOUT_CASE,
    dataschema,
)
from functions.sync.commands import COMMANDS

Node = dict[str, Any]

ABOUT = """What an internal system is told, and what it may ask: CloudEvents 1.0 in structured JSON.

Each system has a pair of FIFO queues (Amazon SQS). The message group is the case; events are deduplicated by their
id, commands by theirs. A system that reads no queue gets the same events by webhook or by mail, and may send the same
commands to `POST /v1/sync/{system}/commands` (see the OpenAPI document). Members may be added to events, so a reader
must not mind those that it does not know."""

TEXT: Node = {"type": "string"}
TIME: Node = {"type": "string", "format": "date-time"}


def document() -> Node:
    definitions = _definitions()
    told = {what.model_fields["type"].default: what for what in get_args(What)}
    schemas = {f"{name}.data": _data(what, definitions) for name, what in told.items()}
    schemas |= {f"{name}": _event(name) for name in told}
    schemas |= {WITHOUT_CASE: _reply(), f"{WITHOUT_CASE}.data": _reply_data(definitions)}
    schemas |= {f"{name}.command": _command(name, shape.__name__) for name, (shape, _) in COMMANDS.items()}
    messages = {name: _message(f"portico.{name}.v1", what.__doc__, name) for name, what in told.items()}
    messages[WITHOUT_CASE] = _message(
        "portico.command.rejected.v1", "A command named no case of the system's own.", WITHOUT_CASE
    )
    asked = {
        f"{name}.command": _message(f"portico.{name}.v1", inspect.getdoc(action), f"{name}.command")
        for name, (_, action) in COMMANDS.items()
    }
    definitions["CaseState"] = _state(definitions)
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Portico", "version": "1", "description": ABOUT},
        "defaultContentType": "application/json",
        "channels": {
            "to": _channel("portico-{stage}-to-{system}.fifo", "What the system is told.", messages),
            "from": _channel("portico-{stage}-from-{system}.fifo", "What the system asks for.", asked),
        },
        "operations": {
            "tell": {"action": "send", "channel": {"$ref": "#/channels/to"}},
            "obey": {"action": "receive", "channel": {"$ref": "#/channels/from"}},
        },
        "components": {
            "messages": messages | asked,
            "schemas": dict(sorted((schemas | _needed(schemas, definitions)).items())),
        },
    }


def text() -> str:
    return published(document())


def _definitions() -> Node:
    """Of all that has a model, by its name."""
    said: list[Any] = [*get_args(What), Actor, Case, Deadline, Problem]
    asked = [shape for shape, _ in COMMANDS.values()]
    adapters: list[Any] = [(model, "serialization", TypeAdapter(model)) for model in said]
    adapters += [(model, "validation", TypeAdapter(model)) for model in asked]
    _, found = TypeAdapter.json_schemas(adapters, ref_template=REF, schema_generator=Untitled)
    definitions: Node = found["$defs"]  # what is told may have further members some day, what is asked may not
    for name in definitions.keys() - {shape.__name__ for shape in asked}:
        definitions[name].pop("additionalProperties", None)
    return definitions


def _event(name: str) -> Node:
    """The envelope of an event of a case."""
    properties = _envelope(name, name) | {
        "sequence": {"type": "string", "pattern": "^[0-9]{12}$", "description": "Of the case's events, from 1."},
        "correlationid": TEXT,
        "causationid": {"type": "string", "description": "The id of the command that it follows from."},
    }
    return _object(properties, {"causationid"})


def _reply() -> Node:
    return _object(_envelope("command.rejected", WITHOUT_CASE) | {"causationid": TEXT}, {"subject"})


def _envelope(name: str, schema: str) -> Node:
    return {
        "specversion": {"const": SPEC},
        "id": TEXT,
        "source": {"type": "string", "format": "uri-reference"},
        "type": {"const": f"portico.{name}.v1"},
        "subject": {"type": "string", "description": "The id of the case."},
        "time": TIME,
        "datacontenttype": {"const": "application/json"},
        "dataschema": {"const": dataschema(schema)},
        "data": _reference(f"{schema}.data"),
    }


def _data(what: type[Frozen], definitions: Node) -> Node:
    """What has happened, by whom, and the case as it was when it was told."""
    own = {field: schema for field, schema in definitions[what.__name__]["properties"].items() if field != "type"}
    if "attachments" in own:
        link = {"href": {"type": "string", "format": "uri-reference", "description": "As seen from the API's address."}}
        own["attachments"] = {
            "type": "array",
            "items": _object(definitions[Attachment.__name__]["properties"] | link),
        }
    properties = own | {
        "actor": _reference("Actor"),
        "internal_ref": {"anyOf": [TEXT, {"type": "null"}]},
        "case": _reference("CaseState"),
    }
    return _object(properties, _left_out(what))


def _reply_data(definitions: Node) -> Node:
    own = definitions[CommandRejected.__name__]["properties"]
    properties = {name: own[name] for name in sorted(REPLIED)}
    return _object(properties)


def _state(definitions: Node) -> Node:
    """A case as its internal system sees it."""
    case, deadline = definitions["Case"], definitions["Deadline"]["properties"]
    told = {name: schema for name, schema in case["properties"].items() if name not in PRIVATE}
    due = _object({name: deadline[name] for name in sorted(TOLD_OF_DEADLINES)} | {"paused": {"type": "boolean"}})
    properties = told | {"deadlines": {"type": "array", "items": due}, "closes_at": TIME}
    return _object(properties, {"closes_at", *_left_out(Case)})


def _command(name: str, shape: str) -> Node:
    """The envelope of a command; CloudEvents allows further attributes."""
    properties = {
        "specversion": {"const": SPEC},
        "id": {"type": "string", "minLength": 1, "description": "Of the system's choice; obeyed once."},
        "source": TEXT,
        "type": {"const": f"portico.{name}.v1"},
        "subject": {"type": "string", "description": "The id of the case."},
        "time": TIME,
        "datacontenttype": {"const": "application/json"},
        "data": _reference(shape),
    }
    if name == CREATES:  # about no case yet, it is refused with one
        del properties["subject"]
    return _object(properties, {"source", "time", "datacontenttype"})


def _left_out(model: type[Frozen]) -> set[str]:
    """The fields that are not there where they have nothing to say."""
    return {name for name, field in model.model_fields.items() if field.exclude_if}


def _object(properties: Node, optional: Collection[str] = ()) -> Node:
    return {
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in optional],
    }


def _message(name: str, about: str | None, schema: str) -> Node:
    return {
        "name": name,
        "summary": " ".join((about or name).split("\n\n", maxsplit=1)[0].split()),
        "contentType": "application/json",
        "payload": _reference(schema),
    }


def _channel(address: str, about: str, messages: Node) -> Node:
    return {
        "address": address,
        "description": about,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
        "parameters": {
            "stage": {"description": "The deployment."},
            "system": {"description": "The name of the internal system."},
        },
    }


def _reference(name: str) -> Node:
    return {"$ref": f"#/components/schemas/{name}"}


def _needed(schemas: Node, definitions: Node) -> Node:
    """The definitions that the schemas refer to, and those that these refer to."""
    found: Node = {}
    waiting = [name for name in _referred(schemas) if name in definitions]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = definitions[name]
            waiting += [other for other in _referred(definitions[name]) if other in definitions]
    return found


def _referred(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"].rpartition("/")[2]
        for inner in node.values():
            yield from _referred(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _referred(inner)
