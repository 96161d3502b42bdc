"""The official MCP SDK as an OAuth client, either major: registers itself, logs its user in, calls a tool, refreshes.

Prints one JSON object: what happened before and after the refresh, or `error`. The virtual environment that runs it
decides the major; where the majors differ, `if MAJOR` says so.
"""

import argparse
import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from mcp.client.auth import OAuthClientProvider, OAuthFlowError, TokenStorage
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import OAuthClientInformationFull, OAuthClientMetadata, OAuthToken

from browser import Browser, BrowserError

SDK = version("mcp")
MAJOR = int(SDK.split(".")[0])

if MAJOR >= 2:
    import httpx2 as http
    from mcp import Client
    from mcp.shared.auth import AuthorizationCodeResult
else:
    import httpx as http
    from mcp import ClientSession

# The port is free on loopback (RFC 8252 §7.3); nothing listens, the browser stops before it.
REDIRECT_URI = "http://127.0.0.1:33418/callback"


class MemoryStorage(TokenStorage):
    """What a desktop client keeps in its keychain; remembers every token set it was given."""

    def __init__(self) -> None:
        self.tokens: list[OAuthToken] = []
        self.client_info: OAuthClientInformationFull | None = None

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens[-1] if self.tokens else None

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens.append(tokens)

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client_info

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client_info = client_info


class AuthorizationRefused(Exception):
    """The authorization response was an error (RFC 6749 §4.1.2.1)."""


class User:
    """The SDK's two handlers: `open` is given the authorization URL, `answer` returns the redirect's parameters."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.authorizations: list[str] = []
        self.redirect: dict[str, str] = {}

    async def open(self, url: str) -> None:
        self.authorizations.append(url)
        self.redirect = await self.browser.authorize(url, REDIRECT_URI)

    async def answer(self) -> Any:
        if "error" in self.redirect:
            raise AuthorizationRefused(self.redirect["error"])
        code, state, issuer = (self.redirect.get(name) for name in ("code", "state", "iss"))
        return AuthorizationCodeResult(code=code or "", state=state, iss=issuer) if MAJOR >= 2 else (code, state)


@asynccontextmanager
async def session(server: str, provider: OAuthClientProvider) -> AsyncIterator[Any]:
    """An MCP session over streamable HTTP whose requests the provider authorizes."""
    async with http.AsyncClient(auth=provider, timeout=30, trust_env=False) as client:
        transport = streamable_http_client(server, http_client=client)
        if MAJOR >= 2:
            async with Client(transport) as connected:
                yield connected
        else:
            async with transport as (read, write, _), ClientSession(read, write) as connected:
                await connected.initialize()
                yield connected


async def call(connected: Any, tool: str) -> dict[str, Any]:
    result = await connected.call_tool(tool, {})
    text = "\n".join(part.text for part in result.content if part.type == "text")
    failed = result.is_error if MAJOR >= 2 else result.isError
    if failed:
        raise RuntimeError(f"the tool failed: {text}")
    return json.loads(text)


async def run(options: argparse.Namespace) -> dict[str, Any]:
    storage, user = MemoryStorage(), User(Browser(options.user, options.decision))
    report: dict[str, Any] = {"sdk": SDK}
    provider = OAuthClientProvider(
        server_url=options.server,
        client_metadata=OAuthClientMetadata(
            client_name=f"Python SDK {MAJOR}",
            redirect_uris=[REDIRECT_URI],
            grant_types=["authorization_code", "refresh_token"],
            response_types=["code"],
        ),
        storage=storage,
        redirect_handler=user.open,
        callback_handler=user.answer,
    )
    try:
        async with session(options.server, provider) as connected:
            report["tools"] = [tool.name for tool in (await connected.list_tools()).tools]
            report["before"] = await call(connected, options.tool)
            # As if the access token's lifetime had passed: the SDK now refreshes before its next request.
            provider.context.token_expiry_time = time.time() - 1
            report["after"] = await call(connected, options.tool)
    except Exception as error:  # noqa: BLE001: the test reads what the client saw, whatever it was
        report["error"] = innermost(error)
    report["authorizations"] = user.authorizations
    report["redirect"] = user.redirect
    report["visits"] = user.browser.visits
    report["consent_page"] = user.browser.consent_page
    report["tokens"] = [tokens.model_dump(mode="json", exclude_none=True) for tokens in storage.tokens]
    if storage.client_info is not None:
        report["client"] = storage.client_info.model_dump(mode="json", exclude_none=True)
    return report


def innermost(error: BaseException) -> dict[str, str]:
    """The SDK's task groups wrap; the first leaf is what went wrong."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return {"type": type(error).__name__, "message": str(error)}


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--server", required=True, help="the MCP server's URL, as its user types it")
    parser.add_argument("--user", required=True)
    parser.add_argument("--tool", default="whoami_upstream")
    parser.add_argument("--decision", choices=["approve", "deny"], default="approve")
    print(json.dumps(asyncio.run(run(parser.parse_args()))), flush=True)
