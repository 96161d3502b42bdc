"""One user's upstream tokens from login to revocation: an MCP client and a resource server, in plain HTTP.

Registers, logs in, redeems the code, retrieves the upstream token, refreshed, and uses it at the provider, refreshes
Gatehouse's own token and retrieves again; at Glewlwyd, revokes the grant there and logs in again; ends the connection. Prints one JSON object: each step's answer.
"""

import argparse
import asyncio
import base64
import hashlib
import json
import pathlib
import secrets
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import httpx

from browser import Browser
from glewlwyd_browser import GlewlwydBrowser

REDIRECT_URI = "http://127.0.0.1:33419/callback"
TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"


class Story:
    """What happens, step by step; `http` is the client's and the resource server's HTTP client."""

    def __init__(self, options: argparse.Namespace, http: httpx.Client) -> None:
        self.options = options
        self.http = http
        self.secret = options.client_secret_file.read_text().strip()
        self.server = self.json(http.get(options.issuer + "/.well-known/oauth-authorization-server"))
        self.upstream = self.json(http.get(options.upstream_issuer + "/.well-known/openid-configuration"))
        self.client_id = self.register()
        self.browser = self.new_browser()

    def new_browser(self) -> Browser:
        return (GlewlwydBrowser if self.options.browser == "glewlwyd" else Browser)(self.options.user)

    @staticmethod
    def json(response: httpx.Response) -> dict[str, Any]:
        if response.is_error:
            raise RuntimeError(f"{response.request.method} {response.request.url}: {response.status_code}\n{response.text}")
        return response.json()

    def register(self) -> str:
        """RFC 7591: a public client."""
        body = {"redirect_uris": [REDIRECT_URI], "token_endpoint_auth_method": "none", "client_name": "Story"}
        return self.json(self.http.post(self.server["registration_endpoint"], json=body))["client_id"]

    async def log_in(
        self, *, resource: str | None = None, scope: str = "openid offline_access mcp:read connections"
    ) -> dict[str, Any]:
        """From the authorization URL to the token answer."""
        resource = resource or self.options.resource
        verifier = secrets.token_urlsafe(48)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        parameters = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": REDIRECT_URI,
            "scope": scope,
            "state": secrets.token_urlsafe(16),
            "resource": resource,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        redirect = await self.browser.authorize(
            self.server["authorization_endpoint"] + "?" + urlencode(parameters), REDIRECT_URI
        )
        if redirect.get("state") != parameters["state"] or redirect.get("iss") != self.options.issuer:
            raise RuntimeError(f"the redirect is not ours: {redirect}")
        grant = {"grant_type": "authorization_code", "code": redirect["code"], "code_verifier": verifier}
        return self.token({**grant, "resource": resource})

    def token(self, grant: dict[str, str]) -> dict[str, Any]:
        form = {"client_id": self.client_id, "redirect_uri": REDIRECT_URI, "resource": self.options.resource, **grant}
        return self.json(self.http.post(self.server["token_endpoint"], data=form))

    def retrieve(self, access_token: str, **more: str) -> dict[str, Any]:
        """RFC 8693 §2.1; the answer as it is, errors too."""
        form = {
            "grant_type": TOKEN_EXCHANGE,
            "subject_token": access_token,
            "subject_token_type": ACCESS_TOKEN,
            "audience": self.options.upstream,
            **more,
        }
        answer = self.http.post(self.server["token_endpoint"], data=form, auth=("mcp-server", self.secret))
        return {"status": answer.status_code, **answer.json()}

    def retrieve_until(self, access_token: str, condition: Callable[[dict[str, Any]], bool], **more: str) -> dict[str, Any]:
        """Retrieves again and again until the answer is as wanted; after half a minute it is what it is."""
        deadline = time.monotonic() + 30
        while not condition(answer := self.retrieve(access_token, **more)) and time.monotonic() < deadline:
            time.sleep(0.05)
        return answer

    def retrieve_and_use(self, access_token: str, *, refreshed: bool = False) -> dict[str, Any]:
        """A token, refreshed on demand, and what the upstream says to it.

        `min_ttl` asks for more life than the token at hand has left, which is so as soon as a second has passed.
        """
        more = {"min_ttl": str(self.options.min_ttl)} if refreshed else {}
        answer = self.retrieve_until(access_token, lambda answer: not refreshed or answer.get("refreshed") is not False, **more)
        if answer["status"] != 200:
            raise RuntimeError(f"retrieval answered {answer}")
        return {**answer, "userinfo": self.userinfo(answer["access_token"])}

    def userinfo(self, upstream_token: str) -> dict[str, Any]:
        """Who the upstream says the token's user is."""
        answer = self.http.get(
            self.upstream["userinfo_endpoint"], headers={"Authorization": f"Bearer {upstream_token}"}
        )
        return {"status": answer.status_code, "sub": None if answer.is_error else answer.json().get("sub")}

    def connections(self, access_token: str) -> list[dict[str, Any]]:
        answer = self.http.get(
            self.options.issuer + "/connections", headers={"Authorization": f"Bearer {access_token}"}
        )
        return self.json(answer)["connections"]

    def disconnect(self, access_token: str, connection_id: str) -> dict[str, Any]:
        answer = self.http.delete(
            f"{self.options.issuer}/connections/{connection_id}", headers={"Authorization": f"Bearer {access_token}"}
        )
        return self.json(answer)

    async def run(self) -> dict[str, Any]:
        tokens = [await self.log_in()]
        # Renewed with the refresh token of the login; then with the one that came back.
        retrievals = [
            self.retrieve_and_use(tokens[0]["access_token"], refreshed=True) for _ in range(self.options.refreshes)
        ]
        tokens.append(self.token({"grant_type": "refresh_token", "refresh_token": tokens[0]["refresh_token"]}))
        retrievals.append(self.retrieve_and_use(tokens[1]["access_token"]))
        report: dict[str, Any] = {"tokens": tokens, "retrievals": retrievals}
        if isinstance(self.browser, GlewlwydBrowser):
            report["revoked_upstream"] = await self.browser.revoke_grants(self.options.upstream_issuer)
            # The access token at hand is good for some seconds more.
            report["after_revocation"] = self.retrieve_until(
                tokens[1]["access_token"], lambda answer: answer["status"] != 200
            )
            # The same account again mends the same connection, and it is the same user.
            tokens.append(await self.log_in())
            retrievals.append(self.retrieve_and_use(tokens[2]["access_token"]))
        access = tokens[-1]["access_token"]
        report["connections"] = self.connections(access)
        report["ended"] = self.disconnect(access, report["connections"][0]["id"])
        report["after_end"] = self.retrieve(access)
        report["userinfo_after_end"] = self.userinfo(retrievals[-1]["access_token"])
        return report


def arguments() -> argparse.ArgumentParser:
    """What every story of this kind is told."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--issuer", required=True)
    parser.add_argument("--upstream", required=True, help="the upstream's name, as Gatehouse's configuration says it")
    parser.add_argument("--upstream-issuer", required=True)
    parser.add_argument("--resource", required=True)
    parser.add_argument("--client-secret-file", required=True, type=pathlib.Path)
    parser.add_argument("--user", required=True)
    parser.add_argument("--browser", choices=["form", "glewlwyd"], default="form")
    return parser


if __name__ == "__main__":
    parser = arguments()
    parser.add_argument("--min-ttl", required=True, type=int)
    parser.add_argument("--refreshes", required=True, type=int, help="how often the provider must renew the token")
    with httpx.Client(timeout=30, trust_env=False) as http:
        print(json.dumps(asyncio.run(Story(parser.parse_args(), http).run())), flush=True)
