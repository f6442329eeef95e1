"""`app.py` is the map: what is built is on it, what is on it works, and every door has what it needs behind it."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from app import app
from functions.events import TYPES
from functions.sync.commands import COMMANDS
from functions.sync.follow_ups import FOLLOW_UPS
from tests.world import World

ROOT = Path(__file__).parents[1]
FUNCTIONS = ROOT / "functions"
ROUTES = [(method, path) for path, methods in sorted(app.routes.items()) for method in sorted(methods)]
DOORS = {handler.handler_string: handler.name for handler in app.pure_lambda_functions}
UNKNOWN_CALLER = {(401, "not_signed_in"), (422, "validation_failed")}
"""A body that breaks a rule may be refused before its sender is known; that tells nothing."""
SOURCES = sorted(FUNCTIONS.rglob("*.py"))


def operation(method: str, path: str) -> object:
    return getattr(app.routes[path][method].view_function, "operation", None)


def test_the_doors_besides_http_are_these() -> None:
    """Their names are what state machines and event source mappings call."""
    assert set(DOORS.values()) == {
        "publish",
        "receive_commands",
        "workflow",
        "send_mail",
        "deliver_events",
        "receive_mail",
        "receive_upload",
        "sweep",
    }


def test_every_door_in_the_folders_is_on_the_map() -> None:
    """A function that is declared and not registered would never be deployed."""
    declared = {name for path in SOURCES for name in re.findall(r'\.lambda_function\(name="(\w+)"\)', path.read_text())}
    assert declared == set(DOORS.values())
    routes = sum(path.read_text().count("@routes.route(") for path in SOURCES)
    assert routes == len(ROUTES)


def test_a_door_is_reached_without_the_map() -> None:
    """Lambda imports a door's own module, and never `app.py` with all the routes."""
    program = [
        "import sys",
        "from importlib import import_module",
        *(f"assert callable(import_module('{m}').{f})" for m, f in (door.rsplit(".", 1) for door in DOORS)),
        "assert 'app' not in sys.modules",
        "assert not [name for name in sys.modules if name.startswith('functions') and name.endswith('.routes')]",
    ]
    subprocess.run([sys.executable, "-c", "\n".join(program)], cwd=ROOT, check=True)


def test_every_event_has_its_follow_ups() -> None:
    """The dictionary is complete: nobody adds an event without saying what follows from it."""
    assert set(FOLLOW_UPS) == TYPES


def test_every_command_has_somebody_who_obeys() -> None:
    """Each with the shape of its wish."""
    assert set(COMMANDS) == {
        "case.create",
        "case.link",
        "message.post",
        "attachment.add",
        "case.set_status",
        "task.complete",
        "task.assign",
    }
    assert all(callable(action) for _, action in COMMANDS.values())


@pytest.mark.parametrize(("method", "path"), ROUTES, ids=str)
def test_every_route_asks_for_a_session_unless_it_is_public(world: World, method: str, path: str) -> None:
    """401 before anything else is looked at (A9, A18)."""
    described = operation(method, path)
    answer = world.gateway(method, re.sub(r"{\w+}", "x", path), {} if method in ("POST", "PUT") else None)
    if path in ("/v1/openapi.json", "/v1/asyncapi.json") or described.public:  # type: ignore[attr-defined]
        assert answer.status != 401
    else:
        assert (answer.status, answer.code) in UNKNOWN_CALLER
        assert world.items() == []


def test_only_settings_read_the_environment() -> None:
    """Read once and checked at the start; elsewhere it would be missed too late."""
    readers = {path.name for path in SOURCES if re.search(r"\b(environ|getenv)\b", _code(path))}
    assert readers <= {"settings.py", "__main__.py"}


def test_whoever_catches_everything_says_why() -> None:
    """`except Exception` either passes it on or stands there with its reason."""
    for path in SOURCES:
        source = path.read_text()
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.ExceptHandler) and (node.type is None or ast.unparse(node.type) in CATCH_ALL):
                reason = re.search(r"# noqa: BLE001 \(.+\)", source.splitlines()[node.lineno - 1])
                passed_on = isinstance(node.body[-1], ast.Raise)
                assert reason or passed_on, f"{path}:{node.lineno}"


CATCH_ALL = {"Exception", "BaseException"}


def test_every_file_is_named_by_its_subject() -> None:
    """No drawer for what belongs nowhere (style 4)."""
    drawers = {"utils", "util", "helpers", "helper", "common", "misc", "constants", "types", "service"}
    everywhere = [path for folder in ("functions", "infra", "tests") for path in (ROOT / folder).rglob("*.py")]
    assert [path for path in everywhere if path.stem in drawers] == []


def _code(path: Path) -> str:
    """The source without its docstrings and comments."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            node.value = ast.Constant(None)
    return ast.unparse(tree)
