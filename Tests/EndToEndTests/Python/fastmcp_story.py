"""FastMCP's client against FastMCP's server: registered, by metadata document, pre-registered, and as two machines.

The client opens its user's browser by the standard library's `webbrowser` and waits at a port of its own for the
redirect; the browser here is registered there like any other, and makes that last request too.
"""

import asyncio
import socket
import threading
import time
import warnings
import webbrowser
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import fastmcp
import httpx
from fastmcp import Client
from fastmcp.client.auth import OAuth
from fastmcp.client.auth.client_credentials import (
    ClientCredentialsOAuthProvider,
    PrivateKeyJWTOAuthProvider,
    SignedJWTParameters,
)

from browser import Browser
from story import Gatehouse, Options, Proof, Report, foreign_key


# Nobody serves it; Gatehouse's configuration has it beside FastMCP's server.
OTHER_RESOURCE = "https://other.example/mcp"


class HeadlessBrowser(webbrowser.BaseBrowser):
    """The user's browser, as the `webbrowser` module knows it: `open` returns at once, the page loads beside."""

    def __init__(self, user: str) -> None:
        super().__init__("headless")
        self.user = user
        self.opened: list[str] = []
        self.failures: list[str] = []

    def open(self, url: str, new: int = 0, autoraise: bool = True) -> bool:
        self.opened.append(url)
        threading.Thread(target=self._load, args=(url,), daemon=True).start()
        return True

    def logins(self, client: str) -> int:
        """How often a client sent its user here."""
        return sum(parse_qs(urlsplit(url).query)["client_id"] == [client] for url in self.opened)

    def _load(self, url: str) -> None:
        redirect_uri = parse_qs(urlsplit(url).query)["redirect_uri"][0]
        try:
            answer = asyncio.run(Browser(self.user).authorize(url, redirect_uri))
            self._arrive(f"{redirect_uri}?{urlencode(answer)}")
        except Exception as error:  # noqa: BLE001: there is nobody in this thread to see it
            self.failures.append(f"{type(error).__name__}: {error}".splitlines()[0])
            # The client waits at its port; what the user would do is close the page.
            self._arrive(f"{redirect_uri}?{urlencode({'error': 'access_denied'})}")

    def _arrive(self, url: str) -> None:
        """The client opens its port after it opened the browser: a user takes longer than that."""
        deadline = time.monotonic() + 120
        while True:
            try:
                httpx.get(url, timeout=30, trust_env=False)
                return
            except httpx.ConnectError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)


class CallbackPorts:
    """Ports for the clients' callbacks, held until the end: FastMCP picks one and binds it a login later.

    A socket that is bound with SO_REUSEADDR and does not listen keeps everybody away but the server that does the same.
    """

    def __init__(self) -> None:
        self.held: list[socket.socket] = []

    def take(self) -> dict[str, Any]:
        """The arguments that give `OAuth` a port."""
        held = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        self.held.append(held)
        return {"callback_host": "127.0.0.1", "callback_port": held.getsockname()[1]}


async def whoami(options: Options, auth: Any) -> dict[str, Any]:
    async with Client(options.resource, auth=auth) as client:
        return (await client.call_tool("whoami")).data


class UserStory:
    """A client that acts for a user; `OAuth` gets what FastMCP's own users give it."""

    def __init__(self, options: Options, browser: HeadlessBrowser, **known: Any) -> None:
        self.options = options
        self.browser = browser
        self.auth = OAuth(scopes=["mcp:read", "offline_access"], callback_timeout=180, **known)

    async def tokens(self) -> Any:
        return await self.auth.token_storage_adapter.get_tokens()

    async def run(self, gatehouse: Gatehouse) -> dict[str, Any]:
        first = await whoami(self.options, self.auth)
        one = await self.tokens()
        self.auth.context.token_expiry_time = time.time() - 1
        second = await whoami(self.options, self.auth)
        two = await self.tokens()
        info = self.auth.context.client_info
        logins = self.browser.logins(info.client_id)
        before = await asyncio.to_thread(gatehouse.introspect, two.access_token)
        proof = Proof(info.client_id, secret=info.client_secret, posts_secret=True)
        status = await asyncio.to_thread(gatehouse.revoke, two.refresh_token, proof)
        refused = await asyncio.to_thread(gatehouse.refresh, two.refresh_token, proof)
        after = await asyncio.to_thread(gatehouse.introspect, two.access_token)
        self.auth.context.token_expiry_time = time.time() - 1
        third = await whoami(self.options, self.auth)
        three = await self.tokens()
        return {
            "client_id": info.client_id,
            "callers": [first, second, third],
            "logins": [logins, self.browser.logins(info.client_id)],
            "access_tokens": len({each.access_token for each in (one, two, three)}),
            "refresh_tokens": len({each.refresh_token for each in (one, two, three)}),
            "before": before,
            "revocation": status,
            "refresh": refused,
            "after": after,
            "tokens": [t for each in (one, two, three) for t in (each.access_token, each.refresh_token)],
        }


