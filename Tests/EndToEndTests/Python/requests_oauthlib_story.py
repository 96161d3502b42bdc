"""requests-oauthlib: OAuth 2.0 sessions of a public client, confidential ones and a machine, as its guide has them.

It refreshes by itself; revocation requests are made by oauthlib (`prepare_token_revocation_request`).
"""

import asyncio
import os
from importlib.metadata import version
from typing import Any

# oauthlib refuses plain http otherwise, and takes a narrowed scope for an error; all of this is loopback.
os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"
os.environ["OAUTHLIB_RELAX_TOKEN_SCOPE"] = "1"

import requests
from oauthlib.oauth2 import BackendApplicationClient, OAuth2Error
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session

from browser import Browser
from story import Gatehouse, Options, Report

SCOPE = ["openid", "profile", "email", "offline_access", "mcp:read"]


class Session:
    """A client that acts for a user; without a secret it is public and names itself in the body.

    A secret goes into the header, or, where the client is registered so, into the body.
    """

    def __init__(
        self, options: Options, metadata: dict[str, Any], client: str, secret: str | None, *, posts: bool = False
    ) -> None:
        self.options = options
        self.metadata = metadata
        self.client = client
        self.basic = None if secret is None or posts else HTTPBasicAuth(client, secret)
        self.form = {"client_id": client, "client_secret": secret} if posts else {"client_id": client}
        # The session puts these two into the header when it refreshes on its own.
        self.credentials = {} if self.basic is None else {"client_id": client, "client_secret": secret}
        self.renewed: list[dict[str, Any]] = []
        self.session = OAuth2Session(
            client,
            scope=SCOPE,
            redirect_uri=options.redirect_uri,
            pkce="S256",
            auto_refresh_url=metadata["token_endpoint"],
            auto_refresh_kwargs=self.form,
            token_updater=self.renewed.append,
        )
        self.session.trust_env = False

    def authorize(self, **changes: str) -> dict[str, Any]:
        """Logs the user in; `changes` are made to the answer that the browser brings."""
        url, _ = self.session.authorization_url(
            self.metadata["authorization_endpoint"], resource=self.options.resource
        )
        answer = asyncio.run(Browser(self.options.user).authorize(url, self.options.redirect_uri)) | changes
        response = requests.Request("GET", self.options.redirect_uri, params=answer).prepare().url
        proof = {"auth": self.basic} if self.basic else {"include_client_id": True, **self.form}
        proof.pop("client_id", None)
        return self.session.fetch_token(self.metadata["token_endpoint"], authorization_response=response, **proof)

    def userinfo(self) -> dict[str, Any]:
        return self.session.get(self.metadata["userinfo_endpoint"], **self.credentials).json()

    def revoke(self, token: str) -> int:
        url, headers, body = self.session._client.prepare_token_revocation_request(  # noqa: SLF001: its only name
            self.metadata["revocation_endpoint"], token, "refresh_token", **({} if self.basic else self.form)
        )
        return requests.post(url, body, headers=headers, auth=self.basic, timeout=30).status_code

    def run(self, gatehouse: Gatehouse) -> dict[str, Any]:
        first = dict(self.authorize())
        # As if the lifetime had passed: the next request refreshes by itself.
        self.session.token = {**first, "expires_at": 1}
        userinfo = self.userinfo()
        second = self.renewed[-1]
        before = gatehouse.introspect(second["access_token"])
        revocation = self.revoke(second["refresh_token"])
        after = gatehouse.introspect(second["access_token"])
        self.session.token = {**second, "expires_at": 1}
        return {
            "client_id": self.client,
            "userinfo": userinfo,
            "access_tokens": len({each["access_token"] for each in (first, second)}),
            "refresh_tokens": len({each["refresh_token"] for each in (first, second)}),
            "before": before,
            "revocation": revocation,
            "refresh": failure(self.userinfo),
            "after": after,
            "tokens": [each[name] for each in (first, second) for name in ("access_token", "refresh_token")],
        }


def failure(call: Any) -> str:
    """The OAuth error that oauthlib raises."""
    try:
        call()
    except OAuth2Error as error:
        return error.error
    return "none"


def machine(options: Options, metadata: dict[str, Any], secret: str, resource: str) -> dict[str, Any]:
    session = OAuth2Session(client=BackendApplicationClient("batch"), scope=["mcp:read"])
    session.trust_env = False
    return session.fetch_token(metadata["token_endpoint"], auth=HTTPBasicAuth("batch", secret), resource=resource)


def run(options: Options) -> Report:
    report = Report("requests-oauthlib", version("requests-oauthlib"))
    gatehouse = Gatehouse(options)
    metadata = gatehouse.metadata
    for name, client, posts in [
        ("public", "public", False),
        ("secret", "confidential", False),
        ("posted secret", "web", True),
    ]:
        story = Session(options, metadata, client, options.secrets.get(client), posts=posts).run(gatehouse)
        report.tokens(*story.pop("tokens"))
        report.values[name] = story

    secret = options.secrets["batch"]
    token = machine(options, metadata, secret, options.resource)["access_token"]
    report.tokens(token)
    report.values["machine"] = {
        "client_id": "batch",
        "before": gatehouse.introspect(token),
        "revocation": requests.post(
            metadata["revocation_endpoint"], {"token": token}, auth=("batch", secret), timeout=30
        ).status_code,
        "after": gatehouse.introspect(token),
    }

    def of(client: str, secret: str | None) -> Session:
        return Session(options, metadata, client, secret)

    other_method = Session(options, metadata, "web", options.secrets["web"])
    report.refused("secret by another method", failure(other_method.authorize))
    report.refused("wrong secret", failure(of("confidential", "wrong").authorize))
    report.refused("no secret", failure(of("confidential", None).authorize))
    report.refused("secret of a public client", failure(of("public", "guess").authorize))
    report.refused("made-up code", failure(lambda: of("public", None).authorize(code="made-up")))
    report.refused("made-up state", failure(lambda: of("public", None).authorize(state="made-up")))
    report.refused("wrong secret of a machine", failure(lambda: machine(options, metadata, "wrong", options.resource)))
    report.refused(
        "unknown resource", failure(lambda: machine(options, metadata, secret, "https://elsewhere.example/mcp"))
    )
    return report


if __name__ == "__main__":
    run(Options.read()).print()
