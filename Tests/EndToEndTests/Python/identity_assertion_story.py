"""Enterprise-managed authorization (ID-JAG): the official SDK's provider, in its own client and in FastMCP's.

The organisation's identity provider is the upstream too. It signs what the clients present with Authlib's `IDJAGGrant`;
how a client gets that from its provider is no part of the SDK either.
"""

import asyncio
import os
import time
from pathlib import Path
from typing import Any

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"

import fastmcp
from authlib.oauth2.drafts.id_jag import IDJAGGrant
from fastmcp import Client as FastMCPClient
from joserfc.jwk import RSAKey
from mcp.client.auth.extensions.identity_assertion import IdentityAssertionOAuthProvider

from authlib_story import Session
from dpop_story import retrieve
from mcp_client import SDK, MemoryStorage, call, innermost, session
from story import Gatehouse, Options, Proof, Report, foreign_key

CLIENT = "assistant"
SECOND_USER = "bob-c21"


class Organisation:
    """The identity provider, as far as it makes assertions."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.key = Path(options.issuer_key).read_text()

    def assertion(self, audience: str, resource: str, subject: str, /, **changes: Any) -> str:
        now = int(time.time())
        return IDJAGGrant.sign(
            RSAKey.import_key(changes.get("key", self.key)),
            issuer=changes.get("issuer", self.options.upstream_issuer),
            audience=changes.get("audience", audience),
            subject=subject,
            client_id=changes.get("client_id", CLIENT),
            issued_at=now + changes.get("age", 0),
            expires_at=now + changes.get("age", 0) + 300,
            claims={"resource": resource, "scope": changes.get("scope", "mcp:read")},
            alg="RS256",
            header={"kid": "issuer-key"},
        )


class Assistant:
    """The client, before the token endpoint as the SDK's provider is."""

    def __init__(self, options: Options, subject: str, **changes: Any) -> None:
        self.options = options
        self.storage = MemoryStorage()
        self.assertions: list[str] = []
        organisation = Organisation(options)

        async def assertion(audience: str, resource: str) -> str:
            made = changes.get("assertion") or organisation.assertion(audience, resource, subject, **changes)
            self.assertions.append(made)
            return made

        self.provider = IdentityAssertionOAuthProvider(
            server_url=options.resource,
            storage=self.storage,
            client_id=CLIENT,
            client_secret=changes.get("secret", options.secrets[CLIENT]),
            issuer=options.issuer,
            assertion_provider=assertion,
            scope="mcp:read",
        )

    async def connect(self) -> list[str]:
        async with session(self.options.resource, self.provider) as connected:
            return [tool.name for tool in (await connected.list_tools()).tools]

    def tokens(self) -> list[str]:
        return [each.access_token for each in self.storage.tokens]


async def sdk_life(options: Options, gatehouse: Gatehouse, report: Report) -> dict[str, Any]:
    """A user who has logged in here before, with a browser: the same one, with the same connections."""
    assistant = Assistant(options, options.user)
    async with session(options.resource, assistant.provider) as connected:
        first = await call(connected, "whoami_upstream")
        # As if the access token's lifetime had passed: without a refresh token the SDK fetches another assertion.
        assistant.provider._expiry = time.time() - 1
        second = await call(connected, "whoami_upstream")
    token = assistant.tokens()[-1]
    before = await asyncio.to_thread(gatehouse.introspect, token)
    proof = Proof(CLIENT, secret=options.secrets[CLIENT], posts_secret=True)
    revocation = await asyncio.to_thread(gatehouse.revoke, token, proof)
    report.tokens(*assistant.tokens(), *assistant.assertions)
    return {
        "client_id": CLIENT,
        "users": [each["user"]["sub"] for each in (first, second)],
        "access_tokens": len(set(assistant.tokens())),
        "refresh_tokens": sum(each.refresh_token is not None for each in assistant.storage.tokens),
        "assertions": len(set(assistant.assertions)),
        "before": before,
        "revocation": revocation,
        "after": await asyncio.to_thread(gatehouse.introspect, token),
    }


async def fastmcp_life(options: Options, gatehouse: Gatehouse, report: Report) -> dict[str, Any]:
    """A user who was never here: the session exists at once, and the retrieval says where to connect an account."""
    assistant = Assistant(options, SECOND_USER)
    async with FastMCPClient(options.resource, auth=assistant.provider) as connected:
        tools = [tool.name for tool in await connected.list_tools()]
        answer = await connected.call_tool("whoami_upstream", raise_on_error=False)
    token = assistant.tokens()[-1]
    # What the server learns when it asks for the user's upstream token; the SDK does not show it to the client.
    retrieval = await asyncio.to_thread(retrieve, options, gatehouse, token, {})
    report.tokens(*assistant.tokens(), *assistant.assertions)
    return {
        "tools": tools,
        "introspection": await asyncio.to_thread(gatehouse.introspect, token),
        "is_error": answer.is_error,
        "retrieval": {name: retrieval.get(name) for name in ("error", "reason", "connect_uri")},
    }


async def run(options: Options) -> Report:
    report = Report("MCP SDK and FastMCP", f"{SDK} and {fastmcp.__version__}")
    gatehouse = Gatehouse(options)
    values = report.values
    values["profiles"] = gatehouse.metadata.get("authorization_grant_profiles_supported")
    # The same user with a browser, by another client.
    with_browser = Session(options, gatehouse.metadata, "public", None, "none")
    await asyncio.to_thread(with_browser.authorize)
    report.tokens(*(with_browser.oauth.token[name] for name in ("access_token", "refresh_token")))
    values["browser"] = await asyncio.to_thread(gatehouse.introspect, with_browser.oauth.token["access_token"])
    values["sdk"] = await sdk_life(options, gatehouse, report)
    values["fastmcp"] = await fastmcp_life(options, gatehouse, report)

    used = Assistant(options, options.user)
    await used.connect()
    report.tokens(*used.tokens(), *used.assertions)
    changes: dict[str, dict[str, Any]] = {
        "used before": {"assertion": used.assertions[0]},
        "for another client": {"client_id": "confidential"},
        "for another server": {"audience": "https://other.example"},
        "of an unknown issuer": {"issuer": "https://idp.other.example"},
        "signed by a stranger": {"key": foreign_key()},
        "expired": {"age": -400},
        "without a scope of ours": {"scope": "mail:read"},
        "wrong secret": {"secret": "not the secret of anybody here"},
    }
    for name, change in changes.items():
        refused = Assistant(options, options.user, **change)
        await report.async_refusal(name, refused.connect, said=lambda error: innermost(error)["message"])
        report.tokens(*refused.assertions)
    return report


if __name__ == "__main__":
    asyncio.run(run(Options.read())).print()
