"""The fixtures. Each worker of pytest-xdist has a server of its own."""

from collections.abc import Iterator

import pytest

from .server import GatehouseProcess, Options


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--gatehouse-binary", help="the gatehouse program, instead of the one on the path")


@pytest.fixture(scope="session")
def gatehouse_options(request: pytest.FixtureRequest) -> Options:
    """Override this fixture to start the server with other resources, scopes, providers or keys."""
    return Options(binary=request.config.getoption("--gatehouse-binary"))


@pytest.fixture(scope="session")
def gatehouse_server(gatehouse_options: Options) -> Iterator[GatehouseProcess]:
    """The server of this test run."""
    with GatehouseProcess(gatehouse_options) as server:
        yield server


@pytest.fixture
def gatehouse(gatehouse_server: GatehouseProcess) -> Iterator[GatehouseProcess]:
    """The server, reset after the test: no test sees what another one did."""
    yield gatehouse_server
    gatehouse_server.reset()
