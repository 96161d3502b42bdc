"""IdPyOIDC: relying parties that register themselves, or that Gatehouse knows already, by secret and by key.

Its services do everything: discovery, registration, PKCE, the check of the ID token, userinfo, refresh, introspection
and revocation. Four of its ways decide how it is set up:

- It stops at a registration answer whose `scope` is not one word that it supports, so it registers with `openid`; what
  it asks for later is not bound by that.
- It names the token endpoint as audience of its assertions, which takes the operator's leave (CA-3).
- It cannot read the empty body that RFC 7009 §2.2 has for a revocation, so the status is read off its HTTP client.
- It makes proofs of possession (RFC 9449) itself, but writes `ath` in hexadecimal where §4.2 has base64url. A client
  with bound tokens therefore gets them, refreshes them, and does not ask for the user's claims.
"""

import asyncio
import logging
from importlib.metadata import version
from typing import Any

import requests
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptojwt.jwk.rsa import RSAKey, import_private_rsa_key_from_file
from cryptojwt.key_bundle import KeyBundle
from cryptojwt.key_jar import KeyJar
from idpyoidc.client.defaults import DEFAULT_OIDC_SERVICES
from idpyoidc.client.exception import OidcServiceError, ResponseError
from idpyoidc.client.oauth2.stand_alone_client import StandAloneClient
from idpyoidc.client.rp_handler import RPHandler

from browser import Browser
from story import Options, Report, foreign_key

SCOPE = ["openid", "profile", "email", "offline_access", "mcp:read"]
SERVICES = {
    **DEFAULT_OIDC_SERVICES,
    "introspection": {"class": "idpyoidc.client.oauth2.introspection.Introspection"},
    "token_revocation": {"class": "idpyoidc.client.oauth2.token_revocation.TokenRevocation"},
}
# The library makes a symmetric key of every secret, and refuses short ones.
WRONG = "not the secret of anybody here"
PKCE = {
    "function": "idpyoidc.client.oauth2.add_on.pkce.add_support",
    "kwargs": {"code_challenge_length": 64, "code_challenge_method": "S256"},
}
DPOP = {
    "function": "idpyoidc.client.oauth2.add_on.dpop.add_support",
    "kwargs": {
        "dpop_signing_alg_values_supported": ["ES256"], "with_dpop_header": ["accesstoken", "refresh_token"],
    },
}


