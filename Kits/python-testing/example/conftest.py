"""Where the server under test is, and how it is started. Each worker of pytest-xdist has both servers."""

import socket
import threading

import pytest
import uvicorn
from pytest_gatehouse import Options

import github_tools


@pytest.fixture(scope="session")
def listener():
    with socket.create_server(("127.0.0.1", 0)) as found:
        yield found


@pytest.fixture(scope="session")
def gatehouse_options(listener, request):
    address = "http://{}:{}/mcp".format(*listener.getsockname())
    binary = request.config.getoption("--gatehouse-binary")
    return Options(resources=[address], upstreams=["github=github-app"], scopes=["mcp:read", "mcp:write"], binary=binary)


@pytest.fixture(scope="session")
def server(gatehouse_server, listener):
    resource = gatehouse_server.resource
    app = github_tools.create(
        api=gatehouse_server.provider() + "/oauth2/user",
        issuer=gatehouse_server.issuer,
        resource=resource.uri,
        client_id=resource.client_id,
        client_secret=resource.client_secret,
    )
    running = uvicorn.Server(uvicorn.Config(app, log_level="critical"))
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    yield resource.uri
    running.should_exit = True
    thread.join(5)
