"""An access token judged by two independent libraries, and forgeries of it that both must refuse.

Reads the token from standard input. Prints one JSON object: the claims each library read, the error each library gave
for each forgery, and the forgeries themselves, so that the test can present them elsewhere.
"""

import argparse
import base64
import json
import sys
from typing import Any

import httpx
import jwt
from cryptography.hazmat.primitives import hashes, hmac, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from joserfc import jwt as jose_jwt
from joserfc.jwk import KeySet

ALGORITHMS = ["ES256", "EdDSA", "RS256"]

# RFC 7518 §6: members of a JWK that are secret; a published key set has none of them.
PRIVATE_MEMBERS = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}


def encoded(value: bytes | dict[str, Any]) -> str:
    data = value if isinstance(value, bytes) else json.dumps(value, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(part: str) -> dict[str, Any]:
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def by_pyjwt(token: str, keys: dict[str, Any], issuer: str, audience: str) -> dict[str, Any]:
    header = jwt.get_unverified_header(token)
    if header.get("typ") != "at+jwt":
        raise jwt.InvalidTokenError("typ")
    key = jwt.PyJWKSet.from_dict(keys)[header["kid"]]
    return jwt.decode(token, key, algorithms=ALGORITHMS, issuer=issuer, audience=audience)


def by_joserfc(token: str, keys: dict[str, Any], issuer: str, audience: str) -> dict[str, Any]:
    read = jose_jwt.decode(token, KeySet.import_key_set(keys), algorithms=ALGORITHMS)
    if read.header.get("typ") != "at+jwt":
        raise ValueError("typ")
    claims = jose_jwt.JWTClaimsRegistry(
        iss={"essential": True, "value": issuer},
        aud={"essential": True, "value": audience},
        exp={"essential": True},
        sub={"essential": True},
    )
    claims.validate(read.claims)
    return dict(read.claims)


def foreign_key(algorithm: str) -> Any:
    if algorithm == "ES256":
        return ec.generate_private_key(ec.SECP256R1())
    if algorithm == "EdDSA":
        return ed25519.Ed25519PrivateKey.generate()
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def forgeries(token: str, keys: dict[str, Any]) -> dict[str, str]:
    """What an attacker who knows everything public would send."""
    head, payload, signature = token.split(".")
    header, claims = decoded(head), decoded(payload)
    algorithm = header["alg"]
    foreign = foreign_key(algorithm)
    published = next(key for key in keys["keys"] if key["kid"] == header["kid"])
    foreign_public = json.loads(jwt.get_algorithm_by_name(algorithm).to_jwk(foreign.public_key()))
    public_pem = jwt.PyJWK(published).key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    confused = encoded({**header, "alg": "HS256"}) + "." + payload
    code = hmac.HMAC(public_pem, hashes.SHA256())
    code.update(confused.encode())

    def signed(more: dict[str, Any]) -> str:
        # The same claims and header members: only the key and `more` differ from the genuine token.
        return jwt.encode(claims, foreign, algorithm=algorithm, headers={**header, **more})

    return {
        "foreign key, same kid": signed({}),
        "foreign key, unknown kid": signed({"kid": "nobody"}),
        "foreign key embedded as jwk": signed({"jwk": foreign_public}),
        "changed claims": ".".join([head, encoded({**claims, "sub": "somebody-else"}), signature]),
        "alg none": encoded({**header, "alg": "none"}) + "." + payload + ".",
        "HS256 keyed with the public key": confused + "." + encoded(code.finalize()),
        "signature removed": head + "." + payload + ".",
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--jwks-uri", required=True)
    parser.add_argument("--issuer", required=True)
    parser.add_argument("--audience", required=True)
    options = parser.parse_args()
    token = sys.stdin.read().strip()
    keys = httpx.get(options.jwks_uri, timeout=10, trust_env=False).raise_for_status().json()

    verifiers = {"pyjwt": by_pyjwt, "joserfc": by_joserfc}
    refusals: dict[str, dict[str, str | None]] = {}
    forged = forgeries(token, keys)
    for name, forgery in forged.items():
        refusals[name] = {}
        for library, verify in verifiers.items():
            try:
                verify(forgery, keys, options.issuer, options.audience)
                refusals[name][library] = None
            except Exception as error:  # noqa: BLE001: any refusal is a refusal; its name is reported
                refusals[name][library] = type(error).__name__
    print(
        json.dumps(
            {
                "header": decoded(token.split(".")[0]),
                "claims": {
                    library: verify(token, keys, options.issuer, options.audience)
                    for library, verify in verifiers.items()
                },
                "forgeries": forged,
                "refusals": refusals,
                "private_members": sorted(PRIVATE_MEMBERS & set().union(*keys["keys"])),
            }
        ),
        flush=True,
    )


if __name__ == "__main__":
    main()
