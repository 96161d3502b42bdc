"""DPoP (RFC 9449) by a public client whose proofs PyJWT and cryptography make: nothing here is Gatehouse's code.

From the login to the refresh, to the claims about the user, and to the upstream token that the resource server
retrieves with the proof of its client.
"""

import asyncio
import base64
import hashlib
import json
import secrets
import time
from importlib.metadata import version
from typing import Any

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from browser import Browser
from story import Gatehouse, Options, Report

KEYS = {
    "ES256": (lambda: ec.generate_private_key(ec.SECP256R1()), ECAlgorithm),
    "EdDSA": (ed25519.Ed25519PrivateKey.generate, OKPAlgorithm),
    "RS256": (lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048), RSAAlgorithm),
    "PS256": (lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048), RSAAlgorithm),
}


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Key:
    """A client's key and its proofs."""

    def __init__(self, algorithm: str) -> None:
        make, kind = KEYS[algorithm]
        self.algorithm = algorithm
        self.key = make()
        public = json.loads(kind.to_jwk(self.key.public_key()))
        self.jwk = {name: public[name] for name in ("kty", "crv", "x", "y", "n", "e") if name in public}

    @property
    def thumbprint(self) -> str:
        return base64url(hashlib.sha256(json.dumps(self.jwk, sort_keys=True, separators=(",", ":")).encode()).digest())

    def proof(self, method: str, url: str, token: str | None = None, **changes: Any) -> str:
        claims = {"jti": secrets.token_urlsafe(), "htm": method, "htu": url, "iat": int(time.time())}
        if token is not None:
            claims["ath"] = base64url(hashlib.sha256(token.encode()).digest())
        headers = {"typ": "dpop+jwt", "jwk": self.jwk}
        return jwt.encode({**claims, **changes}, self.key, algorithm=self.algorithm, headers=headers)


class Client:
    def __init__(self, options: Options, gatehouse: Gatehouse, key: Key) -> None:
        self.options, self.gatehouse, self.key = options, gatehouse, key
        self.endpoint = gatehouse.metadata["token_endpoint"]

    def ask(self, form: dict[str, str], *proofs: str) -> dict[str, Any]:
        headers = [("DPoP", proof) for proof in proofs]
        data = {**form, "client_id": "public"}
        return httpx.post(self.endpoint, data=data, headers=headers, timeout=30, trust_env=False).json()

    def token(self, form: dict[str, str], **changes: Any) -> dict[str, Any]:
        return self.ask(form, self.key.proof("POST", self.endpoint, **changes))

    def code(self) -> dict[str, str]:
        verifier = secrets.token_urlsafe(48)
        parameters = {
            "response_type": "code", "client_id": "public", "redirect_uri": self.options.redirect_uri,
            "scope": "openid offline_access mcp:read", "resource": self.options.resource, "state": "s",
            "code_challenge": base64url(hashlib.sha256(verifier.encode()).digest()), "code_challenge_method": "S256",
            "dpop_jkt": self.key.thumbprint,
        }
        url = str(httpx.URL(self.gatehouse.metadata["authorization_endpoint"], params=parameters))
        answer = asyncio.run(Browser(self.options.user).authorize(url, self.options.redirect_uri))
        return {
            "grant_type": "authorization_code", "code": answer["code"], "code_verifier": verifier,
            "redirect_uri": self.options.redirect_uri,
        }

    def get(self, url: str, token: str, scheme: str = "DPoP", **changes: Any) -> httpx.Response:
        headers = {"Authorization": f"{scheme} {token}", "DPoP": self.key.proof("GET", url, token, **changes)}
        return httpx.get(url, headers=headers, timeout=30, trust_env=False)


def retrieve(options: Options, gatehouse: Gatehouse, token: str, proof: dict[str, str]) -> dict[str, Any]:
    """What the resource server gets for its client's token."""
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange", "subject_token": token, "audience": "corp",
        "subject_token_type": "urn:ietf:params:oauth:token-type:access_token", **proof,
    }
    server = (options.resource_client, options.secrets[options.resource_client])
    return httpx.post(
        gatehouse.metadata["token_endpoint"], data=form, auth=server, timeout=30, trust_env=False
    ).json()


def life(options: Options, gatehouse: Gatehouse, report: Report, algorithm: str) -> dict[str, Any]:
    client = Client(options, gatehouse, Key(algorithm))
    code = client.code()
    first = client.token(code)
    second = client.token({"grant_type": "refresh_token", "refresh_token": first["refresh_token"]})
    token = second["access_token"]
    report.tokens(first["access_token"], token, first["refresh_token"])
    url = options.resource.rstrip("/") + "/messages"
    relayed = {
        "subject_proof": client.key.proof("POST", url, token), "subject_proof_method": "POST", "subject_proof_url": url,
    }
    userinfo = gatehouse.metadata["userinfo_endpoint"]
    bound = gatehouse.introspect(token)
    return {
        "types": [first["token_type"], second["token_type"], bound["token_type"]],
        "is_bound": bound["cnf"] == {"jkt": client.key.thumbprint},
        "keeps_refresh_token": second["refresh_token"] == first["refresh_token"],
        "userinfo": client.get(userinfo, token).status_code,
        "as_bearer": client.get(userinfo, token, "Bearer").status_code,
        "retrieval": retrieve(options, gatehouse, token, relayed).get("error", "none"),
        "retrieval_without_proof": retrieve(options, gatehouse, token, {}).get("error", "none"),
    }


def run(options: Options) -> Report:
    report = Report("PyJWT", version("PyJWT"))
    gatehouse = Gatehouse(options)
    report.values["algorithms"] = gatehouse.metadata["dpop_signing_alg_values_supported"]
    report.values["lives"] = {each: life(options, gatehouse, report, each) for each in KEYS}

    client, other = Client(options, gatehouse, Key("ES256")), Client(options, gatehouse, Key("ES256"))
    code = client.code()

    def refused(name: str, answer: dict[str, Any]) -> None:
        report.refused(name, answer.get("error", "none"))

    refused("code without its key", client.ask(code))
    refused("code with another key", other.token(code))
    now = int(time.time())
    refused("old proof", client.token(code, iat=now - 400))
    refused("proof from the future", client.token(code, iat=now + 400))
    refused("proof for another method", client.token(code, htm="GET"))
    refused("proof for another endpoint", client.token(code, htu=gatehouse.metadata["userinfo_endpoint"]))
    proof = client.key.proof("POST", client.endpoint)
    refused("two proofs", client.ask(code, proof, client.key.proof("POST", client.endpoint)))
    tokens = client.ask(code, proof)
    report.tokens(tokens["access_token"], tokens["refresh_token"])
    refresh = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    refused("replayed proof", client.ask(refresh, proof))
    refused("refresh without a proof", client.ask(refresh))
    refused("refresh with another key", other.token(refresh))
    return report


if __name__ == "__main__":
    run(Options.read()).print()
