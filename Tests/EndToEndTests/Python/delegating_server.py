"""An MCP server on the official SDK that calls the next one for its user, or, as the last one, the user's account.

With `--next` it exchanges its caller's token for one at the next server (RFC 8693), and is that server's client. With
`--api` it exchanges the token, the caller's or the delegated one, for the user's upstream token and calls the API.
"""

import argparse
import pathlib
from typing import Any

import httpx
import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.auth.settings import AuthSettings
from mcp.server.mcpserver import MCPServer

from loopback import announce, free_listener, serve
from mcp_client import call
from resource_server import ACCESS_TOKEN, TOKEN_EXCHANGE, Verifier, metadata


class Exchange:
    """This server as a client of the token endpoint."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.secret = options.client_secret_file.read_text().strip()

    async def token(self, subject: str, **target: str) -> dict[str, Any]:
        server = metadata(self.options.issuer + "/.well-known/oauth-authorization-server")
        form = {
            "grant_type": TOKEN_EXCHANGE, "subject_token": subject, "subject_token_type": ACCESS_TOKEN, **target,
        }
        async with httpx.AsyncClient(timeout=30, trust_env=False) as client:
            answer = await client.post(server["token_endpoint"], auth=(self.options.client_id, self.secret), data=form)
        return answer.json()


async def ask_next(url: str, token: str) -> dict[str, Any]:
    """The next server's tool, by the official SDK as client."""
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(headers=headers, timeout=30, trust_env=False) as client:
        async with Client(streamable_http_client(url, http_client=client)) as connected:
            return await call(connected, "whoami")


async def ask_api(url: str, token: str) -> dict[str, Any]:
    async with httpx.AsyncClient(timeout=30, trust_env=False) as client:
        return (await client.get(url, headers={"Authorization": f"Bearer {token}"})).raise_for_status().json()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--issuer", required=True)
    parser.add_argument("--client-id", required=True)
    parser.add_argument("--client-secret-file", required=True, type=pathlib.Path)
    parser.add_argument("--next", help="the next MCP server's URL")
    parser.add_argument("--api", help="what the upstream token is for, as Gatehouse's configuration names it")
    options = parser.parse_args()
    listener, base = free_listener()
    resource = base + "/mcp"
    exchange = Exchange(options)
    server = MCPServer(
        options.client_id,
        token_verifier=Verifier(options.issuer, resource),
        auth=AuthSettings(
            issuer_url=options.issuer,
            resource_server_url=resource,
            required_scopes=["mcp:read"],
            validate_token_resource=True,
        ),
    )

    @server.tool()
    async def whoami() -> dict[str, Any]:
        """Who the caller is, here and at everything behind this server."""
        caller = get_access_token()
        if caller is None:
            raise PermissionError("no caller")
        seen = {"claims": caller.claims, "token": caller.token}
        if options.next:
            delegated = await exchange.token(caller.token, resource=options.next)
            return {**seen, "next": await ask_next(options.next, delegated["access_token"])}
        # As a gateway does that knows the API and no name of ours.
        upstream = await exchange.token(caller.token, resource=options.api)
        # The test searches Gatehouse's output for the token; a real server never answers with it.
        user = await ask_api(options.api, upstream["access_token"])
        return {**seen, "user": user, "upstream_access_token": upstream["access_token"]}

    announce(base=base, resource=resource)
    serve(server.streamable_http_app(), listener)


if __name__ == "__main__":
    main()
