"""A person enters an API key, by keyboard, in every language, on a phone and on a desk, in light and dark.

On the consent page the person leaves out an upstream that is offered; at the MCP server's first retrieval it is not
connected. Then a wrong key is refused, the right one is stored, and neither is in any page from then on. The same person
makes an agent's token, which is shown once. Prints one JSON object: what happened, and what is wrong with the pages.
"""

import argparse
import http.server
import json
import pathlib
import tempfile
import threading
from typing import Any

import httpx

from browser_pages import LANGUAGES, STRUCTURE, axe, differences
from browser_walk import Application, Returns, returned
from chromium import Person, person
from loopback import unwind_at_end

WRONG = "wk_1f3a77d2_of_somebody_else"
SCOPE = "openid offline_access mcp:read"


class Visit:
    """One language's way through the pages."""

    def __init__(self, someone: Person, application: Application, options: argparse.Namespace, language: str) -> None:
        self.someone = someone
        self.application = application
        self.options = options
        self.language = language
        self.user = f"person-{language}"
        self.structures: dict[str, list[str]] = {}
        #: What was typed or shown so far, and must not be in a further page.
        self.secrets: list[str] = []
        self.leaks: list[str] = []
        self.facts: dict[str, Any] = {}

    def see(self, name: str) -> str:
        text = self.someone.look(f"{self.language}, {name}")
        self.structures[name] = self.someone.evaluate(STRUCTURE)
        self.search(name)
        return text

    def search(self, name: str) -> None:
        """None of the secrets is in the page."""
        self.leaks += [f"{self.language}, {name}: {secret[:6]}" for secret in self.secrets if self.someone.holds(secret)]

    def log_in(self) -> None:
        someone, application = self.someone, self.application
        someone.open(application.authorization_url(scope=SCOPE))
        self.see("consent with an offer")
        self.facts["checked"] = someone.toggle_by_keyboard("input[name=upstream][value=files]")
        returns = len(Returns.queries)
        someone.press_by_keyboard("button[value=approve]")
        self.facts["provider"] = someone.where().split("?")[0]
        someone.sign_in_upstream(self.user)
        # No further provider was on the way.
        returned(someone, returns + 1)
        application.redeem()
        self.facts["offered"] = application.retrieve("files")

    def enter(self, key: str) -> None:
        self.someone.type_by_keyboard("input[name='field.key']", key)
        self.someone.type_by_keyboard("input[name='field.station']", "north")
        self.secrets.append(key)
        self.someone.press_by_keyboard("button[value=connect]")

    def connect(self) -> None:
        someone, application = self.someone, self.application
        key = self.options.key_file.read_text().strip()
        someone.open(application.connect_uri("weather"))
        someone.press_by_keyboard("button[name=sign_in][value=corp]")
        someone.sign_in_upstream(self.user)
        self.see("credential")
        if not someone.holds("field.key"):
            raise AssertionError("the search finds nothing, even where it must")
        self.enter(WRONG)
        self.see("credential refused")
        self.facts["after_wrong"] = application.retrieve("weather")
        self.enter(key)
        self.see("credential connected")
        self.facts["after_right"] = application.retrieve("weather")
        # Back to where the key was typed: the browser has not kept it there.
        someone.driver.back()
        self.search("back")
        someone.open(self.options.issuer + "/connections")
        self.see("connections with a credential")

    def agents(self) -> None:
        someone = self.someone
        someone.type_by_keyboard("input[name=agent_name]", "Night job")
        someone.press_by_keyboard("button[name=agent_make]")
        self.facts["agent_refused"] = self.see("agent refused")
        someone.open(self.options.issuer + "/connections")
        someone.type_by_keyboard("input[name=agent_name]", "Night job")
        someone.toggle_by_keyboard("input[name=agent_scope][value='mcp:read']")
        someone.toggle_by_keyboard("input[name=agent_upstream][value=weather]")
        someone.press_by_keyboard("button[name=agent_make]")
        self.see("agent made")
        token = someone.evaluate("document.querySelector('main code').textContent")
        self.facts["agent"] = someone.holds(token) and len(token)
        self.secrets.append(token)
        someone.open(self.options.issuer + "/connections")
        self.facts["agents"] = "Night job" in self.see("agents")
        someone.press_by_keyboard("button[name=agent_end]")
        self.see("agent ended")

    def go(self) -> None:
        self.someone.speak(self.language)
        self.someone.is_brief = self.language != "en"
        self.log_in()
        self.connect()
        self.agents()
        self.someone.open(self.options.issuer + "/connections")
        self.someone.press_by_keyboard("button[value=everywhere]")


def visit(someone: Person, options: argparse.Namespace, client: httpx.Client, redirect_uri: str) -> dict[str, Any]:
    visits = []
    for language in LANGUAGES:
        visits.append(Visit(someone, Application(options, client, redirect_uri), options, language))
        visits[-1].go()
    structures = {each.language: each.structures for each in visits}
    return {
        "pages": sorted(structures["en"]),
        "looks": sum(len(pages) for pages in structures.values()),
        "faults": someone.faults,
        "differences": differences(structures),
        "leaks": [leak for each in visits for leak in each.leaks],
        "facts": {each.language: each.facts for each in visits},
        "complaints": someone.complaints(),
        "foreign_requests": someone.foreign_requests(),
        "secrets": [secret for each in visits for secret in each.secrets],
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--issuer", required=True)
    parser.add_argument("--resource", required=True)
    parser.add_argument("--client-secret-file", required=True, type=pathlib.Path)
    parser.add_argument("--key-file", required=True, type=pathlib.Path, help="the key that the weather service accepts")
    options = parser.parse_args()
    unwind_at_end()
    returns = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Returns)
    threading.Thread(target=returns.serve_forever, daemon=True).start()
    redirect_uri = f"http://127.0.0.1:{returns.server_port}/callback"
    with (
        tempfile.TemporaryDirectory(prefix="gatehouse-e2e-credentials-", ignore_cleanup_errors=True) as folder,
        httpx.Client(timeout=30, trust_env=False) as client,
        person("visitor", options.issuer, pathlib.Path(folder), pathlib.Path(folder) / "profile") as visitor,
    ):
        visitor.axe = axe()
        visitor.takes_pictures = False
        report = visit(visitor, options, client, redirect_uri)
    print(json.dumps(report), flush=True)


if __name__ == "__main__":
    main()
