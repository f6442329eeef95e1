"""Whether what leaves is as the AsyncAPI document says."""

import json
from typing import Any

from jsonschema_rs import Draft202012Validator

from functions.asyncapi.routes import DOCUMENT

DESCRIPTION: dict[str, Any] = json.loads(DOCUMENT.read_text())
SCHEMAS: dict[str, Any] = DESCRIPTION["components"]["schemas"]


def check(name: str, told: Any) -> None:
    """It is as the schema of that name says, with no member at any known place that the schema does not know."""
    schema = {"$ref": f"#/components/schemas/{name}", "components": DESCRIPTION["components"]}
    Draft202012Validator(schema, validate_formats=True).validate(told)
    assert told.keys() <= SCHEMAS[name]["properties"].keys()
    if "case" in told.get("data", {}):
        assert told["data"].keys() <= SCHEMAS[f"{name}.data"]["properties"].keys()
        assert told["data"]["case"].keys() <= SCHEMAS["CaseState"]["properties"].keys()
