"""A tool whose user has to connect an account first: what each answer of the user leads to."""

import asyncio

import pytest
from fastmcp import Client, FastMCP
from fastmcp.client.elicitation import ElicitResult
from fastmcp.exceptions import ToolError
from mcp_types import ElicitResult as WireResult

from gatehouse_mcp import ConnectDeclined, ConnectRequired
from gatehouse_mcp.connect import connects

URI = "https://auth.example.com/connections/connect/abc"


def server(calls, connected):
    app = FastMCP("Test")

    @app.tool
    @connects
    async def whoami():
        calls.append(1)
        if not connected():
            raise ConnectRequired("github", "not_connected", URI)
        return "ada"

    return app


def call(app, action, asked):
    async def person(message, response_type, params, context):
        asked.append(params.url)
        return ElicitResult(action=action)

    async def run():
        async with Client(app, elicitation_handler=person) as client:
            return (await client.call_tool("whoami", {})).content[0].text

    return asyncio.run(run())


def test_a_user_who_connects_continues():
    calls, asked = [], []
    assert call(server(calls, lambda: len(calls) > 1), "accept", asked) == "ada"
    assert asked == [URI] and len(calls) == 2


@pytest.mark.parametrize("action", ["decline", "cancel"])
def test_a_user_who_does_not_agree_ends_the_call(action):
    calls, asked = [], []
    with pytest.raises(ToolError, match="github"):
        call(server(calls, lambda: False), action, asked)
    # Asked once, and not until the client's limit of rounds.
    assert asked == [URI] and len(calls) == 2


class SDKContext:
    def __init__(self, responses):
        self.input_responses = responses


@pytest.mark.parametrize("answer", [WireResult(action="decline"), {"action": "cancel"}])
def test_the_answer_is_read_from_the_context_of_the_official_sdk(answer):
    @connects
    async def tool(ctx):
        raise ConnectRequired("github", "not_connected", URI)

    with pytest.raises(ConnectDeclined) as ended:
        asyncio.run(tool(SDKContext({"connect": answer})))
    assert ended.value.upstream == "github" and ended.value.action in ("decline", "cancel")


@pytest.mark.parametrize("responses", [None, {}, {"other": {"action": "decline"}}, {"connect": {"action": "accept"}}])
def test_anything_else_asks(responses):
    @connects
    async def tool(ctx):
        raise ConnectRequired("github", "reauth_required", URI)

    result = asyncio.run(tool(ctx=SDKContext(responses)))
    assert result.input_requests["connect"].params.url == URI