async def machine(options: Options, gatehouse: Gatehouse, auth: Any, proof: Proof) -> dict[str, Any]:
    """A client that acts for itself."""
    first = await whoami(options, auth)
    one = auth.context.current_tokens
    auth.context.clear_tokens()
    second = await whoami(options, auth)
    two = auth.context.current_tokens
    before = await asyncio.to_thread(gatehouse.introspect, two.access_token)
    status = await asyncio.to_thread(gatehouse.revoke, two.access_token, proof)
    after = await asyncio.to_thread(gatehouse.introspect, two.access_token)
    return {
        "client_id": proof.client,
        "callers": [first, second],
        "access_tokens": len({one.access_token, two.access_token}),
        "refresh_tokens": sum(each.refresh_token is not None for each in (one, two)),
        "before": before,
        "revocation": status,
        "after": after,
        "tokens": [one.access_token, two.access_token],
    }


async def run(options: Options) -> Report:
    report = Report("fastmcp", fastmcp.__version__)
    gatehouse = await asyncio.to_thread(Gatehouse, options)
    browser, ports = HeadlessBrowser(options.user), CallbackPorts()
    webbrowser.register("headless", None, browser, preferred=True)
    key = Path(options.client_key).read_text()

    def secret(value: str) -> ClientCredentialsOAuthProvider:
        return ClientCredentialsOAuthProvider(
            client_id="batch", client_secret=value, scopes="mcp:read", issuer=options.issuer
        )

    def assertion(private_key: str) -> PrivateKeyJWTOAuthProvider:
        sign = SignedJWTParameters(issuer="robot", subject="robot", signing_key=private_key)
        return PrivateKeyJWTOAuthProvider(
            client_id="robot",
            assertion_provider=sign.create_assertion_provider(),
            scopes="mcp:read",
            issuer=options.issuer,
        )

    ways = {
        "registered": {},
        "document": {"client_metadata_url": options.client_host + "/client.json"},
        "public": {"client_id": "public"},
        "confidential": {"client_id": "web", "client_secret": options.secrets["web"]},
    }
    secret_proof = Proof("batch", secret=options.secrets["batch"])
    stories = {
        name: UserStory(options, browser, **known, **ports.take()).run(gatehouse) for name, known in ways.items()
    }
    stories["secret"] = machine(options, gatehouse, secret(options.secrets["batch"]), secret_proof)
    stories["key"] = machine(options, gatehouse, assertion(key), Proof("robot", key=key))
    for name, story in zip(stories, await asyncio.gather(*stories.values()), strict=True):
        report.tokens(*story.pop("tokens"))
        report.values[name] = story

    def said(error: Exception) -> str:
        return f"{type(error).__name__}: {error}".splitlines()[0]

    async def refuse(name: str, auth: Any) -> None:
        await report.async_refusal(name, lambda: whoami(options, auth), said=said)

    # D-37: a good token of ours, for another server.
    elsewhere = gatehouse.token({"grant_type": "client_credentials", "resource": OTHER_RESOURCE}, secret_proof)
    report.tokens(elsewhere)
    await asyncio.gather(
        refuse(
            "document that names another",
            OAuth(client_metadata_url=options.client_host + "/lying.json", **ports.take()),
        ),
        refuse("unknown client", OAuth(client_id="nobody", **ports.take())),
        refuse("wrong secret of a user's client", OAuth(client_id="web", client_secret="wrong", **ports.take())),
        refuse("wrong secret", secret("wrong")),
        refuse("foreign key", assertion(foreign_key())),
        refuse("token for another server", elsewhere),
    )
    report.values["status_elsewhere"] = httpx.post(
        options.resource, headers={"Authorization": f"Bearer {elsewhere}"}, timeout=30, trust_env=False
    ).status_code
    report.values["browser_failures"] = browser.failures
    return report


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    asyncio.run(run(Options.read())).print()
