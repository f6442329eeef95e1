"""The calls to AWS that Portico makes, as botocore tells of them; those of the tests themselves are not among them."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import CodeType
from typing import Any

from functions import aws

FUNCTIONS = Path(aws.__file__).parent
WRAPPERS = ("http.py", "failures.py")
"""What is around every door."""
SERVICES = ("dynamodb", "s3", "sqs", "sesv2", "secretsmanager", "stepfunctions")


@dataclass(frozen=True)
class Call:
    operation: str
    """As AWS names it: `dynamodb.Query`."""
    site: str
    """The function of ours that makes it: `table.py commit`."""
    door: str
    """The function of ours through which the work came in."""
    body: Any = None

    def __str__(self) -> str:
        return f"{self.operation} in {self.site} (from {self.door})"


@contextmanager
def hooked(hooks: Mapping[str, Callable[..., Any]]) -> Iterator[None]:
    """Call each hook, ahead of all others, on botocore's event of that name, for every client of ours."""
    emitters = {service: aws.client(service).meta.events for service in SERVICES}
    for service, emitter in emitters.items():
        for name, hook in hooks.items():
            emitter.register_first(f"{name}.{service}", hook, unique_id=f"{id(hooks)}-{name}")
    try:
        yield
    finally:
        for service, emitter in emitters.items():
            for name in hooks:
                emitter.unregister(f"{name}.{service}", unique_id=f"{id(hooks)}-{name}")


@contextmanager
def recorded() -> Iterator[list[Call]]:
    """The calls made inside the block."""
    calls: list[Call] = []

    def note(model: Any, params: Any, **_: Any) -> None:
        calls.append(call_of(model, params))

    with hooked({"before-call": note}):
        yield calls


def call_of(model: Any, params: Any) -> Call:
    """Who makes the call that botocore is about to send."""
    ours = _frames()
    return Call(f"{model.service_model.service_name}.{model.name}", ours[0], ours[-1], params.get("body"))


def _frames() -> list[str]:
    """Our functions on the stack, innermost first."""
    found, frame = [], sys._getframe()
    while frame := frame.f_back:  # type: ignore[assignment]
        if ours := _site(frame.f_code):
            found.append(ours)
    return found


@cache
def _site(code: CodeType) -> str | None:
    path = Path(code.co_filename)
    if not path.is_relative_to(FUNCTIONS) or path.name in WRAPPERS:
        return None
    return f"{path.relative_to(FUNCTIONS)} {code.co_qualname}"
