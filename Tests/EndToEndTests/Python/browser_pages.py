"""Every page that people see, in every language, on a phone and on a desk, in light and dark, by keyboard and by axe.

Starts `gatehouse dev` with two providers. The pages of one language are compared with the English ones by structure; a
client, a user and accounts have long and hostile names. Prints one JSON object with what is wrong.
"""

import argparse
import base64
import hashlib
import importlib.util
import json
import pathlib
import subprocess
import tempfile
from typing import Any
from urllib.parse import urlencode

import httpx

from chromium import Person, person
from loopback import unwind_at_end

LANGUAGES = ["en", "de", "fr", "es", "ja"]
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"
# Of the form of RFC 7636, appendix B; every login of this test has it.
VERIFIER = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJ"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
# Markup, a right-to-left override, no place to break, and scripts that are written from the right.
HOSTILE = "<b onclick=alert(1)>\u202eVerified\u202c by&quot; </h1>" + "Wort" * 30 + " אבטחה ประกัน"
# The elements of a page without its words: what a translation must not change.
STRUCTURE = """(() => [...document.querySelectorAll("body *")].map(element => [element.tagName,
element.className.baseVal ?? element.className, element.getAttribute("name") ?? "", element.getAttribute("type") ?? ""].join("."))
.filter(text => !text.startsWith("SPAN") && !/^(STRONG|CODE|BR)/.test(text)))()"""


class Server:
    """`gatehouse dev`, its control plane, and clients of it."""

    def __init__(self, report: dict[str, Any], http: httpx.Client) -> None:
        self.issuer = report["issuer"]
        self.control = report["control"]
        self.resource = report["resources"][0]
        self.http = http

    def command(self, path: str, **members: object) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.control['token']}"}
        return self.http.post(self.control["url"] + path, json=members, headers=headers).raise_for_status().json()

    def register(self, name: str, redirect_uri: str = "http://127.0.0.1/callback") -> str:
        body = {
            "redirect_uris": [redirect_uri],
            "token_endpoint_auth_method": "none",
            "client_name": name,
            "grant_types": ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"],
        }
        return self.http.post(self.issuer + "/oauth/register", json=body).raise_for_status().json()["client_id"]

    def authorization_url(self, client_id: str, redirect_uri: str = "http://127.0.0.1/callback", **more: str) -> str:
        parameters = {
            "response_type": "code", "client_id": client_id, "redirect_uri": redirect_uri, "state": "state-123",
            "scope": "mcp:read offline_access", "resource": self.resource["uri"], "code_challenge": CHALLENGE,
            "code_challenge_method": "S256", **more,
        }
        return self.issuer + "/oauth/authorize?" + urlencode(parameters)

    def device_code(self, client_id: str) -> str:
        data = {"client_id": client_id, "scope": "mcp:read", "resource": self.resource["uri"]}
        answer = self.http.post(self.issuer + "/oauth/device_authorization", data=data)
        return answer.raise_for_status().json()["user_code"]

    def connect_uri(self, access_token: str) -> str:
        """Where the user connects the account that is missing."""
        auth = (self.resource["client_id"], self.resource["client_secret"])
        for upstream in self.resource["upstreams"]:
            data = {
                "grant_type": EXCHANGE, "subject_token": access_token, "subject_token_type": ACCESS_TOKEN,
                "audience": upstream,
            }
            answer = self.http.post(self.issuer + "/oauth/token", data=data, auth=auth).json()
            if "connect_uri" in answer:
                return answer["connect_uri"]
        raise AssertionError("every account is connected")


