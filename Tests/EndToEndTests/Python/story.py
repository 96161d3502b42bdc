"""What the clients' stories have in common: what they are told, what is asked beside the library, and what they report.

A story reads its options as one JSON object from standard input and prints one JSON object. What a library can do by
itself, the library does; only what it lacks is asked here, by plain HTTP.
"""

import json
import secrets
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class Options:
    """Where everything is, and whom Gatehouse's configuration knows; see `ClientDeployment`."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.issuer: str = values["issuer"]
        self.resource: str = values["resource"]
        self.user: str = values["user"]
        #: The host of metadata documents and keys, and the private key whose public half it serves.
        self.client_host: str = values["client_host"]
        self.client_key: str = values["client_key"]
        #: The private key of the trusted issuers, one of which is the upstream's.
        self.issuer_key: str = values["issuer_key"]
        self.upstream_issuer: str = values["upstream_issuer"]
        #: The pre-registered clients' secrets, by their ids; the resource server's is among them.
        self.secrets: dict[str, str] = values["secrets"]
        self.resource_client: str = values["resource_client"]
        self.redirect_uri: str = values["redirect_uri"]

    @classmethod
    def read(cls) -> "Options":
        return cls(json.load(sys.stdin))

    def metadata(self) -> dict[str, Any]:
        url = self.issuer + "/.well-known/oauth-authorization-server"
        return httpx.get(url, timeout=30, trust_env=False).raise_for_status().json()


def foreign_key() -> str:
    """A private key that no client registered."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


class Proof:
    """How a client shows at an endpoint who it is: by secret, by key (RFC 7523 §2.2), or not at all."""

    def __init__(
        self, client: str, *, secret: str | None = None, key: str | None = None, posts_secret: bool = False
    ) -> None:
        self.client = client
        self.secret = secret
        self.key = key
        self.posts_secret = posts_secret

    def arguments(self, form: dict[str, str], issuer: str) -> dict[str, Any]:
        if self.secret is not None and self.posts_secret:
            return {"data": {**form, "client_id": self.client, "client_secret": self.secret}}
        if self.secret is not None:
            return {"data": form, "auth": (self.client, self.secret)}
        if self.key is None:
            return {"data": {**form, "client_id": self.client}}
        now = int(time.time())
        claims = {"iss": self.client, "sub": self.client, "aud": issuer, "iat": now, "exp": now + 300}
        assertion = jwt.encode({**claims, "jti": secrets.token_urlsafe()}, self.key, algorithm="RS256")
        return {"data": {**form, "client_assertion_type": JWT_BEARER, "client_assertion": assertion}}


class Gatehouse:
    """The endpoints, asked by plain HTTP."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.metadata = options.metadata()

    def introspect(self, token: str) -> dict[str, Any]:
        """What the resource server is told of a token (RFC 7662)."""
        client = self.options.resource_client
        proof = Proof(client, secret=self.options.secrets[client])
        answer = self._post("introspection_endpoint", {"token": token}, proof)
        return answer.raise_for_status().json()

    def revoke(self, token: str, proof: Proof) -> int:
        """RFC 7009; returns the status."""
        return self._post("revocation_endpoint", {"token": token}, proof).status_code

    def refresh(self, token: str, proof: Proof) -> str:
        """RFC 6749 §6; returns the error, or that there was none."""
        form = {"grant_type": "refresh_token", "refresh_token": token}
        return self._post("token_endpoint", form, proof).json().get("error", "none")

    def token(self, form: dict[str, str], proof: Proof) -> str:
        """An access token by any grant."""
        return self._post("token_endpoint", form, proof).raise_for_status().json()["access_token"]

    def _post(self, endpoint: str, form: dict[str, str], proof: Proof) -> httpx.Response:
        arguments = proof.arguments(form, self.options.issuer)
        return httpx.post(self.metadata[endpoint], timeout=30, trust_env=False, **arguments)


class Report:
    """What a story tells the test."""

    def __init__(self, library: str, version: str) -> None:
        self.values: dict[str, Any] = {"library": f"{library} {version}", "refusals": {}, "secrets": []}

    def tokens(self, *tokens: str | None) -> None:
        """Notes what must not be found in anything that Gatehouse says."""
        self.values["secrets"] += [token for token in tokens if token]

    def refused(self, name: str, error: str) -> None:
        self.values["refusals"][name] = error

    def refusal(self, name: str, call: Callable[[], Any], *, said: Callable[[Exception], str] = str) -> None:
        """Notes how a call failed; one that did not fail is noted too, for the test to see."""
        try:
            result = call()
        except Exception as error:  # noqa: BLE001: whatever the library raises is what its user sees
            self.refused(name, said(error))
        else:
            self.refused(name, f"not refused: {result}")

    async def async_refusal(
        self, name: str, call: Callable[[], Awaitable[Any]], *, said: Callable[[Exception], str] = str
    ) -> None:
        try:
            result = await call()
        except Exception as error:  # noqa: BLE001: as above
            self.refused(name, said(error))
        else:
            self.refused(name, f"not refused: {result}")

    def print(self) -> None:
        print(json.dumps(self.values), flush=True)
