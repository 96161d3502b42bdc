import pathlib
import socket
import sys

import pytest
from pytest_gatehouse import Options

# The example that README shows is the server under test.
sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "python" / "examples"))


@pytest.fixture(scope="session")
def listener():
    """The MCP server's socket: its address is known before either server starts."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        found.listen()
        yield found


@pytest.fixture(scope="session")
def gatehouse_options(listener, request):
    host, port = listener.getsockname()
    return Options(
        resources=[f"http://{host}:{port}/mcp"],
        scopes=["mcp:read", "mcp:write"],
        upstreams=["github=github-app"],
        binary=request.config.getoption("--gatehouse-binary"),
    )
