"""Fifteen tests of the server: what it accepts, what it refuses, and what it does when GitHub fails."""

import asyncio

import httpx
import pytest
from fastmcp import Client
from fastmcp.client.auth import BearerAuth
from fastmcp.client.elicitation import ElicitResult
from fastmcp.exceptions import ToolError


def whoami(server, session, person=None):
    async def call():
        async with Client(server, auth=BearerAuth(session.access_token), elicitation_handler=person) as client:
            return (await client.call_tool("whoami", {})).data["login"]

    return asyncio.run(call())


def post(server, token):
    return httpx.post(server, headers={"Authorization": f"Bearer {token}"}, json={})


@pytest.mark.parametrize("user", ["ada", "grace"])
def test_calls_github_for_its_user(gatehouse, server, user):
    assert whoami(server, gatehouse.session(user)) == user


@pytest.mark.parametrize(
    "defect", ["expired", "wrong-audience", "wrong-issuer", "wrong-type", "unsigned", "unknown-key", "changed-payload"]
)
def test_refuses(gatehouse, server, defect):
    answer = post(server, gatehouse.mint(defect))
    assert answer.status_code == 401 and "resource_metadata=" in answer.headers["www-authenticate"]


def test_demands_its_scope(gatehouse, server):
    assert post(server, gatehouse.mint()).status_code not in (401, 403)
    assert post(server, gatehouse.mint(scopes=["mcp:write"])).status_code == 403


def test_names_its_authorization_server(gatehouse, server):
    base, _, path = server.rpartition("/")
    document = httpx.get(f"{base}/.well-known/oauth-protected-resource/{path}").json()
    assert document["authorization_servers"] == [gatehouse.issuer]


def test_survives_a_key_rotation(gatehouse, server):
    gatehouse.rotate_keys()
    assert whoami(server, gatehouse.session()) == "ada"


def test_reports_a_token_that_github_refuses(gatehouse, server):
    session = gatehouse.session()
    assert whoami(server, session) == "ada"
    gatehouse.revoke("ada", tokens="access")
    assert whoami(server, session) == "ada"


def test_says_that_github_is_down(gatehouse, server):
    session = gatehouse.session()
    gatehouse.revoke("ada", tokens="access")
    gatehouse.fault("token-503", times=20)
    with pytest.raises(ToolError):
        whoami(server, session)


def test_a_disconnected_user_connects_in_place(gatehouse, server):
    session = gatehouse.session()
    gatehouse.disconnect(session.subject)

    async def person(message, response_type, params, context):
        await asyncio.to_thread(gatehouse.connect, params.url)
        return ElicitResult(action="accept")

    assert whoami(server, session, person) == "ada"
