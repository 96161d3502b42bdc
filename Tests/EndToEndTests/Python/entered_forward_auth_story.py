"""A user's API key behind nginx: a service that knows nothing of OAuth gets the key, and nothing else reaches it.

Prints one JSON object: the answer to each request, and how often the service was asked.
"""

import asyncio
import json
import pathlib
from typing import Any

import httpx
import jwt

from entered_browser import EnteringBrowser
from forward_auth_story import Front
from upstream_story import Story, arguments

# What a client sends to be taken for somebody else. Programs behind gateways read the second name as the first.
SPOOFED = {"X-Api-Key": "Key of-the-client", "X_Api_Key": "Key of-the-client", "X-Auth-Subject": "administrator"}


class KeyStory(Story):
    """A user whose browser enters keys."""

    def new_browser(self) -> EnteringBrowser:
        return EnteringBrowser(self.options.user)

    def revoke(self, token: str) -> int:
        form = {"token": token, "client_id": self.client_id}
        return self.http.post(self.server["revocation_endpoint"], data=form).status_code


async def run(options: Any, http: httpx.Client) -> dict[str, Any]:
    story, front = KeyStory(options, http), Front(options, http)
    key = options.key_file.read_text().strip()
    tokens = await story.log_in()
    token = tokens["access_token"]
    other = (await story.log_in(resource=options.other_resource))["access_token"]
    report: dict[str, Any] = {
        "claims": jwt.decode(token, options={"verify_signature": False}),
        "unconnected": front.ask(token, SPOOFED),
        "requests_unconnected": front.requests(),
    }
    link = report["unconnected"]["headers"]["x-gatehouse-connect-uri"]
    entered = [{"key": "wk_of_somebody_else", "station": "north"}, {"key": key, "station": "north"}]
    report["entered"] = await story.browser.enter(link, entered)
    report["answers"] = story.browser.answers
    report["good"] = front.ask(token)
    report["good_spoofed"] = front.ask(token, SPOOFED)
    report["requests_when_good"] = front.requests()
    report["refused"] = {
        "no token": front.ask(None),
        "no token, a key of the client's own": front.ask(None, SPOOFED),
        "the key as the token": front.ask(key),
        "another resource's": front.ask(other, SPOOFED),
        "another resource's, which it names": front.ask(other, path=f"/mcp?resource={options.other_resource}"),
    }
    report["revocation"] = story.revoke(tokens["refresh_token"])
    report["refused"]["of a revoked session"] = front.ask(token, SPOOFED)
    # The connection outlives the session: the next login has it, until its user ends it.
    again = (await story.log_in())["access_token"]
    report["again"] = front.ask(again)
    for connection in story.connections(again):
        if connection["upstream"] == options.upstream:
            story.disconnect(again, connection["id"])
    report["disconnected"] = front.ask(again, SPOOFED)
    report["requests"] = front.requests()
    report["tokens"] = [token, other, again, tokens["refresh_token"]]
    return report


if __name__ == "__main__":
    parser = arguments()
    parser.add_argument("--front", required=True)
    parser.add_argument("--service", required=True)
    parser.add_argument("--other-resource", required=True)
    parser.add_argument("--key-file", required=True, type=pathlib.Path)
    with httpx.Client(timeout=30, trust_env=False) as client:
        print(json.dumps(asyncio.run(run(parser.parse_args(), client))), flush=True)
