"""MCP servers on the official Python SDK, one for each upstream, each with a tool that uses its caller's upstream token.

They are one process, since starting Python costs more than what they do. Each has a port and so a resource of its own.
"""

import argparse
import asyncio
import contextlib
import pathlib
import socket
from collections.abc import Iterator
from typing import Any

import httpx
import uvicorn
from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.auth.settings import AuthSettings
from mcp.server.mcpserver import MCPServer

from loopback import announce, exit_with_parent, free_listener
from resource_server import ACCESS_TOKEN, TOKEN_EXCHANGE, Verifier, metadata


class Retrieval:
    """How one MCP server gets its callers' tokens of one upstream, and uses them."""

    def __init__(self, issuer: str, upstream: str, api: str, secret: str) -> None:
        self.issuer = issuer
        self.upstream = upstream
        self.api = api
        self.credentials = (f"server-of-{upstream}", secret)

    async def post(self, client: httpx.AsyncClient, url: str, form: dict[str, str]) -> dict[str, Any]:
        response = await client.post(url, auth=self.credentials, data=form)
        if response.status_code != 200:
            raise RuntimeError(f"{url} answered {response.status_code}: {response.text}")
        return response.json()

    async def use(self, token: str, *, refused: bool) -> dict[str, Any]:
        """Retrieves and uses the token; `refused` says that the API has refused the one from before."""
        server = metadata(self.issuer + "/.well-known/oauth-authorization-server")
        form = {"subject_token": token, "subject_token_type": ACCESS_TOKEN, "audience": self.upstream}
        async with httpx.AsyncClient(timeout=30, trust_env=False) as client:
            if refused:
                await self.post(client, self.issuer + "/oauth/report-invalid", form)
            answer = await self.post(client, server["token_endpoint"], {"grant_type": TOKEN_EXCHANGE, **form})
            authorization = {"Authorization": f"Bearer {answer['access_token']}"}
            api = await client.get(self.api, headers=authorization) if self.api else None
        return {
            "upstream_access_token": answer["access_token"],
            "account": answer["account"]["sub"],
            "refreshed": answer["refreshed"],
            "fields": answer.get("upstream_fields", {}),
            "api": api.status_code if api else None,
        }


def mcp_server(retrieval: Retrieval, resource: str) -> MCPServer:
    server = MCPServer(
        f"server-of-{retrieval.upstream}",
        token_verifier=Verifier(retrieval.issuer, resource),
        auth=AuthSettings(
            issuer_url=retrieval.issuer,
            resource_server_url=resource,
            required_scopes=["mcp:read"],
            validate_token_resource=True,
        ),
    )

    @server.tool()
    async def use_upstream(refused: bool = False) -> dict[str, Any]:
        """Use the caller's upstream token at the upstream's API."""
        caller = get_access_token()
        if caller is None:
            raise PermissionError("no caller")
        return await retrieval.use(caller.token, refused=refused)

    return server


class Server(uvicorn.Server):
    """One of several in a process: none of them handles signals."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(apps: list[tuple[Any, socket.socket]]) -> None:
    servers = [(Server(uvicorn.Config(app, log_level="info")), listener) for app, listener in apps]
    await asyncio.gather(*(server.serve(sockets=[listener]) for server, listener in servers))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--issuer", required=True)
    parser.add_argument("--client-secret-file", required=True, type=pathlib.Path)
    parser.add_argument("upstreams", nargs="+", help="NAME=URL, with the URL of an API that takes the token, or none")
    options = parser.parse_args()
    secret = options.client_secret_file.read_text().strip()
    apps, resources = [], {}
    for upstream in options.upstreams:
        name, api = upstream.split("=", 1)
        listener, base = free_listener()
        resources[name] = base + "/mcp"
        server = mcp_server(Retrieval(options.issuer, name, api, secret), resources[name])
        apps.append((server.streamable_http_app(), listener))
    announce(**resources)
    exit_with_parent()
    asyncio.run(serve(apps))


if __name__ == "__main__":
    main()
