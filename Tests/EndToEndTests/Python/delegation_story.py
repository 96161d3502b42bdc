"""A user's client calls an MCP server, which calls a second one for the user, which reads the user's GitHub account.

The client and both servers are the official SDK's. Beside them, what a server must not get with a token of this chain.
"""

import argparse
import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
from mcp.client.auth import OAuthClientProvider
from mcp.shared.auth import OAuthClientMetadata

from browser import Browser
from mcp_client import REDIRECT_URI, MemoryStorage, User, call, session
from resource_server import ACCESS_TOKEN, TOKEN_EXCHANGE


class Party:
    """A server's client at the token endpoint."""

    def __init__(self, endpoint: str, name: str, secret_file: Path) -> None:
        self.endpoint, self.name, self.secret = endpoint, name, secret_file.read_text().strip()

    def exchange(self, subject: str, **parameters: str) -> dict[str, Any]:
        form = {
            "grant_type": TOKEN_EXCHANGE, "subject_token": subject, "subject_token_type": ACCESS_TOKEN, **parameters,
        }
        return httpx.post(
            self.endpoint, data=form, auth=(self.name, self.secret), timeout=30, trust_env=False
        ).json()

    def introspect(self, endpoint: str, token: str) -> dict[str, Any]:
        return httpx.post(
            endpoint, data={"token": token}, auth=(self.name, self.secret), timeout=30, trust_env=False
        ).json()


async def walk(options: argparse.Namespace) -> dict[str, Any]:
    """The whole way, as the user's client sees it."""
    storage, user = MemoryStorage(), User(Browser("ada"))
    provider = OAuthClientProvider(
        server_url=options.first,
        client_metadata=OAuthClientMetadata(
            client_name="Two hops",
            redirect_uris=[REDIRECT_URI],
            grant_types=["authorization_code", "refresh_token"],
            response_types=["code"],
        ),
        storage=storage,
        redirect_handler=user.open,
        callback_handler=user.answer,
    )
    async with session(options.first, provider) as connected:
        answer = await call(connected, "whoami")
    refresh_token = storage.tokens[-1].refresh_token
    return {"answer": answer, "client_id": storage.client_info.client_id, "refresh_token": refresh_token}


def status(server: str, token: str) -> int:
    """What an MCP server says to a token."""
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json, text/event-stream"}
    body = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    return httpx.post(server, json=body, headers=headers, timeout=30, trust_env=False).status_code


def run(options: argparse.Namespace) -> dict[str, Any]:
    metadata = httpx.get(
        options.issuer + "/.well-known/oauth-authorization-server", timeout=30, trust_env=False
    ).json()
    first = Party(metadata["token_endpoint"], "gateway", options.first_secret_file)
    second = Party(metadata["token_endpoint"], "tools", options.second_secret_file)
    report = asyncio.run(walk(options))
    own, delegated = report["answer"]["token"], report["answer"]["next"]["token"]
    endpoint = metadata["introspection_endpoint"]
    report["delegation"] = first.exchange(own, resource=options.second)
    report["introspection"] = second.introspect(endpoint, delegated)
    report["refusals"] = {
        name: answer.get("error", "none")
        for name, answer in {
            # The first server's token is not the second's, nor the second's the first's.
            "the first's token by the second": second.exchange(own, audience="github"),
            "the delegated token by the first": first.exchange(delegated, audience="github"),
            "back to the first": second.exchange(delegated, resource=options.first),
            "to an unknown resource": first.exchange(own, resource="https://elsewhere.example/mcp"),
            "more than the token's scope": first.exchange(own, resource=options.second, scope="mcp:read mcp:write"),
            "another's token as actor": first.exchange(
                own, resource=options.second, actor_token=delegated, actor_token_type=ACCESS_TOKEN
            ),
        }.items()
    }
    report["statuses"] = {
        "the first's token at the second": status(options.second, own),
        "the delegated token at the first": status(options.first, delegated),
    }
    # The user's session ends: the delegated token retrieves nothing from then on, although it has not expired.
    revocation = {"token": report["refresh_token"], "client_id": report["client_id"]}
    httpx.post(metadata["revocation_endpoint"], data=revocation, timeout=30, trust_env=False).raise_for_status()
    report["after"] = {
        "introspection": second.introspect(endpoint, delegated),
        "retrieval": second.exchange(delegated, audience="github").get("error", "none"),
        "delegation": first.exchange(own, resource=options.second).get("error", "none"),
    }
    return report


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--issuer", required=True)
    parser.add_argument("--first", required=True, help="the MCP server that the user's client calls")
    parser.add_argument("--second", required=True)
    parser.add_argument("--first-secret-file", required=True, type=Path)
    parser.add_argument("--second-secret-file", required=True, type=Path)
    print(json.dumps(run(parser.parse_args())), flush=True)
