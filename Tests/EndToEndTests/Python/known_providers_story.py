"""The official MCP SDK, unmodified, at several MCP servers, each with another upstream; all of them at the same time.

At each: registers, logs its user in, calls a tool that uses the upstream's token, refreshes its own token, and calls the
tool again after the upstream's API has refused its token. Prints one JSON object: what happened, by upstream.
"""

import argparse
import asyncio
import json
import time
from typing import Any

from mcp.client.auth import OAuthClientProvider
from mcp.shared.auth import OAuthClientMetadata

from mcp_client import MAJOR, REDIRECT_URI, MemoryStorage, User, innermost, session
from scripted_browser import ScriptedBrowser


async def call(connected: Any, *, refused: bool) -> dict[str, Any]:
    result = await connected.call_tool("use_upstream", {"refused": refused})
    text = "\n".join(part.text for part in result.content if part.type == "text")
    if result.is_error if MAJOR >= 2 else result.isError:
        raise RuntimeError(f"the tool failed: {text}")
    return json.loads(text)


async def story(server: str, subject: str) -> dict[str, Any]:
    browser = ScriptedBrowser(subject)
    storage, user = MemoryStorage(), User(browser)
    report: dict[str, Any] = {}
    provider = OAuthClientProvider(
        server_url=server,
        client_metadata=OAuthClientMetadata(
            client_name="Python SDK",
            redirect_uris=[REDIRECT_URI],
            grant_types=["authorization_code", "refresh_token"],
            response_types=["code"],
        ),
        storage=storage,
        redirect_handler=user.open,
        callback_handler=user.answer,
    )
    try:
        async with session(server, provider) as connected:
            report["before"] = await call(connected, refused=False)
            # As if the access token's lifetime had passed: the SDK now refreshes before its next request.
            provider.context.token_expiry_time = time.time() - 1
            report["after"] = await call(connected, refused=True)
    except Exception as error:  # noqa: BLE001: the test reads what the client saw, whatever it was
        report["error"] = innermost(error)
    report["logins"] = len(user.authorizations)
    report["posted"] = browser.posted
    report["visits"] = browser.visits
    report["tokens"] = len(storage.tokens)
    return report


async def run(options: argparse.Namespace) -> dict[str, Any]:
    servers = dict(server.split("=", 1) for server in options.servers)
    reports = await asyncio.gather(*(story(server, options.user) for server in servers.values()))
    return dict(zip(servers, reports, strict=True))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--user", required=True)
    parser.add_argument("servers", nargs="+", help="NAME=URL of each MCP server")
    print(json.dumps(asyncio.run(run(parser.parse_args()))), flush=True)
