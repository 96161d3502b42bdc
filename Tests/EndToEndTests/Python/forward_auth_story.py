"""What reaches a service behind nginx, and what does not: good tokens, and everything an attacker would send instead.

Prints one JSON object: the answer to each request, and how often the service was asked.
"""

import asyncio
import json
import pathlib
import time
from typing import Any

import httpx
import jwt

from upstream_story import Story, arguments
from verify_tokens import forgeries

# What a service behind such a proxy trusts, sent by a client.
SPOOFED = {
    "X-Auth-Subject": "administrator",
    "X-Auth-Client": "spoofed",
    "X-Auth-Scope": "mcp:admin",
    "X-Auth-Session": "ts_spoofed",
    "X-Gatehouse-Resource": "https://tools.example.com/mcp",
    "X-Original-URI": "/public",
}


class Front:
    """The proxy, as anybody on the network sees it."""

    def __init__(self, options: Any, http: httpx.Client) -> None:
        self.options = options
        self.http = http

    def ask(self, token: str | None, headers: dict[str, str] | None = None, path: str = "/mcp/tools?a=1") -> dict[str, Any]:
        fields = dict(headers or {})
        if token is not None:
            fields["Authorization"] = f"Bearer {token}"
        answer = self.http.post(self.options.front + path, headers=fields, content=b"body")
        seen: dict[str, list[str]] | None = None
        if answer.status_code == 200:
            seen = {}
            for name, value in answer.json()["headers"]:
                seen.setdefault(name, []).append(value)
        return {
            "status": answer.status_code,
            "challenge": answer.headers.get("www-authenticate"),
            "headers": dict(answer.headers),
            "seen": seen,
        }

    def requests(self) -> int:
        return self.http.get(self.options.service + "/requests").json()["requests"]


def expired(token: str, key_file: pathlib.Path) -> str:
    """The same token, signed by the server's own key, whose time has passed."""
    header = jwt.get_unverified_header(token)
    claims = jwt.decode(token, options={"verify_signature": False})
    now = int(time.time())
    claims |= {"iat": now - 7200, "exp": now - 3600}
    extra = {name: value for name, value in header.items() if name != "alg"}
    return jwt.encode(claims, key_file.read_text(), algorithm=header["alg"], headers=extra)


async def run(options: Any, http: httpx.Client) -> dict[str, Any]:
    story, front = Story(options, http), Front(options, http)
    token = (await story.log_in())["access_token"]
    other = (await story.log_in(resource=options.other_resource))["access_token"]
    narrow = (await story.log_in(scope="openid"))["access_token"]
    upstream = story.retrieve(token)["access_token"]
    keys = story.json(http.get(story.server["jwks_uri"]))
    report: dict[str, Any] = {
        "claims": jwt.decode(token, options={"verify_signature": False}),
        "upstream_access_token": upstream,
        "good": front.ask(token),
        "good_spoofed": front.ask(token, SPOOFED),
        "metadata": http.get(options.front + "/.well-known/oauth-protected-resource/mcp").json(),
    }
    report["requests_when_good"] = front.requests()
    bad = {
        "no token": (None, {}),
        "no token, spoofed headers": (None, SPOOFED),
        "basic credentials": (None, {"Authorization": "Basic YTpi"}),
        "token in the query": (None, {}, f"/mcp?access_token={token}"),
        "expired": (expired(token, options.signing_key_file), {}),
        "expired, spoofed headers": (expired(token, options.signing_key_file), SPOOFED),
        "another resource's": (other, {}),
        "another resource's, which it names": (other, SPOOFED, f"/mcp?resource={options.other_resource}"),
        "the upstream's own": (upstream, {}),
        **{name: (forgery, {}) for name, forgery in forgeries(token, keys).items()},
    }
    report["refused"] = {name: front.ask(*request) for name, request in bad.items()}
    report["narrow"] = front.ask(narrow)
    # The way to Gatehouse is the proxy's own.
    report["internal"] = front.ask(token, path="/_gatehouse")
    for connection in story.connections(token):
        story.disconnect(token, connection["id"])
    report["disconnected"] = front.ask(token)
    report["requests"] = front.requests()
    return report


if __name__ == "__main__":
    parser = arguments()
    parser.add_argument("--front", required=True)
    parser.add_argument("--service", required=True)
    parser.add_argument("--other-resource", required=True)
    parser.add_argument("--signing-key-file", required=True, type=pathlib.Path)
    with httpx.Client(timeout=30, trust_env=False) as client:
        print(json.dumps(asyncio.run(run(parser.parse_args(), client))), flush=True)
