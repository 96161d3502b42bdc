"""An MCP server with one tool that calls GitHub for its user: the project that the tests beside it examine."""

import httpx
from fastmcp import FastMCP
from fastmcp.server.dependencies import get_access_token

from gatehouse_mcp import Gatehouse
from gatehouse_mcp.connect import connects
from gatehouse_mcp.fastmcp import GatehouseAuth


def create(api="https://api.github.com/user", **settings):
    """The application of a server whose authorization server is at ``issuer``."""
    gatehouse = Gatehouse(scopes=["mcp:read"], **settings)
    server = FastMCP("GitHub", auth=GatehouseAuth(gatehouse))

    @server.tool
    @connects
    async def whoami():
        """Who the caller is at GitHub."""
        auth = gatehouse.upstream_auth(get_access_token().token, "github")
        async with httpx.AsyncClient(auth=auth, timeout=10) as client:
            return (await client.get(api)).raise_for_status().json()

    return server.http_app()
