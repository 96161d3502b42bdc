"""RFC 9068: verifies Gatehouse's access tokens, as strictly as Gatehouse does."""

import base64
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from .errors import InsufficientScope, InvalidToken

#: The longest token that is read.
TOKEN_BYTES_MAX = 16_384
#: The last second of the year 9999.
_DATE_MAX = 253_402_300_799
_ALGORITHMS = ("ES256", "EdDSA", "RS256")
_BASE64URL = re.compile(r"[A-Za-z0-9_-]+\Z")
#: Headers that change what is signed, who signs, or what must be understood (RFC 7515 §4.1.11, RFC 8725 §3.10).
_REFUSED_HEADERS = ("crit", "b64", "enc", "zip", "jwk", "x5c")
_TEXT_CLAIMS = ("iss", "sub", "aud", "client_id", "jti")


@dataclass(frozen=True)
class AccessToken:
    """A verified token. ``claims`` has all of its claims."""

    token: str = field(repr=False)
    subject: str
    client_id: str
    scopes: frozenset[str]
    audience: str
    expires_at: int
    session: str | None
    claims: Mapping[str, Any] = field(repr=False)


def _decode(segment: str) -> bytes:
    if not _BASE64URL.match(segment):
        raise InvalidToken("a segment is not base64url")
    try:
        decoded = base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    except ValueError:
        raise InvalidToken("a segment is not base64url") from None
    # The unused bits of the last character must be zero, or one token has several spellings.
    if base64.urlsafe_b64encode(decoded).rstrip(b"=").decode() != segment:
        raise InvalidToken("a segment is not canonical base64url")
    return decoded


def _object(data: bytes) -> dict[str, Any]:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(pairs)
        if len(members) != len(pairs):
            raise InvalidToken("a member occurs twice")
        return members

    def constant(_: str) -> None:
        raise InvalidToken("not JSON")

    try:
        value = json.loads(data.decode("utf-8"), object_pairs_hook=unique, parse_constant=constant)
    except (ValueError, RecursionError):
        raise InvalidToken("not JSON") from None
    if not isinstance(value, dict):
        raise InvalidToken("not a JSON object")
    return value


