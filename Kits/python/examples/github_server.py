"""An MCP server with one tool that calls GitHub for its user, on FastMCP."""

import os

import httpx
from fastmcp import FastMCP
from fastmcp.server.dependencies import get_access_token

from gatehouse_mcp import Gatehouse
from gatehouse_mcp.connect import connects
from gatehouse_mcp.fastmcp import GatehouseAuth

API = os.environ.get("GITHUB_API", "https://api.github.com/user")
gatehouse = Gatehouse(
    issuer=os.environ["ISSUER"],
    resource=os.environ["RESOURCE"],
    client_id=os.environ["CLIENT_ID"],
    client_secret=os.environ["CLIENT_SECRET"],
    scopes=["mcp:read"],
)
server = FastMCP("GitHub", auth=GatehouseAuth(gatehouse))


@server.tool
@connects
async def whoami():
    """Who the caller is at GitHub. A user without a connection is asked to connect, and the call continues."""
    auth = gatehouse.upstream_auth(get_access_token().token, "github")
    async with httpx.AsyncClient(auth=auth, timeout=10) as client:
        return (await client.get(API)).raise_for_status().json()


app = server.http_app()
