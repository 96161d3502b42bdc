"""Authlib: a web application that logs its users in by OpenID Connect, and OAuth 2.0 sessions without it.

`sign_in` is Authlib's Starlette integration (discovery, PKCE, nonce, ID token, userinfo). The sessions prove themselves
by secret, by a key behind `jwks_uri`, and by the key that their metadata document names. Authlib itself refreshes,
introspects and revokes.
"""

import asyncio
import os
import time
from pathlib import Path
from typing import Any

# Authlib refuses plain http otherwise; all of this is loopback.
os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"

import authlib
import httpx
from authlib.common.security import generate_token
from authlib.integrations.httpx_client import OAuth2Client
from authlib.integrations.starlette_client import OAuth, OAuthError
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from browser import Browser
from story import Gatehouse, Options, Report, foreign_key

SCOPE = "openid profile email offline_access mcp:read"


def application(options: Options, *, nonce_changes: bool = False) -> tuple[Starlette, OAuth]:
    """A web application as Authlib's documentation writes it."""
    oauth = OAuth()
    oauth.register(
        "gatehouse",
        client_id="confidential",
        client_secret=options.secrets["confidential"],
        server_metadata_url=options.issuer + "/.well-known/openid-configuration",
        client_kwargs={"scope": SCOPE, "code_challenge_method": "S256"},
    )

    async def login(request: Request) -> Response:
        return await oauth.gatehouse.authorize_redirect(request, options.redirect_uri)

    async def callback(request: Request) -> Response:
        if nonce_changes:
            for name, value in request.session.items():
                if name.startswith("_state_"):
                    value["data"]["nonce"] = "another"
        token = await oauth.gatehouse.authorize_access_token(request)
        # What the ID token says (`userinfo` is Authlib's name for its checked claims), and what the endpoint says.
        claims = dict(token.pop("userinfo"))
        return JSONResponse({"token": token, "claims": claims, "userinfo": await oauth.gatehouse.userinfo(token=token)})

    routes = [Route("/login", login), Route("/callback", callback)]
    return Starlette(routes=routes, middleware=[Middleware(SessionMiddleware, secret_key="of this run")]), oauth


async def sign_in(options: Options, *, nonce_changes: bool = False) -> dict[str, Any]:
    """The user comes to the application, logs in at Gatehouse, and comes back."""
    app, _ = application(options, nonce_changes=nonce_changes)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://application") as client:
        there = await client.get("/login")
        answer = await Browser(options.user).authorize(there.headers["location"], options.redirect_uri)
        return (await client.get("/callback", params=answer)).raise_for_status().json()


class Session:
    """An OAuth 2.0 session of a client that acts for a user."""

    def __init__(
        self, options: Options, metadata: dict[str, Any], client: str, secret: str | None, method: str
    ) -> None:
        self.options = options
        self.metadata = metadata
        self.method = method
        self.oauth = OAuth2Client(
            client,
            secret,
            scope=SCOPE,
            redirect_uri=options.redirect_uri,
            token_endpoint_auth_method=method,
            revocation_endpoint_auth_method=method,
            code_challenge_method="S256",
            token_endpoint=metadata["token_endpoint"],
            timeout=30,
            trust_env=False,
        )
        self.proves(options.issuer)

    def proves(self, audience: str, lifetime: int = 300) -> None:
        """A new assertion for the next request: Authlib puts one `jti` into the claims that it is given."""
        if self.method == "private_key_jwt":
            claims = {"aud": audience, "exp": int(time.time()) + lifetime}
            self.oauth.register_client_auth_method(PrivateKeyJWT(self.metadata["token_endpoint"], claims))

    def authorize(self) -> None:
        verifier = generate_token(48)
        url, state = self.oauth.create_authorization_url(
            self.metadata["authorization_endpoint"], code_verifier=verifier, nonce=generate_token()
        )
        answer = asyncio.run(Browser(self.options.user).authorize(url, self.options.redirect_uri))
        # Authlib reads the code out of the redirect and compares the state.
        response = f"{self.options.redirect_uri}?{httpx.QueryParams(answer)}"
        self.oauth.fetch_token(authorization_response=response, state=state, code_verifier=verifier)

    def run(self, resource: OAuth2Client) -> dict[str, Any]:
        self.authorize()
        first = dict(self.oauth.token)
        self.proves(self.options.issuer)
        # Authlib's own way: the token has expired, and the next request refreshes it.
        self.oauth.token["expires_at"] = int(time.time()) - 1
        userinfo = self.oauth.get(self.metadata["userinfo_endpoint"]).raise_for_status().json()
        second = dict(self.oauth.token)
        endpoint = self.metadata["introspection_endpoint"]
        before = resource.introspect_token(endpoint, token=second["access_token"]).raise_for_status().json()
        self.proves(self.options.issuer)
        revoked = self.oauth.revoke_token(
            self.metadata["revocation_endpoint"], token=second["refresh_token"], token_type_hint="refresh_token"
        )
        after = resource.introspect_token(endpoint, token=second["access_token"]).raise_for_status().json()
        self.proves(self.options.issuer)
        return {
            "client_id": self.oauth.client_id,
            "userinfo": userinfo,
            "access_tokens": len({each["access_token"] for each in (first, second)}),
            "refresh_tokens": len({each["refresh_token"] for each in (first, second)}),
            "before": before,
            "revocation": revoked.status_code,
            "refresh": failure(lambda: self.oauth.refresh_token(refresh_token=second["refresh_token"])),
            "after": after,
            "userinfo_after": httpx.get(
                self.metadata["userinfo_endpoint"],
                headers={"Authorization": f"Bearer {second['access_token']}"},
                timeout=30,
                trust_env=False,
            ).status_code,
            "tokens": [each[name] for each in (first, second) for name in ("access_token", "refresh_token")],
        }