class KeySet:
    """RFC 7517 §5: the published keys, by ``kid``. Keys that cannot verify our tokens are skipped."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._keys: dict[str, tuple[str, Any]] = {}
        for jwk in document.get("keys", []) if isinstance(document.get("keys"), list) else []:
            try:
                self._add(jwk)
            except (KeyError, TypeError, ValueError, InvalidToken):
                continue

    def _add(self, jwk: Mapping[str, Any]) -> None:
        name = jwk["kid"]
        if "d" in jwk or jwk.get("use", "sig") != "sig" or "verify" not in jwk.get("key_ops", ["verify"]):
            return
        kind, curve = jwk["kty"], jwk.get("crv")
        if kind == "EC" and curve == "P-256":
            x, y = (int.from_bytes(_decode(jwk[part]), "big") for part in ("x", "y"))
            algorithm, key = "ES256", ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
        elif kind == "OKP" and curve == "Ed25519":
            algorithm, key = "EdDSA", ed25519.Ed25519PublicKey.from_public_bytes(_decode(jwk["x"]))
        elif kind == "RSA":
            n, e = (int.from_bytes(_decode(jwk[part]), "big") for part in ("n", "e"))
            if not 2048 <= n.bit_length() <= 8192:
                return
            algorithm, key = "RS256", rsa.RSAPublicNumbers(e, n).public_key()
        else:
            return
        if jwk.get("alg", algorithm) in (algorithm, "Ed25519" if algorithm == "EdDSA" else algorithm):
            self._keys[name] = (algorithm, key)

    def __contains__(self, name: str) -> bool:
        return name in self._keys

    def check(self, algorithm: str, name: str, signed: bytes, signature: bytes) -> None:
        """Raises `InvalidToken` unless that key has signed."""
        if name not in self._keys or self._keys[name][0] != algorithm:
            raise InvalidToken("no published key has this name and algorithm")
        key = self._keys[name][1]
        try:
            if algorithm == "ES256":
                if len(signature) != 64:
                    raise InvalidSignature
                r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
                key.verify(encode_dss_signature(r, s), signed, ec.ECDSA(hashes.SHA256()))
            elif algorithm == "EdDSA":
                key.verify(signature, signed)
            else:
                key.verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())
        except (InvalidSignature, ValueError):
            raise InvalidToken("the signature is wrong") from None


def header(token: str, media_type: str = "at+jwt") -> tuple[str, str]:
    """The algorithm and the key's name that the token's header gives; nothing is verified yet."""
    if len(token.encode("utf-8", "surrogatepass")) > TOKEN_BYTES_MAX or token.count(".") != 2:
        raise InvalidToken("not a compact JWS")
    members = _object(_decode(token.split(".")[0]))
    for name in _REFUSED_HEADERS:
        if name in members:
            raise InvalidToken(f"the header {name} is not accepted")
    content = members.get("cty")
    if content is not None and (not isinstance(content, str) or content.lower() == "jwt"):
        raise InvalidToken("a nested token")
    found = members.get("typ")
    if not isinstance(found, str) or found.lower().removeprefix("application/") != media_type:
        raise InvalidToken("not an access token" if media_type == "at+jwt" else "not a security event")
    algorithm = members.get("alg")
    algorithm = "EdDSA" if algorithm == "Ed25519" else algorithm
    if algorithm not in _ALGORITHMS:
        raise InvalidToken("the algorithm is not accepted")
    name = members.get("kid")
    if not isinstance(name, str) or not re.fullmatch(r"[\x20-\x7e]{1,256}", name):
        raise InvalidToken("the token names no key")
    return algorithm, name


def _date(claims: Mapping[str, Any], name: str) -> int:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _DATE_MAX:
        raise InvalidToken(f"{name} is missing or not a date")
    return value


def signed_claims(token: str, keys: KeySet, media_type: str) -> dict[str, Any]:
    """The claims of a token of another type, whose signature is right; the caller checks what they say."""
    algorithm, name = header(token, media_type)
    first, second, third = token.split(".")
    claims = _object(_decode(second))
    keys.check(algorithm, name, f"{first}.{second}".encode(), _decode(third))
    return claims


def _check(claims: Mapping[str, Any], issuer: str, audience: str, now: float, skew: float) -> None:
    for name in _TEXT_CLAIMS:
        if not isinstance(claims.get(name), str) or not claims[name]:
            raise InvalidToken(f"{name} is missing or not a text")
    for name in ("scope", "tsid"):
        if name in claims and (not isinstance(claims[name], str) or not claims[name]):
            raise InvalidToken(f"{name} is not a text")
    if claims["iss"] != issuer:
        raise InvalidToken("another issuer")
    if claims["aud"] != audience:
        raise InvalidToken("another audience")
    # A token that is bound to a key must not be accepted without proof of that key (RFC 7800 §3.1).
    if "cnf" in claims:
        raise InvalidToken("the token is bound to a key")
    if "act" in claims and not (isinstance(claims["act"], dict) and claims["act"].get("sub")):
        raise InvalidToken("act names no actor")
    if now - skew >= _date(claims, "exp"):
        raise InvalidToken("expired")
    if _date(claims, "iat") > now + skew:
        raise InvalidToken("issued in the future")
    if "nbf" in claims and _date(claims, "nbf") > now + skew:
        raise InvalidToken("not valid yet")


def verify(
    token: str,
    keys: KeySet,
    *,
    issuer: str,
    audience: str,
    now: float,
    skew: float = 0,
    scopes: Iterable[str] = (),
) -> AccessToken:
    """Verifies a token without any network; raises `InvalidToken` or `InsufficientScope`.

    Cheap checks come before the signature: a flood of expired tokens must not cost signature checks.
    """
    algorithm, name = header(token)
    first, second, third = token.split(".")
    claims = _object(_decode(second))
    _check(claims, issuer, audience, now, skew)
    keys.check(algorithm, name, f"{first}.{second}".encode(), _decode(third))
    verified = AccessToken(
        token=token,
        subject=claims["sub"],
        client_id=claims["client_id"],
        scopes=frozenset(claims.get("scope", "").split(" ")) - {""},
        audience=claims["aud"],
        expires_at=claims["exp"],
        session=claims.get("tsid"),
        claims=claims,
    )
    require(verified, scopes)
    return verified


def require(token: AccessToken, scopes: Iterable[str]) -> None:
    """Raises `InsufficientScope` unless the token has all of these."""
    required = frozenset(scopes)
    if not required <= token.scopes:
        raise InsufficientScope(required)