class Tour:
    """One language's way through the pages."""

    def __init__(self, someone: Person, server: Server, language: str) -> None:
        self.someone = someone
        self.server = server
        self.language = language
        self.structures: dict[str, list[str]] = {}
        self.user = f"user-{language}"

    def see(self, name: str) -> None:
        self.someone.look(f"{self.language}, {name}")
        self.structures[name] = self.someone.evaluate(STRUCTURE)

    def sign_in(self) -> None:
        """At a development provider."""
        self.someone.press_by_keyboard(f"button[value={self.user}]")

    def errors(self) -> None:
        someone, server = self.someone, self.server
        someone.open(server.authorization_url("nobody"))
        self.see("unknown client")
        someone.open(server.authorization_url("nobody") + "&client_id=somebody")
        self.see("duplicate")
        elsewhere = server.register("Notes", "https://notes.example/callback")
        someone.open(server.authorization_url(elsewhere, "https://notes.example/callback", response_type="token"))
        self.see("interstitial")
        someone.open(server.issuer + "/oauth/callback/corp?state=x&error=access_denied")
        self.see("bad callback")
        someone.open(server.issuer + "/connections/connect/nothing")
        self.see("bad link")

    def login(self) -> None:
        someone, server = self.someone, self.server
        someone.open(server.issuer + "/connections")
        self.see("sign-in")
        someone.open(server.authorization_url(server.register(HOSTILE)))
        self.see("hostile consent")
        someone.open(server.authorization_url(server.register("Notes")))
        self.see("consent")
        someone.press_by_keyboard("button[value=approve]")
        self.sign_in()
        self.sign_in()
        self.see("account of a further provider")

    def connections(self) -> None:
        someone, server = self.someone, self.server
        session = server.command("/sessions", user=self.user)
        someone.open(server.issuer + "/connections")
        someone.press_by_keyboard("button[name=sign_in][value=corp]")
        self.sign_in()
        someone.open(server.issuer + "/connections")
        self.see("connections")
        someone.press_by_keyboard("button[name=disconnect]")
        self.see("disconnected")
        someone.open(server.connect_uri(session["access_token"]))
        self.see("connect")
        someone.press_by_keyboard("button[value=connect]")
        self.sign_in()
        self.see("connected")

    def device(self) -> None:
        someone, server = self.someone, self.server
        someone.open(server.issuer + "/device")
        self.see("device")
        for code, name in [("AAAA-AAAA", "wrong code"), (server.device_code(server.register("TV")), "device consent")]:
            field = someone.driver.find_element("name", "user_code")
            field.clear()
            field.send_keys(code)
            someone.press_by_keyboard("button.main")
            self.see(name)
        someone.press_by_keyboard("button[value=deny]")
        self.see("device refused")

    def endings(self) -> None:
        someone = self.someone
        someone.open(self.server.issuer + "/connections")
        self.see("applications")
        someone.press_by_keyboard("button[name=remove]")
        self.see("access removed")
        someone.open(self.server.issuer + "/connections")
        someone.press_by_keyboard("button[value=everywhere]")

    def go(self) -> dict[str, list[str]]:
        self.someone.speak(self.language)
        self.someone.is_brief = self.language != "en"
        user = f"{HOSTILE} {self.language}"
        self.server.command("/users", subject=self.user, name=user, email=f"{'long' * 14}@{self.language}.example")
        self.errors()
        self.login()
        self.connections()
        self.device()
        self.endings()
        return self.structures


def differences(tours: dict[str, dict[str, list[str]]]) -> list[str]:
    """How the pages of the other languages are built differently from the English ones."""
    found = []
    for language, pages in tours.items():
        for name, expected in tours["en"].items():
            actual = pages.get(name, [])
            if actual != expected:
                changed = sorted(set(actual) ^ set(expected))
                found.append(f"{language}, {name}: {len(actual)} elements, not {len(expected)}: {changed}")
    return found


def start(program: str) -> tuple[subprocess.Popen[str], dict[str, Any]]:
    command = [
        program, "dev", "--json", "--port", "0", "--exit-with-parent", "--upstream", "corp", "--upstream", "files",
        "--config-inline", "{device_authorization: true, agents: {enabled: true}, branding: {name: Example, footer: For tests}}",
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
    line = process.stdout.readline() if process.stdout else ""
    if not line:
        raise AssertionError(f"{program} did not start")
    return process, json.loads(line)


def axe() -> str:
    """The text of axe-core, which the package has in its folder; the package itself, which needs more, is not run."""
    found = importlib.util.find_spec("axe_playwright_python")
    if found is None or not found.submodule_search_locations:
        raise AssertionError("axe_playwright_python is not installed")
    return (pathlib.Path(found.submodule_search_locations[0]) / "axe.min.js").read_text()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--gatehouse", required=True)
    options = parser.parse_args()
    unwind_at_end()
    process, report = start(options.gatehouse)
    try:
        with (
            tempfile.TemporaryDirectory(prefix="gatehouse-e2e-pages-", ignore_cleanup_errors=True) as folder,
            httpx.Client(timeout=30, trust_env=False) as client,
            person("visitor", report["issuer"], pathlib.Path(folder), pathlib.Path(folder) / "profile") as visitor,
        ):
            visitor.axe = axe()
            visitor.takes_pictures = False
            server = Server(report, client)
            tours = {language: Tour(visitor, server, language).go() for language in LANGUAGES}
            print(
                json.dumps(
                    {
                        "pages": sorted(tours["en"]),
                        "looks": sum(len(pages) for pages in tours.values()),
                        "faults": visitor.faults,
                        "differences": differences(tours),
                        "complaints": visitor.complaints(),
                        "foreign_requests": visitor.foreign_requests(),
                    }
                ),
                flush=True,
            )
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()
