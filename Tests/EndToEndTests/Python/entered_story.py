"""The official MCP SDK, unmodified, at a server whose tool needs a key: one login, one call, one URL that its user opens.

Prints one JSON object: the tool's result, the URLs that the client was asked to show, and what the user's pages said.
"""

import argparse
import asyncio
import json
import pathlib
from typing import Any

import httpx2
from mcp import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import OAuthClientMetadata
from mcp_types import ElicitRequestURLParams, ElicitResult

from entered_browser import EnteringBrowser
from mcp_client import REDIRECT_URI, SDK, MemoryStorage, User, innermost


class Person:
    """Shows the URL of an elicitation in the browser, and does there what it asks for; or does not want to."""

    def __init__(self, user: str, attempts: list[dict[str, str]], *, agrees: bool) -> None:
        self.browser = EnteringBrowser(user)
        self.attempts = attempts
        self.agrees = agrees
        self.shown: list[dict[str, str]] = []
        self.statuses: list[int] = []

    async def elicited(self, context: Any, params: Any) -> ElicitResult:
        if not isinstance(params, ElicitRequestURLParams):
            return ElicitResult(action="cancel")
        self.shown.append({"message": params.message, "url": params.url})
        if not self.agrees:
            return ElicitResult(action="decline")
        self.statuses += await self.browser.enter(params.url, self.attempts)
        return ElicitResult(action="accept")


async def story(server: str, person: Person) -> dict[str, Any]:
    storage, user = MemoryStorage(), User(person.browser)
    report: dict[str, Any] = {"sdk": SDK}
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
        async with httpx2.AsyncClient(auth=provider, timeout=60, trust_env=False) as http:
            transport = streamable_http_client(server, http_client=http)
            async with Client(transport, elicitation_callback=person.elicited) as client:
                result = await client.call_tool("forecast", {})
                text = "\n".join(part.text for part in result.content if part.type == "text")
                report["failed"] = result.is_error
                report["result"] = text if result.is_error else json.loads(text)
    except Exception as error:  # noqa: BLE001: the test reads what the client saw, whatever it was
        report["error"] = innermost(error)
    report["logins"] = len(user.authorizations)
    report["visits"] = person.browser.visits
    report["shown"] = person.shown
    report["statuses"] = person.statuses
    report["answers"] = person.browser.answers
    report["tokens"] = [tokens.access_token for tokens in storage.tokens]
    return report


async def run(options: argparse.Namespace) -> dict[str, Any]:
    key = options.key_file.read_text().strip()
    attempts = [{"key": "wk_of_somebody_else", "station": "north"}, {"key": key, "station": "north"}]
    # One after the other: the server tells what it retrieved in all.
    return {
        "unwilling": await story(options.server, Person(options.unwilling, [], agrees=False)),
        "willing": await story(options.server, Person(options.user, attempts, agrees=True)),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--server", required=True)
    parser.add_argument("--user", required=True)
    parser.add_argument("--unwilling", required=True, help="a user who does not open the URL")
    parser.add_argument("--key-file", required=True, type=pathlib.Path)
    print(json.dumps(asyncio.run(run(parser.parse_args()))), flush=True)
