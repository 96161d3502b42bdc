"""The example server, tested as its author would: 20 lines of fixture, then one line a claim."""

import asyncio
import importlib
import threading

import httpx
import pytest
import uvicorn
from fastmcp import Client
from fastmcp.client.auth import BearerAuth
from fastmcp.client.elicitation import ElicitResult

DEFECTS = [
    "expired", "not-yet-valid", "wrong-audience", "wrong-issuer", "wrong-type", "missing-type", "missing-expiry", "unsigned",
    "public-key-as-secret", "unknown-key", "foreign-key", "changed-payload", "missing-key-id", "unknown-critical-header",
]


@pytest.fixture(scope="session")
def server(gatehouse_server, listener):
    resource = gatehouse_server.resource
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ISSUER", gatehouse_server.issuer)
        patch.setenv("RESOURCE", resource.uri)
        patch.setenv("CLIENT_ID", resource.client_id)
        patch.setenv("CLIENT_SECRET", resource.client_secret)
        patch.setenv("GITHUB_API", gatehouse_server.provider() + "/oauth2/user")
        app = importlib.import_module("github_server").app
    running = uvicorn.Server(uvicorn.Config(app, log_level="critical"))
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    yield resource.uri
    running.should_exit = True
    thread.join(5)


async def whoami(server, session, handler=None):
    async with Client(server, auth=BearerAuth(session.access_token), elicitation_handler=handler) as client:
        return (await client.call_tool("whoami", {})).data


def status(server, token):
    answer = httpx.post(server, headers={"Authorization": f"Bearer {token}"}, json={})
    return answer.status_code, answer.headers.get("www-authenticate", "")


def test_calls_github_for_its_user(gatehouse, server):
    assert asyncio.run(whoami(server, gatehouse.session()))["login"] == "ada"
    assert asyncio.run(whoami(server, gatehouse.session("grace")))["login"] == "grace"


@pytest.mark.parametrize("defect", DEFECTS)
def test_refuses(gatehouse, server, defect):
    code, challenge = status(server, gatehouse.mint(defect))
    assert code == 401 and "resource_metadata=" in challenge


def test_every_defect_is_tested(gatehouse):
    assert sorted(gatehouse.defects()) == sorted(DEFECTS)


def test_accepts_a_right_token_and_demands_its_scope(gatehouse, server):
    assert status(server, gatehouse.mint())[0] not in (401, 403)
    assert status(server, gatehouse.mint(scopes=["mcp:write"]))[0] == 403


def test_metadata_names_the_issuer_exactly(gatehouse, server):
    base, _, path = server.rpartition("/")
    document = httpx.get(f"{base}/.well-known/oauth-protected-resource/{path}").json()
    assert document["resource"] == server and document["authorization_servers"] == [gatehouse.issuer]


def test_survives_a_key_rotation(gatehouse, server):
    for _ in range(2):
        gatehouse.rotate_keys()
        assert asyncio.run(whoami(server, gatehouse.session()))["login"] == "ada"


def test_recovers_when_the_api_refuses_the_token(gatehouse, server):
    session = gatehouse.session()
    assert asyncio.run(whoami(server, session))["login"] == "ada"
    # GitHub forgets the access token; the refresh token remains valid.
    gatehouse.revoke("ada", tokens="access")
    assert asyncio.run(whoami(server, session))["login"] == "ada"


def test_a_disconnected_user_connects_in_place(gatehouse, server):
    session = gatehouse.session()
    gatehouse.disconnect(session.subject)
    opened = []

    async def person(message, response_type, params, context):
        opened.append(params.url)
        # The test's own loop must not wait for the page, as an application's must not.
        await asyncio.to_thread(gatehouse.connect, params.url)
        return ElicitResult(action="accept")

    assert asyncio.run(whoami(server, session, person))["login"] == "ada"
    assert len(opened) == 1 and opened[0].startswith(gatehouse.issuer)
