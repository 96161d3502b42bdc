"""The official MCP SDK, either major, known to Gatehouse in every way.

By registering itself, by its metadata document, pre-registered with and without a secret, and as a machine with a
secret or a key. Each way goes through a refresh and a revocation; all of them at once, for they mostly wait.
`registered`, `document`, `public` and `confidential` act for a user, `secret` and `key` for themselves.
"""

import asyncio
import time
import warnings
from pathlib import Path
from typing import Any

from mcp.client.auth import OAuthClientProvider
from mcp.client.auth.extensions.client_credentials import (
    ClientCredentialsOAuthProvider,
    PrivateKeyJWTOAuthProvider,
    SignedJWTParameters,
)
from mcp.shared.auth import OAuthClientInformationFull, OAuthClientMetadata

from browser import Browser
from mcp_client import MAJOR, SDK, MemoryStorage, User, call, innermost, session
from story import Gatehouse, Options, Proof, Report, foreign_key

# 1.x says `scopes` where 2.x says `scope`.
SCOPE = {"scope" if MAJOR >= 2 else "scopes": "mcp:read"}


def client_metadata(options: Options) -> OAuthClientMetadata:
    return OAuthClientMetadata(
        client_name=f"Python SDK {MAJOR}",
        redirect_uris=[options.redirect_uri],
        grant_types=["authorization_code", "refresh_token"],
        response_types=["code"],
    )


class UserStory:
    """A client that acts for a user."""

    def __init__(self, options: Options, *, document: str | None = None, client: str | None = None) -> None:
        self.options = options
        self.storage = MemoryStorage()
        self.user = User(Browser(options.user))
        self.document = document
        self.secret: str | None = None
        if client is not None:
            self.secret = options.secrets.get(client)
            self.storage.client_info = OAuthClientInformationFull(
                client_id=client,
                client_secret=self.secret,
                redirect_uris=[options.redirect_uri],
                token_endpoint_auth_method="none" if self.secret is None else "client_secret_basic",
                # 2.x gives credentials to the server that they belong to and to no other.
                issuer=options.issuer,
            )

    def provider(self) -> OAuthClientProvider:
        return OAuthClientProvider(
            server_url=self.options.resource,
            client_metadata=client_metadata(self.options),
            storage=self.storage,
            redirect_handler=self.user.open,
            callback_handler=self.user.answer,
            client_metadata_url=self.document,
        )

    async def run(self, gatehouse: Gatehouse) -> dict[str, Any]:
        provider = self.provider()
        async with session(self.options.resource, provider) as connected:
            first = await call(connected, "whoami_upstream")
            # As if the access token's lifetime had passed: the SDK refreshes before its next request.
            provider.context.token_expiry_time = time.time() - 1
            second = await call(connected, "whoami_upstream")
            logins_before = len(self.user.authorizations)
            tokens = self.storage.tokens[-1]
            client_id = self.storage.client_info.client_id
            before = await asyncio.to_thread(gatehouse.introspect, tokens.access_token)
            proof = Proof(client_id, secret=self.secret)
            status = await asyncio.to_thread(gatehouse.revoke, tokens.refresh_token, proof)
            refused = await asyncio.to_thread(gatehouse.refresh, tokens.refresh_token, proof)
            after = await asyncio.to_thread(gatehouse.introspect, tokens.access_token)
            # The SDK is told no when it refreshes, and asks its user again.
            provider.context.token_expiry_time = time.time() - 1
            third = await call(connected, "whoami_upstream")
        return {
            "client_id": client_id,
            "users": [answer["user"]["sub"] for answer in (first, second, third)],
            "logins": [logins_before, len(self.user.authorizations)],
            "access_tokens": len({each.access_token for each in self.storage.tokens}),
            "refresh_tokens": len({each.refresh_token for each in self.storage.tokens}),
            "before": before,
            "revocation": status,
            "refresh": refused,
            "after": after,
            "consent_page": self.user.browser.consent_page,
            "upstream": [answer["upstream_access_token"] for answer in (first, second, third)],
        }

    async def refusal(self) -> dict[str, str]:
        """What stops the client when it is not who it says."""
        try:
            async with session(self.options.resource, self.provider()) as connected:
                await connected.list_tools()
        except Exception as error:  # noqa: BLE001: the test reads what the client saw, whatever it was
            return innermost(error)
        return {"type": "none", "message": "it was let in"}


