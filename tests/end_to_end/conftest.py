"""A private local cloud for each test session, deployed into by the path that AWS is deployed by."""

from collections.abc import Iterator

import pytest

from infra.local import stack
from infra.local.endpoints import Endpoints


@pytest.fixture(scope="session")
def portico(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoints]:
    """The addresses of a running Portico with the demonstration organisation, shared by all tests that leave it up."""
    with stack.running(tmp_path_factory.mktemp("cloud")) as running:
        yield running.endpoints
