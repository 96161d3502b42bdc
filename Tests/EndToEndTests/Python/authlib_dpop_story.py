"""Authlib's HTTPX client with tokens that are bound to its key (RFC 9449).

Authlib has no DPoP. What it lacks is here: a hook of its HTTP client that adds the proof, and the token type in the table
of its schemes. The flow, the refresh when a token has expired, the revocation and the introspection are Authlib's own,
and it does not know that its tokens are bound.
"""

import asyncio
import os
import time
from typing import Any

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"

import authlib
import httpx
from authlib.common.security import generate_token
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import OAuth2Client
from authlib.integrations.httpx_client.oauth2_client import OAuth2Auth

from authlib_story import resource_client
from browser import Browser
from dpop_story import Key
from story import Gatehouse, Options, Report

SCOPE = "openid profile email offline_access mcp:read"


def sign(token: str, uri: str, headers: dict[str, str], body: Any, placement: str) -> tuple[str, dict[str, str], Any]:
    """RFC 9449 §7.1."""
    headers["Authorization"] = f"DPoP {token}"
    return uri, headers, body


class BoundAuth(OAuth2Auth):
    """Authlib's authentication by token, with one more type."""

    SIGN_METHODS = {**OAuth2Auth.SIGN_METHODS, "dpop": sign}


class BoundClient(OAuth2Client):
    """Authlib's client, every request of which carries a proof of `key`; without one, none."""

    token_auth_class = BoundAuth

    def __init__(self, options: Options, metadata: dict[str, Any], key: Key | None) -> None:
        self.key = key
        super().__init__(
            "public",
            scope=SCOPE,
            redirect_uri=options.redirect_uri,
            code_challenge_method="S256",
            token_endpoint=metadata["token_endpoint"],
            event_hooks={"request": [self.prove]},
            timeout=30,
            trust_env=False,
        )

    def prove(self, request: Any) -> None:
        if self.key is None:
            return
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        url = str(request.url.copy_with(query=None))
        request.headers["DPoP"] = self.key.proof(request.method, url, token if scheme == "DPoP" else None)


def log_in(options: Options, metadata: dict[str, Any], client: BoundClient) -> None:
    verifier = generate_token(48)
    url, state = client.create_authorization_url(
        metadata["authorization_endpoint"], code_verifier=verifier, resource=options.resource,
        dpop_jkt=client.key.thumbprint,
    )
    answer = asyncio.run(Browser(options.user).authorize(url, options.redirect_uri))
    response = f"{options.redirect_uri}?{httpx.QueryParams(answer)}"
    client.fetch_token(authorization_response=response, state=state, code_verifier=verifier)


def failure(error: Exception) -> str:
    return error.error if isinstance(error, OAuthError) else f"{type(error).__name__}: {error}"


def run(options: Options) -> Report:
    report = Report("Authlib", authlib.__version__)
    metadata = Gatehouse(options).metadata
    resource = resource_client(options, metadata)
    client = BoundClient(options, metadata, Key("ES256"))
    log_in(options, metadata, client)
    first = dict(client.token)
    # Authlib's own way: the token has expired, and the next request refreshes it.
    client.token["expires_at"] = int(time.time()) - 1
    userinfo = client.get(metadata["userinfo_endpoint"]).raise_for_status().json()
    second = dict(client.token)
    report.tokens(*(each[name] for each in (first, second) for name in ("access_token", "refresh_token")))

    def introspection() -> dict[str, Any]:
        answer = resource.introspect_token(metadata["introspection_endpoint"], token=second["access_token"])
        return answer.raise_for_status().json()

    report.values["bound"] = introspection().get("cnf") == {"jkt": client.key.thumbprint}
    report.values["types"] = [first["token_type"], second["token_type"]]
    for name, key in (("refresh with another key", Key("ES256")), ("refresh without a key", None)):
        thief = BoundClient(options, metadata, key)
        report.refusal(name, lambda: thief.refresh_token(refresh_token=second["refresh_token"]), said=failure)
        thief.token = {**second, "expires_at": int(time.time()) + 300}
        report.refused(name.replace("refresh", "userinfo"), str(thief.get(metadata["userinfo_endpoint"]).status_code))
    before = introspection()
    revoked = client.revoke_token(
        metadata["revocation_endpoint"], token=second["refresh_token"], token_type_hint="refresh_token"
    )
    report.values["life"] = {
        "client_id": client.client_id,
        "userinfo": userinfo,
        "access_tokens": len({each["access_token"] for each in (first, second)}),
        "refresh_tokens": len({each["refresh_token"] for each in (first, second)}),
        "before": before,
        "revocation": revoked.status_code,
        "refresh": refusal_of(lambda: client.refresh_token(refresh_token=second["refresh_token"])),
        "after": introspection(),
    }
    return report


def refusal_of(call: Any) -> str:
    try:
        call()
    except OAuthError as error:
        return error.error
    return "none"


if __name__ == "__main__":
    run(Options.read()).print()
