"""An MCP server on the official Python SDK: it verifies Gatehouse's tokens and calls the upstream for its user.

It learns everything about Gatehouse from the issuer alone (RFC 8414 metadata, JWKS) and knows nothing of its code.

The issuer's spelling: the SDK writes the issuer into its protected-resource metadata (RFC 9728) and a 2.x client
compares that string exactly with the issuer in the authorization server's metadata (RFC 8414 §3.3). A pydantic
`AnyHttpUrl` adds "/" to an issuer without a path, and every 2.x client then stops. `AuthSettings` of the pinned
version keeps the spelling only when it gets the issuer as a plain *string*, so a string is what it gets here.
"""

import argparse
import asyncio
import os
import pathlib
from functools import cache
from typing import Any

import httpx
import jwt
from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.auth.provider import AccessToken
from mcp.server.auth.settings import AuthSettings
from mcp.server.mcpserver import MCPServer

from loopback import announce, free_listener, serve

ALGORITHMS = ["ES256", "EdDSA", "RS256"]
TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"


@cache
def metadata(url: str) -> dict[str, Any]:
    """A metadata document, fetched at first use: the servers of a test start in any order."""
    response = httpx.get(url, timeout=10)
    response.raise_for_status()
    return response.json()


@cache
def signing_keys(jwks_uri: str) -> jwt.PyJWKClient:
    return jwt.PyJWKClient(jwks_uri)


class Verifier:
    """RFC 9068 §4: signature by the issuer's JWKS, typ, issuer, audience, times."""

    def __init__(self, issuer: str, resource: str) -> None:
        self.issuer = issuer
        self.resource = resource

    def claims(self, token: str) -> dict[str, Any]:
        if jwt.get_unverified_header(token).get("typ") != "at+jwt":
            raise jwt.InvalidTokenError("not an access token")
        server = metadata(self.issuer + "/.well-known/oauth-authorization-server")
        key = signing_keys(server["jwks_uri"]).get_signing_key_from_jwt(token)
        return jwt.decode(
            token,
            key,
            algorithms=ALGORITHMS,
            issuer=self.issuer,
            audience=self.resource,
            options={"require": ["iss", "aud", "sub", "exp", "iat", "jti", "client_id"]},
        )

    async def verify_token(self, token: str) -> AccessToken | None:
        try:
            claims = await asyncio.to_thread(self.claims, token)
        except jwt.PyJWTError as error:
            print(f"token refused: {type(error).__name__}: {error}", flush=True)
            return None
        return AccessToken(
            token=token,
            client_id=claims["client_id"],
            scopes=claims.get("scope", "").split(),
            expires_at=claims["exp"],
            resource=claims["aud"],
            subject=claims["sub"],
            claims=claims,
        )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--issuer", required=True)
    parser.add_argument("--client-id", required=True)
    parser.add_argument("--client-secret-file", required=True, type=pathlib.Path)
    parser.add_argument("--upstream", required=True, help="the upstream's name, as Gatehouse's configuration says it")
    parser.add_argument("--upstream-issuer", required=True)
    parser.add_argument("--scope", default="mcp:read")
    options = parser.parse_args()

    listener, base = free_listener()
    resource = base + "/mcp"
    secret = options.client_secret_file.read_text().strip()
    server = MCPServer(
        "resource-server",
        token_verifier=Verifier(options.issuer, resource),
        auth=AuthSettings(
            issuer_url=options.issuer,
            resource_server_url=resource,
            required_scopes=[options.scope],
            validate_token_resource=True,
        ),
    )

    @server.tool()
    async def whoami_upstream() -> dict[str, Any]:
        """Who the caller is at the upstream identity provider, asked there with the caller's own upstream token."""
        caller = get_access_token()
        if caller is None:
            raise PermissionError("no caller")
        authorization_server = metadata(options.issuer + "/.well-known/oauth-authorization-server")
        upstream = metadata(options.upstream_issuer + "/.well-known/openid-configuration")
        async with httpx.AsyncClient(timeout=10) as client:
            # RFC 8693 §2.1; `requested_token_type` is left out: the audience names an upstream.
            exchange = await client.post(
                authorization_server["token_endpoint"],
                auth=(options.client_id, secret),
                data={
                    "grant_type": TOKEN_EXCHANGE,
                    "subject_token": caller.token,
                    "subject_token_type": ACCESS_TOKEN,
                    "audience": options.upstream,
                },
            )
            if exchange.status_code != 200:
                raise RuntimeError(f"token exchange answered {exchange.status_code}: {exchange.text}")
            answer = exchange.json()
            userinfo = await client.get(
                upstream["userinfo_endpoint"],
                headers={"Authorization": f"Bearer {answer['access_token']}"},
            )
            if userinfo.status_code != 200:
                raise RuntimeError(f"userinfo answered {userinfo.status_code}: {userinfo.text}")
        return {
            "user": userinfo.json(),
            "subject": caller.subject,
            "exchange": {
                "members": sorted(answer),
                "token_type": answer.get("token_type"),
                "issued_token_type": answer.get("issued_token_type"),
                "cache_control": exchange.headers.get("cache-control"),
            },
            # The test searches Gatehouse's output for it; a real server never answers with it.
            "upstream_access_token": answer["access_token"],
        }

    announce(base=base, resource=resource, process=str(os.getpid()))
    serve(server.streamable_http_app(), listener)


if __name__ == "__main__":
    main()