def failure(call: Any) -> str:
    """The OAuth error that Authlib raises."""
    try:
        call()
    except OAuthError as error:
        return error.error
    return "none"


def resource_client(options: Options, metadata: dict[str, Any], secret: str | None = None) -> OAuth2Client:
    """The resource server's client, which may ask about tokens."""
    return OAuth2Client(
        options.resource_client,
        secret or options.secrets[options.resource_client],
        token_endpoint=metadata["token_endpoint"],
        timeout=30,
        trust_env=False,
    )


def run(options: Options) -> Report:
    report = Report("Authlib", authlib.__version__)
    gatehouse = Gatehouse(options)
    metadata = gatehouse.metadata
    key = Path(options.client_key).read_text()
    resource = resource_client(options, metadata)

    web = asyncio.run(sign_in(options))
    token = web.pop("token")
    report.tokens(token["access_token"], token["refresh_token"], token["id_token"])
    report.values["web"] = {**web, "expires_in": token["expires_in"], "scope": token["scope"]}

    document = options.client_host + "/plural.json"
    ways = {
        "secret": ("confidential", options.secrets["confidential"], "client_secret_basic"),
        "posted secret": ("web", options.secrets["web"], "client_secret_post"),
        "key": ("signing", key, "private_key_jwt"),
        "document's key": (document, key, "private_key_jwt"),
        "document without key": (document, None, "none"),
    }
    for name, way in ways.items():
        story = Session(options, metadata, *way).run(resource)
        report.tokens(*story.pop("tokens"))
        report.values[name] = story

    machine = OAuth2Client(
        "batch", options.secrets["batch"], scope="mcp:read", token_endpoint=metadata["token_endpoint"], trust_env=False
    )
    own = machine.fetch_token(grant_type="client_credentials", resource=options.resource)
    report.tokens(own["access_token"])
    endpoint = metadata["introspection_endpoint"]
    report.values["machine"] = {
        "client_id": "batch",
        "before": resource.introspect_token(endpoint, own["access_token"]).json(),
        "revocation": machine.revoke_token(metadata["revocation_endpoint"], own["access_token"]).status_code,
        "after": resource.introspect_token(endpoint, own["access_token"]).json(),
    }

    refuse(options, metadata, report, key)
    return report


def refuse(options: Options, metadata: dict[str, Any], report: Report, key: str) -> None:
    """One thing wrong at a time."""

    def session(client: str, proof: str, method: str) -> Session:
        return Session(options, metadata, client, proof, method)

    report.refusal(
        "changed nonce",
        lambda: asyncio.run(sign_in(options, nonce_changes=True)),
        said=lambda error: type(error).__name__,
    )
    report.refused("wrong secret", failure(session("confidential", "wrong", "client_secret_basic").authorize))
    report.refused(
        "secret by another method",
        failure(session("confidential", options.secrets["confidential"], "client_secret_post").authorize),
    )
    report.refused("foreign key", failure(session("signing", foreign_key(), "private_key_jwt").authorize))
    for name, audience, lifetime in [
        ("assertion for the token endpoint", metadata["token_endpoint"], 300),
        ("assertion for elsewhere", "https://elsewhere.example", 300),
        ("assertion for an hour", options.issuer, 3600),
    ]:
        signed = session("signing", key, "private_key_jwt")
        signed.proves(audience, lifetime)
        report.refused(name, failure(signed.authorize))
    again = session("signing", key, "private_key_jwt")
    again.authorize()
    report.tokens(again.oauth.token["access_token"], again.oauth.token["refresh_token"])
    # D-40: the claims of the request before, `jti` among them.
    report.refused("assertion used before", failure(lambda: again.oauth.refresh_token()))
    stranger = resource_client(options, metadata, "wrong")
    answer = stranger.introspect_token(metadata["introspection_endpoint"], again.oauth.token["access_token"])
    report.refused("introspection with a wrong secret", f"{answer.status_code} {answer.json()['error']}")


if __name__ == "__main__":
    run(Options.read()).print()
