"""Every door that app.py names can be found, started and watched over by what infra/ declares."""

import importlib
import json
from typing import Any

import pytest

from app import app
from functions.browsers import SECURITY_HEADERS
from infra import functions, rest_api, templates
from infra.project import configuration
from infra.stage import stage

DECLARED = {function.name for function in app.pure_lambda_functions}


@pytest.mark.parametrize("handler", functions.handlers(app))
def test_lambda_finds_every_function_by_its_handler(handler: str) -> None:
    """A decorator that hides a function's name would leave Lambda looking for `wrapper`."""
    module, _, name = handler.rpartition(".")
    assert callable(getattr(importlib.import_module(module), name))


def test_every_function_of_the_app_is_configured_and_no_other() -> None:
    """A new function without a role of its own would run with the API's."""
    assert set(config()["lambda_functions"]) == DECLARED


def test_every_function_is_woken_by_somebody() -> None:
    """By a mapping, a schedule or the state machines: one that nobody wakes is forgotten."""
    woken = json.dumps([templates.triggers(), *(templates.process(name) for name in templates.processes())])
    assert all(f"portico-${{Stage}}-{name}" in woken for name in DECLARED)


def test_the_configuration_names_everything_that_the_settings_ask_for() -> None:
    """Read at the start of every function; a missing value stops it there."""
    from functions.settings import Settings

    environment = config()["environment_variables"]
    assert Settings.read(environment).stage == "local"


def test_what_api_gateway_refuses_has_the_security_headers_of_our_own_answers() -> None:
    """All but the content policy, whose quotes API Gateway can't carry."""
    expected = {name: value for name, value in SECURITY_HEADERS.items() if name != "Content-Security-Policy"}
    assert expected.items() <= rest_api.HEADERS.items()


def test_what_api_gateway_refuses_can_be_read_by_the_portal_and_nobody_else() -> None:
    """One exact origin, never `*` (S19, H3)."""
    responses = rest_api.gateway_responses(stage("test").portal_origin).values()
    named = {each["responseParameters"]["gatewayresponse.header.Access-Control-Allow-Origin"] for each in responses}
    assert named == {"'https://test.portico.example'"}


def config() -> dict[str, Any]:
    outputs = {name: name for name in templates.core()["Outputs"]}
    given: dict[str, Any] = configuration(stage("local"), outputs)["stages"]["local"]
    return given
