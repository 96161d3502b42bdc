"""Sends HTTP requests and reports the answers as they came: what a test asks a server beside the real clients.

Reads a JSON array of requests (`method`, `url`, optional `headers`, `form`, `basic`) from standard input and prints
a JSON array of answers (`status`, `headers` with lower-case names, `body`).
"""

import json
import sys

import httpx

if __name__ == "__main__":
    answers = []
    with httpx.Client(timeout=30, trust_env=False) as client:
        for request in json.load(sys.stdin):
            basic = request.get("basic")
            response = client.request(
                request["method"],
                request["url"],
                headers=request.get("headers"),
                data=request.get("form"),
                auth=tuple(basic) if basic else None,
            )
            answers.append({"status": response.status_code, "headers": dict(response.headers), "body": response.text})
    print(json.dumps(answers), flush=True)
