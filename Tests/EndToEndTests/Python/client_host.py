"""The web host of the clients: their metadata documents and keys over TLS, by a certificate authority made here.

Writes into `--folder` what the other programs need: `ca.pem` (for Gatehouse, which trusts nobody else for these names),
`client.pem` (the private key of the clients that prove themselves by key), `jwks.json` (its public half), and
`issuer.pem` (the private key of the trusted issuers). The ready line has the base URL; every document's path is its name
there.
"""

import argparse
import datetime
import ipaddress
import json
import pathlib
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from loopback import announce, exit_with_parent

# RFC 8252 §7.3: the port is the client's to choose, so none is named.
LOOPBACK = ["http://127.0.0.1/callback", "http://localhost/callback"]


def pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def certificates(folder: pathlib.Path) -> pathlib.Path:
    """A certificate authority of this run, and a certificate of it for the loopback names."""
    now = datetime.datetime.now(datetime.timezone.utc)
    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "End-to-end tests")])

    def builder(subject: x509.Name, public_key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(authority)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(days=1))
        )

    authority_certificate = (
        builder(authority, authority_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(authority_key, hashes.SHA256())
    )
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        builder(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]), key.public_key())
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    (folder / "ca.pem").write_bytes(authority_certificate.public_bytes(serialization.Encoding.PEM))
    served = folder / "host.pem"
    served.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + pem(key))
    return served


def rsa_key(folder: pathlib.Path, name: str) -> dict[str, object]:
    """An RSA key, which is what most client libraries know how to use; returns the public key set."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    (folder / f"{name}.pem").write_bytes(pem(key))
    public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key()))
    return {"keys": [{**public, "kid": f"{name}-key", "use": "sig", "alg": "RS256"}]}


def documents(
    base: str, key_set: dict[str, object], issuer_keys: dict[str, object]
) -> dict[str, dict[str, object]]:
    """CM-3: what stands at which path."""

    def document(path: str, **more: object) -> dict[str, object]:
        return {
            "client_id": base + path,
            "client_name": "Documented client",
            "redirect_uris": LOOPBACK,
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
            **more,
        }

    return {
        "/client.json": document("/client.json"),
        # CM-9: as ChatGPT's live document says it.
        "/plural.json": document(
            "/plural.json",
            grant_types=["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:jwt-bearer"],
            response_types=["code", "id_token"],
            token_endpoint_auth_method="private_key_jwt",
            token_endpoint_auth_methods_supported=["none", "private_key_jwt"],
            token_endpoint_auth_signing_alg="RS256",
            jwks_uri=base + "/jwks.json",
        ),
        # D-86: says that it is another.
        "/lying.json": document("/client.json"),
        "/jwks.json": key_set,
        # The keys of the trusted issuers, whose own addresses are elsewhere.
        "/issuer-keys.json": issuer_keys,
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", required=True, type=pathlib.Path)
    folder = parser.parse_args().folder
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates(folder))
    key_set, issuer_keys = rsa_key(folder, "client"), rsa_key(folder, "issuer")
    (folder / "jwks.json").write_text(json.dumps(key_set))
    pages: dict[str, bytes] = {}

    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = pages.get(self.path)
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    base = f"https://localhost:{server.server_address[1]}"
    pages.update({path: json.dumps(page).encode() for path, page in documents(base, key_set, issuer_keys).items()})
    exit_with_parent()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    announce(base=base)
    threading.Event().wait()


if __name__ == "__main__":
    main()