class MachineStory:
    """A client that acts for itself."""

    def __init__(self, options: Options, client_id: str, **proof: Any) -> None:
        self.options = options
        self.client_id = client_id
        self.secret: str | None = proof.get("client_secret")
        self.proof = proof
        self.storage = MemoryStorage()

    def provider(self) -> OAuthClientProvider:
        kind = ClientCredentialsOAuthProvider if self.secret else PrivateKeyJWTOAuthProvider
        return kind(
            server_url=self.options.resource,
            storage=self.storage,
            client_id=self.client_id,
            issuer=self.options.issuer,
            **self.proof,
            **SCOPE,
        )

    async def run(self, gatehouse: Gatehouse) -> dict[str, Any]:
        provider = self.provider()
        async with session(self.options.resource, provider) as connected:
            tools = [tool.name for tool in (await connected.list_tools()).tools]
            # As if the token's lifetime had passed: there is nothing to refresh with, so the SDK asks for another.
            provider.context.clear_tokens()
            await connected.list_tools()
        token = self.storage.tokens[-1].access_token
        before = await asyncio.to_thread(gatehouse.introspect, token)
        key = None if self.secret else Path(self.options.client_key).read_text()
        proof = Proof(self.client_id, secret=self.secret, key=key)
        status = await asyncio.to_thread(gatehouse.revoke, token, proof)
        after = await asyncio.to_thread(gatehouse.introspect, token)
        return {
            "client_id": self.client_id,
            "tools": tools,
            "access_tokens": len({each.access_token for each in self.storage.tokens}),
            "refresh_tokens": sum(each.refresh_token is not None for each in self.storage.tokens),
            "before": before,
            "revocation": status,
            "after": after,
        }

    async def refusal(self) -> dict[str, str]:
        try:
            async with session(self.options.resource, self.provider()) as connected:
                await connected.list_tools()
        except Exception as error:  # noqa: BLE001: as above
            return innermost(error)
        return {"type": "none", "message": "it was let in"}


def assertions(client_id: str, key: str) -> Any:
    return SignedJWTParameters(issuer=client_id, subject=client_id, signing_key=key).create_assertion_provider()


async def run(options: Options) -> Report:
    gatehouse = await asyncio.to_thread(Gatehouse, options)
    key = Path(options.client_key).read_text()
    # 1.x puts a slash behind an issuer without a path in its assertions, which takes the operator's leave (CA-3).
    robot = "robot" if MAJOR >= 2 else "older-robot"
    sign = assertions(robot, key)

    async def elsewhere(_: str) -> str:
        # D-41: meant for another server; whoever is given it there must not be able to use it here.
        return await sign("https://elsewhere.example")

    stories = {
        "registered": UserStory(options),
        "document": UserStory(options, document=options.client_host + "/client.json"),
        "public": UserStory(options, client="public"),
        "confidential": UserStory(options, client="confidential"),
        "secret": MachineStory(options, "batch", client_secret=options.secrets["batch"]),
        "key": MachineStory(options, robot, assertion_provider=sign),
    }
    wrong_secret = UserStory(options, client="confidential")
    wrong_secret.storage.client_info.client_secret = "wrong"
    refusals = {
        "document that names another": UserStory(options, document=options.client_host + "/lying.json"),
        "unknown client": UserStory(options, client="nobody"),
        "wrong secret of a user's client": wrong_secret,
        "wrong secret": MachineStory(options, "batch", client_secret="wrong"),
        "foreign key": MachineStory(options, robot, assertion_provider=assertions(robot, foreign_key())),
        "assertion for elsewhere": MachineStory(options, robot, assertion_provider=elsewhere),
    }
    if MAJOR < 2:
        refusals["slash without leave"] = MachineStory(options, "robot", assertion_provider=assertions("robot", key))
    report = Report("mcp", SDK)

    async def tell(name: str, story: UserStory | MachineStory) -> None:
        try:
            report.values[name] = await story.run(gatehouse)
        except Exception as error:  # noqa: BLE001: one way that fails must not hide how the others went
            report.values[name] = {"error": innermost(error)}

    async def refuse(name: str, story: UserStory | MachineStory) -> None:
        error = await story.refusal()
        # The first line: what follows it is a whole page.
        report.refused(name, f"{error['type']}: {error['message']}".splitlines()[0])

    await asyncio.gather(
        *(tell(name, story) for name, story in stories.items()),
        *(refuse(name, story) for name, story in refusals.items()),
    )
    for story in [*stories.values(), *refusals.values()]:
        for tokens in story.storage.tokens:
            report.tokens(tokens.access_token, tokens.refresh_token)
    return report


if __name__ == "__main__":
    warnings.simplefilter("ignore", DeprecationWarning)
    asyncio.run(run(Options.read())).print()
