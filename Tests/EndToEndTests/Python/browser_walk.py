"""People with real browsers: consent, two logins, the connections, disconnecting, connecting in place, swapped links.

Each page of ours is looked at on the way (`chromium.py`), with scripts switched off throughout. Prints one JSON object:
what happened, and what is wrong with the pages; pictures of the pages go to a folder.
"""

import argparse
import base64
import hashlib
import http.server
import json
import pathlib
import secrets
import tempfile
import threading
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx

from chromium import Person, person
from loopback import unwind_at_end

TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"
CLIENT_NAME = "Field Notes for Claude"


class Returns(http.server.BaseHTTPRequestHandler):
    """Where the application listens for the answer, as desktop applications do."""

    queries: list[dict[str, str]] = []

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path == "/callback":
            type(self).queries.append(dict(parse_qsl(parts.query, keep_blank_values=True)))
        body = (
            b"<!doctype html><html lang=en><title>Back</title><link rel=icon href='data:,'><p>Back in the application."
            # Whoever sees this title has a browser that runs scripts.
            b"<script>document.title = 'Scripts run'</script>"
        )
        self.send_response(200 if parts.path == "/callback" else 404)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Nothing: codes are in the addresses."""


class Application:
    """An MCP client and the MCP server behind it, of one user."""

    def __init__(self, options: argparse.Namespace, http: httpx.Client, redirect_uri: str) -> None:
        self.options = options
        self.http = http
        self.redirect_uri = redirect_uri
        self.verifier = ""
        body = {
            "redirect_uris": [redirect_uri],
            "token_endpoint_auth_method": "none",
            "client_name": CLIENT_NAME,
            "client_uri": "https://claimed.example/app",
        }
        answer = http.post(options.issuer + "/oauth/register", json=body)
        self.client_id = answer.raise_for_status().json()["client_id"]
        self.access_token = ""

    def authorization_url(self, **changes: str) -> str:
        self.verifier = secrets.token_urlsafe(48)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()
        parameters = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": "openid offline_access mcp:read mcp:write",
            "state": secrets.token_urlsafe(16),
            "resource": self.options.resource,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            **changes,
        }
        return self.options.issuer + "/oauth/authorize?" + urlencode(parameters)

    def redeem(self) -> None:
        """The code of the last return."""
        answer = self.http.post(
            self.options.issuer + "/oauth/token",
            data={
                "grant_type": "authorization_code",
                "code": Returns.queries[-1]["code"],
                "redirect_uri": self.redirect_uri,
                "client_id": self.client_id,
                "code_verifier": self.verifier,
            },
        )
        self.access_token = answer.raise_for_status().json()["access_token"]

    def claims(self) -> dict[str, Any]:
        part = self.access_token.split(".")[1]
        return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))

    def retrieve(self, *upstreams: str) -> dict[str, Any]:
        """What the MCP server gets for its user."""
        data = {
            "grant_type": TOKEN_EXCHANGE,
            "subject_token": self.access_token,
            "subject_token_type": ACCESS_TOKEN,
            "audience": list(upstreams),
        }
        secret = self.options.client_secret_file.read_text().strip()
        return self.http.post(self.options.issuer + "/oauth/token", data=data, auth=("mcp-server", secret)).json()

    def connect_uri(self, upstream: str) -> str:
        """What the MCP server puts into URL-mode elicitation."""
        answer = self.retrieve(upstream)
        if answer.get("reason") != "not_connected":
            raise AssertionError(f"connected, or worse: {answer}")
        return answer["connect_uri"]


def returned(someone: Person, expected: int) -> dict[str, str]:
    if len(Returns.queries) != expected:
        raise AssertionError(f"{someone.name} did not come back but is on {someone.where()}\n{someone.text()}")
    return Returns.queries[-1]


def walk(alice: Person, bob: Person, options: argparse.Namespace, http: httpx.Client, redirect_uri: str) -> dict[str, Any]:
    report: dict[str, Any] = {}
    first, second = options.upstreams
    application = Application(options, http, redirect_uri)

    # Consent, refused.
    alice.open(application.authorization_url())
    report["consent"] = alice.look("consent")
    alice.press("Deny")
    report["denied_return"] = returned(alice, 1)

    # Consent, given: two logins, one session.
    alice.open(application.authorization_url())
    alice.press("Approve")
    report["legs"] = [alice.where()]
    alice.sign_in_upstream(options.alice)
    report["legs"].append(alice.where())
    alice.sign_in_upstream(options.alice)
    # The second account is new for her: she sees it and agrees.
    alice.press(f"Connect {second}")
    report["approved_return"] = returned(alice, 2)
    # A page with a script, after all those of ours and the providers': that none ran here means something.
    report["title_with_script"] = alice.driver.title
    application.redeem()
    report["claims"] = application.claims()
    report["both"] = application.retrieve(first, second)

    # The connections: who is it, what is there, an end to one.
    alice.open(options.issuer + "/connections")
    report["sign_in"] = alice.look("sign-in")
    alice.press(f"Sign in with {first}")
    alice.sign_in_upstream(options.alice)
    report["connections"] = alice.look("connections")
    alice.press(f"Disconnect {second}")
    report["disconnected"] = alice.look("disconnected")
    alice.press("Your connections")
    report["connections_after"] = alice.look("connections-after")

    # Connecting in place, by the link that the MCP server got.
    alice.open(application.connect_uri(second))
    report["connect"] = alice.look("connect")
    alice.press(f"Connect {second}")
    alice.sign_in_upstream(options.alice)
    report["connected"] = alice.look("connected")
    report["after_connect"] = application.retrieve(second)

    # The link in another person's browser, who has connections of his own.
    others = Application(options, http, redirect_uri)
    bob.open(others.authorization_url())
    bob.press("Approve")
    bob.sign_in_upstream(options.bob)
    bob.sign_in_upstream(options.bob)
    bob.press(f"Connect {second}")
    returned(bob, 3)
    others.redeem()
    alice.press("Your connections")
    alice.press(f"Disconnect {second}")
    link = application.connect_uri(second)
    bob.open(link)
    bob.press(f"Sign in with {first}")
    bob.sign_in_upstream(options.bob)
    report["another_user"] = bob.look("another-user")
    report["after_another_user"] = application.retrieve(second)

    # And the other way about: the right person, who chooses an account that is somebody else's.
    alice.open(link)
    alice.press(f"Connect {second}")
    alice.sign_in_upstream(options.bob)
    report["another_account"] = alice.look("another-account")
    report["after_another_account"] = application.retrieve(second)

    # Errors: before anything is known of the client, and after, where the way back is the person's own click.
    alice.open(application.authorization_url(client_id="nobody"))
    report["error"] = alice.look("error")
    alice.open(link + "x")
    report["bad_link"] = alice.look("bad-link")
    elsewhere = Application(options, http, "https://notes.example/callback")
    alice.open(elsewhere.authorization_url(response_type="token"))
    report["interstitial"] = alice.look("interstitial")
    report["secrets"] = [application.access_token, others.access_token]
    return report


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--issuer", required=True)
    parser.add_argument("--resource", required=True)
    parser.add_argument("--client-secret-file", required=True, type=pathlib.Path)
    parser.add_argument("--upstreams", required=True, nargs=2)
    parser.add_argument("--alice", required=True, help="her name at both upstreams")
    parser.add_argument("--bob", required=True)
    parser.add_argument("--pictures", required=True, type=pathlib.Path)
    options = parser.parse_args()
    options.pictures.mkdir(parents=True, exist_ok=True)
    unwind_at_end()
    returns = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Returns)
    threading.Thread(target=returns.serve_forever, daemon=True).start()
    redirect_uri = f"http://127.0.0.1:{returns.server_port}/callback"
    with (
        tempfile.TemporaryDirectory(prefix="gatehouse-e2e-browser-", ignore_cleanup_errors=True) as folder,
        httpx.Client(timeout=30, trust_env=False) as client,
        person("alice", options.issuer, options.pictures, pathlib.Path(folder) / "alice") as alice,
        person("bob", options.issuer, options.pictures, pathlib.Path(folder) / "bob") as bob,
    ):
        report = walk(alice, bob, options, client, redirect_uri)
        people = [alice, bob]
        report["faults"] = [fault for one in people for fault in one.faults]
        report["complaints"] = [complaint for one in people for complaint in one.complaints()]
        report["foreign_requests"] = [request for one in people for request in one.foreign_requests()]
        report["titles"] = alice.titles | bob.titles
    print(json.dumps(report), flush=True)


if __name__ == "__main__":
    main()
