"""Glewlwyd, the OpenID provider of Debian's package `glewlwyd`, with its SQLite backend: private data, a free port.

Nothing of the system's own service is used: configuration, database and log are in a temporary directory. It is set
up as its operator would do it, through its administration API; access tokens are short-lived, and a refresh token is
good for one use.
"""

import argparse
import pathlib
import sqlite3
import tempfile

import httpx
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from loopback import announce, exit_when_done, held_port, installed, program, until_listening

# What the package's own database has (`glewlwyd-common`); the account is changed by nobody, it lives for seconds.
ADMINISTRATOR = {"username": "admin", "password": "password"}
PLUGIN = "oidc"

USERS = {
    "alice-7f3": {"name": "Alice Anders", "email": "alice@corp.example"},
    "bob-c21": {"name": "Bob Bauer", "email": "bob@corp.example"},
}
SCOPES = ["openid", "profile", "email"]


def configuration(folder: pathlib.Path, port: int) -> str:
    modules = "/usr/lib/glewlwyd"
    return f"""
port={port}
bind_address="127.0.0.1"
external_url="http://127.0.0.1:{port}"
login_url="login.html"
api_prefix="api"
static_files_path="/usr/share/glewlwyd/webapp/"
log_mode="console"
log_level="WARNING"
cookie_secure=0
cookie_same_site="empty"
session_key="GLEWLWYD2_SESSION_ID"
session_expiration=3600
admin_session_authentication="cookie"
profile_session_authentication="cookie"
login_api_enabled=true
admin_scope="g_admin"
profile_scope="g_profile"
user_module_path="{modules}/user"
client_module_path="{modules}/client"
user_auth_scheme_module_path="{modules}/scheme"
plugin_module_path="{modules}/plugin"
use_secure_connection=false
secure_connection_key_file=""
secure_connection_pem_file=""
secure_connection_ca_file=""
hash_algorithm="SHA512"
static_files_mime_types = ( {{ extension = ".html" mime_type = "text/html" }} );
database = {{ type = "sqlite3" path = "{folder}/glewlwyd.db" }};
"""


def plugin(issuer: str, access_token_seconds: int) -> dict:
    key = ec.generate_private_key(ec.SECP256R1())
    return {
        "module": "oidc",
        "name": PLUGIN,
        "display_name": "OpenID Connect",
        "parameters": {
            "iss": issuer,
            "jwt-type": "ecdsa",
            "jwt-key-size": "256",
            "key": key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            ).decode(),
            "cert": key.public_key()
            .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
            .decode(),
            "access-token-duration": access_token_seconds,
            "refresh-token-duration": 1209600,
            "code-duration": 600,
            "refresh-token-rolling": True,
            "refresh-token-one-use": "always",
            "allow-non-oidc": False,
            "auth-type-code-enabled": True,
            "auth-type-code-revoke-replayed": True,
            "auth-type-refresh-enabled": True,
            "jwks-show": True,
            "subject-type": "public",
            "pkce-allowed": True,
            "pkce-required": True,
            "introspection-revocation-allowed": True,
            "introspection-revocation-allow-target-client": True,
            "name-claim": "mandatory",
            "email-claim": "mandatory",
        },
    }


def set_up(base: str, options: argparse.Namespace) -> None:
    """What the operator would do in the administration page."""
    client = {
        "client_id": options.client_id,
        "client_secret": options.client_secret_file.read_text().strip(),
        "confidential": True,
        "enabled": True,
        "name": "Gatehouse",
        "redirect_uri": options.redirect_uri,
        "authorization_type": ["code", "refresh_token", "client_credentials"],
        "token_endpoint_auth_method": ["client_secret_basic", "client_secret_post"],
        "scope": [],
    }
    with httpx.Client(base_url=base + "/api", timeout=30, trust_env=False) as api:
        requests = [
            ("/auth/", ADMINISTRATOR),
            *(("/scope/", {"name": name, "display_name": name, "password_required": True}) for name in SCOPES[1:]),
            ("/mod/plugin/", plugin(f"{base}/api/{PLUGIN}", options.access_token_seconds)),
            ("/client/", client),
            *(
                ("/user/", {"username": name, "password": name, "enabled": True, "scope": SCOPES, **facts})
                for name, facts in USERS.items()
            ),
        ]
        for path, body in requests:
            answer = api.post(path, json=body)
            if answer.status_code != 200:
                raise SystemExit(f"glewlwyd refused {path}: {answer.status_code} {answer.text}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--client-id", required=True)
    parser.add_argument("--client-secret-file", required=True, type=pathlib.Path)
    parser.add_argument("--redirect-uri", required=True, action="append")
    parser.add_argument("--access-token-seconds", required=True, type=int)
    options = parser.parse_args()
    executable = installed("glewlwyd", package="glewlwyd")
    # Not among the package's documentation: minimal systems install without that.
    schema = pathlib.Path("/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3")

    with tempfile.TemporaryDirectory(prefix="gatehouse-e2e-glewlwyd-") as name, held_port() as port:
        folder = pathlib.Path(name)
        with sqlite3.connect(folder / "glewlwyd.db") as database:
            database.executescript(schema.read_text())
        database.close()
        (folder / "glewlwyd.conf").write_text(configuration(folder, port))
        base = f"http://127.0.0.1:{port}"
        with program([executable, "--config-file", str(folder / "glewlwyd.conf")], folder) as process:
            until_listening(port, process)
            set_up(base, options)
            issuer = f"{base}/api/{PLUGIN}"
            discovery = httpx.get(issuer + "/.well-known/openid-configuration", timeout=30, trust_env=False)
            if discovery.status_code != 200 or discovery.json()["issuer"] != issuer:
                raise SystemExit(f"glewlwyd's discovery says {discovery.status_code} {discovery.text}")
            announce(issuer=issuer)
            exit_when_done(process)


if __name__ == "__main__":
    main()