class RelyingParty:
    """One client; without `client` it registers itself."""

    def __init__(
        self,
        options: Options,
        *,
        client: str | None = None,
        secret: str | None = None,
        key: Any = None,
        method: str = "client_secret_basic",
        is_bound: bool = False,
    ) -> None:
        self.options = options
        self.method = method
        self.status = 0
        configuration: dict[str, Any] = {
            "client_type": "oidc",
            "issuer": options.issuer,
            "redirect_uris": [options.redirect_uri],
            "application_type": "native",
            "response_types_supported": ["code"],
            "scopes_supported": SCOPE,
            "token_endpoint_auth_methods_supported": [method],
            "client_authn_methods": [method, "bearer_header"],
            "add_ons": {"pkce": PKCE, "dpop": DPOP} if is_bound else {"pkce": PKCE},
        }
        if client is not None:
            configuration |= {"client_id": client, "client_secret": secret or ""}
        keys = KeyJar()
        if key is not None:
            bundle = KeyBundle()
            bundle.append(RSAKey(priv_key=key, use="sig", kid="client-key"))
            keys.add_kb("", bundle)
        self.handler = RPHandler(
            base_url="http://127.0.0.1",
            client_configs={options.issuer: configuration},
            services={name: each for name, each in SERVICES.items() if not is_bound or name != "userinfo"},
            keyjar=keys,
            httpc=self._request,
            httpc_params={"timeout": 30},
        )
        self.client: StandAloneClient = self.handler.init_client(options.issuer)
        self.client.do_provider_info()
        self.client.do_client_registration(request_args=None if client else {"scope": "openid"})
        self.handler.issuer2rp[options.issuer] = self.client

    def _request(self, method: str, url: str, **arguments: Any) -> requests.Response:
        response = requests.request(method, url, **arguments)
        self.status = response.status_code
        return response

    def log_in(self, **changes: str) -> dict[str, Any]:
        """Logs the user in; `changes` are made to the answer that the browser brings."""
        url = self.handler.begin(self.options.issuer, req_args={"scope": SCOPE})
        answer = asyncio.run(Browser(self.options.user).authorize(url, self.options.redirect_uri))
        return self.handler.finalize(self.options.issuer, answer | changes)

    def stored(self, state: str, name: str) -> str:
        return self.client.get_context().cstate.get_set(state, claim=[name])[name]

    def introspect(self, token: str) -> dict[str, Any]:
        return self.client.do_request(
            "introspection", request_args={"token": token}, authn_method=self.method
        ).to_dict()

    def revoke(self, token: str, state: str) -> int:
        try:
            self.client.do_request(
                "token_revocation", request_args={"token": token}, authn_method=self.method, state=state
            )
        except ResponseError:
            pass  # the empty body; the status says how it went
        return self.status

    def run(self, resource: "RelyingParty") -> dict[str, Any]:
        login = self.log_in()
        state = login["state"]
        first = {name: self.stored(state, name) for name in ("access_token", "refresh_token")}
        self.client.refresh_access_token(state)
        second = {name: self.stored(state, name) for name in ("access_token", "refresh_token")}
        userinfo = self.client.get_user_info(state).to_dict()
        before = resource.introspect(second["access_token"])
        revocation = self.revoke(second["refresh_token"], state)
        after = resource.introspect(second["access_token"])
        return {
            "client_id": self.client.get_client_id(),
            "claims": login["id_token"].to_dict(),
            "userinfo": userinfo,
            "access_tokens": len({each["access_token"] for each in (first, second)}),
            "refresh_tokens": len({each["refresh_token"] for each in (first, second)}),
            "before": before,
            "revocation": revocation,
            "refresh": failure(lambda: self.client.refresh_access_token(state)),
            "after": after,
            "tokens": [*first.values(), *second.values()],
        }

    def run_bound(self, resource: "RelyingParty") -> dict[str, Any]:
        """Tokens and a refresh with proofs of the library's own key; then a refresh with another one."""
        state = self.log_in()["state"]
        names = ("access_token", "refresh_token", "token_type")
        first = {name: self.stored(state, name) for name in names}
        self.client.refresh_access_token(state)
        second = {name: self.stored(state, name) for name in names}
        proofs = self.client.get_context().add_on["dpop"]
        thumbprint = proofs.pop("key").thumbprint("SHA-256").decode()
        # The next proof is made with a new key.
        self.client.refresh_access_token(state)
        third = {name: self.stored(state, name) for name in names}
        return {
            "types": [each["token_type"] for each in (first, second, third)],
            "thumbprint": thumbprint,
            "keys": [resource.introspect(each["access_token"])["cnf"]["jkt"] for each in (first, second, third)],
            "tokens": [each[name] for each in (first, second, third) for name in names[:2]],
        }


def failure(call: Any) -> str:
    """The OAuth error that the library raises."""
    try:
        call()
    except OidcServiceError as error:
        return str(error)
    return "none"


def run(options: Options) -> Report:
    report = Report("idpyoidc", version("idpyoidc"))
    resource = RelyingParty(
        options, client=options.resource_client, secret=options.secrets[options.resource_client]
    )
    key = import_private_rsa_key_from_file(options.client_key)
    for name, known in {
        "registered": {},
        "secret": {"client": "confidential", "secret": options.secrets["confidential"]},
        "key": {"client": "older-signing", "key": key, "method": "private_key_jwt"},
    }.items():
        story = RelyingParty(options, **known).run(resource)
        report.tokens(*story.pop("tokens"))
        report.values[name] = story

    confidential = {"client": "confidential", "secret": options.secrets["confidential"]}
    bound = RelyingParty(options, **confidential, is_bound=True).run_bound(resource)
    report.tokens(*bound.pop("tokens"))
    report.values["bound"] = bound

    def refused(name: str, **known: Any) -> None:
        report.refused(name, failure(RelyingParty(options, **known).log_in))

    refused("wrong secret", client="confidential", secret=WRONG)
    refused("secret by another method", client="web", secret=options.secrets["web"])
    foreign = load_pem_private_key(foreign_key().encode(), None)
    refused("foreign key", client="older-signing", key=foreign, method="private_key_jwt")
    refused("token endpoint as audience without leave", client="signing", key=key, method="private_key_jwt")
    # RFC 9207 §2.4: the library compares the issuer in the answer with the one it asked.
    report.refusal(
        "answer of another issuer",
        lambda: RelyingParty(options, **confidential).log_in(iss="https://elsewhere.example"),
        said=lambda error: type(error).__name__,
    )
    report.refused("made-up code", failure(lambda: RelyingParty(options, **confidential).log_in(code="made-up")))
    wrong = RelyingParty(options, client=options.resource_client, secret=WRONG).introspect("token")
    report.refused("introspection with a wrong secret", str(wrong.get("error")))
    return report


if __name__ == "__main__":
    logging.disable()
    run(Options.read()).print()
