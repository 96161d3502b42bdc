"""Glewlwyd as the subject of a conformance suite: registration is open, a public client is there, a user is signed in.

Its login page needs scripts, so the suite gets the user's cookie, and `prompt=none` takes the place of the page.
"""

import pathlib
import sqlite3
import tempfile

import httpx

import glewlwyd_provider as glewlwyd
from loopback import announce, exit_when_done, held_port, installed, program, until_listening

CLIENT = "conformance"
USER = "alice-7f3"
SESSION = "GLEWLWYD2_SESSION_ID"


def plugin(issuer: str) -> dict:
    """The plugin of the other tests, with everything on that a server for MCP needs."""
    plugin = glewlwyd.plugin(issuer, 3600)
    plugin["parameters"] |= {
        "register-client-allowed": True,
        "register-client-auth-scope": [],
        "register-client-credentials-scope": [],
        "pkce-method-plain-allowed": False,
        "introspection-revocation-auth-scope": [],
        "resource-allowed": True,
    }
    return plugin


def main() -> None:
    executable = installed("glewlwyd", package="glewlwyd")
    schema = pathlib.Path("/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3")
    with tempfile.TemporaryDirectory(prefix="gatehouse-e2e-glewlwyd-") as name, held_port() as port:
        folder = pathlib.Path(name)
        with sqlite3.connect(folder / "glewlwyd.db") as database:
            database.executescript(schema.read_text())
        database.close()
        (folder / "glewlwyd.conf").write_text(glewlwyd.configuration(folder, port))
        base = f"http://127.0.0.1:{port}"
        issuer = f"{base}/api/{glewlwyd.PLUGIN}"
        with program([executable, "--config-file", str(folder / "glewlwyd.conf")], folder) as process:
            until_listening(port, process)
            set_up(base, issuer)
            announce(issuer=issuer, client_id=CLIENT, cookie=f"{SESSION}={signed_in(base)}")
            exit_when_done(process)


def set_up(base: str, issuer: str) -> None:
    """What the operator would do in the administration page."""
    client = {
        "client_id": CLIENT,
        "confidential": False,
        "enabled": True,
        "name": "Conformance check",
        "redirect_uri": ["http://127.0.0.1:51004/callback"],
        "authorization_type": ["code", "refresh_token"],
        "token_endpoint_auth_method": ["none"],
        "scope": [],
    }
    user = {"username": USER, "password": USER, "enabled": True, "scope": glewlwyd.SCOPES, **glewlwyd.USERS[USER]}
    with httpx.Client(base_url=base + "/api", timeout=30, trust_env=False) as api:
        for path, body in [
            ("/auth/", glewlwyd.ADMINISTRATOR),
            *(("/scope/", {"name": scope, "display_name": scope}) for scope in glewlwyd.SCOPES[1:]),
            ("/mod/plugin/", plugin(issuer)),
            ("/client/", client),
            ("/user/", user),
        ]:
            answer = api.post(path, json=body)
            if answer.status_code != 200:
                raise SystemExit(f"glewlwyd refused {path}: {answer.status_code} {answer.text}")


def signed_in(base: str) -> str:
    """The session of a user who has agreed to the client, as the login page lets them."""
    with httpx.Client(base_url=base + "/api/auth", timeout=30, trust_env=False) as browser:
        login = browser.post("/", json={"username": USER, "password": USER})
        grant = browser.put(f"/grant/{CLIENT}", json={"scope": " ".join(glewlwyd.SCOPES)})
        for answer in (login, grant):
            if answer.status_code != 200:
                raise SystemExit(f"glewlwyd refused {answer.url}: {answer.status_code} {answer.text}")
        return browser.cookies[SESSION]


if __name__ == "__main__":
    main()
