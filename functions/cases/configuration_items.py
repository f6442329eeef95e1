"""Configuration items: the things that customers use, and that a case can be about. Rules only, no I/O."""

from pydantic import ConfigDict

from functions.errors import FieldError, Invalid
from functions.events import Frozen
from functions.people.model import Party, Person
from functions.text import Id, Line


class ConfigurationItemNotAvailable(Invalid):
    """Unknown, or connected neither with the contact nor with their department or account (C12)."""

    def __init__(self) -> None:
        error = FieldError(
            pointer="/configuration_item_id", code="not_available", message="is not available to this customer"
        )
        super().__init__("This configuration item is not available.", errors=[error])


class ConfigurationItem(Frozen):
    """Something that cases can be about (C12)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"configuration_item_id": "router-1", "name": "Router 1", "owner": {"kind": "account", "id": "acme"}}
            ]
        }
    )

    configuration_item_id: Id
    name: Line
    owner: Party


def owned_item(item: ConfigurationItem | None, person: Person) -> ConfigurationItem:
    """The item. Raise `ConfigurationItemNotAvailable` where it is not theirs to name (C12)."""
    if item is None or item.owner not in person.parties:
        raise ConfigurationItemNotAvailable
    return item
