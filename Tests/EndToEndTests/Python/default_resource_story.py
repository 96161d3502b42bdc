"""Clients that name no resource, because their libraries do not know RFC 8707: Authlib, requests-oauthlib, IdPyOIDC, and
one that does what the MCP conformance scenarios do, which sends neither `resource` nor `scope`.

Each logs a user in, and refreshes. Prints one JSON object: by library, the audience and scope of the tokens, or the error.
Reads the options of `story.py`.
"""

import asyncio
import base64
import hashlib
import logging
import os
import secrets
from typing import Any
from urllib.parse import urlencode

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"
os.environ["OAUTHLIB_RELAX_TOKEN_SCOPE"] = "1"

import httpx
import jwt
import requests
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session

import authlib_story
import idpyoidc_story
import requests_oauthlib_story
from browser import Browser
from story import Options, Report


def token_facts(*tokens: str) -> dict[str, Any]:
    """For whom the tokens are, and what they permit."""
    claims = [jwt.decode(token, options={"verify_signature": False}) for token in tokens]
    return {"audiences": [each["aud"] for each in claims], "scopes": [each.get("scope", "") for each in claims]}


def authlib(options: Options, metadata: dict[str, Any]) -> dict[str, Any]:
    session = authlib_story.Session(
        options, metadata, "confidential", options.secrets["confidential"], "client_secret_basic"
    )
    session.authorize()
    first = dict(session.oauth.token)
    session.oauth.refresh_token(refresh_token=first["refresh_token"])
    return token_facts(first["access_token"], session.oauth.token["access_token"])


def requests_oauthlib(options: Options, metadata: dict[str, Any]) -> dict[str, Any]:
    proof = HTTPBasicAuth("confidential", options.secrets["confidential"])
    session = OAuth2Session(
        "confidential", scope=requests_oauthlib_story.SCOPE, redirect_uri=options.redirect_uri, pkce="S256"
    )
    session.trust_env = False
    url, _ = session.authorization_url(metadata["authorization_endpoint"])
    answer = asyncio.run(Redirects(options.user).authorize(url, options.redirect_uri))
    response = requests.Request("GET", options.redirect_uri, params=answer).prepare().url
    endpoint = metadata["token_endpoint"]
    first = dict(session.fetch_token(endpoint, authorization_response=response, auth=proof))
    second = session.refresh_token(endpoint, refresh_token=first["refresh_token"], auth=proof)
    return token_facts(first["access_token"], second["access_token"])


def idpyoidc(options: Options, metadata: dict[str, Any]) -> dict[str, Any]:
    party = idpyoidc_story.RelyingParty(options)
    state = party.log_in()["state"]
    first = party.stored(state, "access_token")
    party.client.refresh_access_token(state)
    return token_facts(first, party.stored(state, "access_token"))


class Redirects(Browser):
    """A browser that remembers what it brought back; not every library says which error that was."""

    last: dict[str, str] = {}

    async def authorize(self, url: str, redirect_uri: str) -> dict[str, str]:
        Redirects.last = {}
        Redirects.last = await super().authorize(url, redirect_uri)
        return Redirects.last


def plain(options: Options, metadata: dict[str, Any]) -> dict[str, Any]:
    """Registers, and sends what RFC 6749 and RFC 7636 demand, and nothing else."""
    with httpx.Client(timeout=30, trust_env=False) as http:
        body = {"redirect_uris": [options.redirect_uri], "token_endpoint_auth_method": "none"}
        client = http.post(metadata["registration_endpoint"], json=body).raise_for_status().json()["client_id"]
        verifier = secrets.token_urlsafe(48)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        query = {
            "response_type": "code", "client_id": client, "redirect_uri": options.redirect_uri,
            "code_challenge": challenge, "code_challenge_method": "S256",
        }
        url = metadata["authorization_endpoint"] + "?" + urlencode(query)
        answer = asyncio.run(Redirects(options.user).authorize(url, options.redirect_uri))
        form = {
            "grant_type": "authorization_code", "code": answer["code"], "redirect_uri": options.redirect_uri,
            "client_id": client, "code_verifier": verifier,
        }
        tokens = http.post(metadata["token_endpoint"], data=form).raise_for_status().json()
        result = [tokens["access_token"]]
        if "refresh_token" in tokens:
            form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"], "client_id": client}
            result.append(http.post(metadata["token_endpoint"], data=form).raise_for_status().json()["access_token"])
        return token_facts(*result)


def run(options: Options) -> Report:
    report = Report("several", "")
    report.values["granted"] = {}
    metadata = options.metadata()
    for story in (authlib_story, idpyoidc_story):
        story.Browser = Redirects
    for client in (authlib, requests_oauthlib, idpyoidc, plain):
        try:
            report.values["granted"][client.__name__] = client(options, metadata)
        except Exception as error:  # noqa: BLE001: whatever the library raises is what its user sees
            answer = Redirects.last
            said = f"{answer['error']}: {answer['error_description']}" if "error" in answer else repr(error)
            report.refused(client.__name__, said)
    return report


if __name__ == "__main__":
    logging.disable()
    run(Options.read()).print()
