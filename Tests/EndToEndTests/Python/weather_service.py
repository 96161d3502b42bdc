"""An API that knows nothing of OAuth: its callers have keys, which they send as `X-Api-Key: Key …`.

It accepts one key, at `/v1/me` and at `/v1/forecast`. `/requests` tells how many requests came with a key and how many
without one that it accepts.
"""

import argparse
import http.server
import json
import pathlib
import threading

from loopback import announce, wait_for_end_of_test


class Weather(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    key = ""
    accepted = 0
    refused = 0

    def do_GET(self) -> None:
        if self.path == "/requests":
            return self.answer(200, {"accepted": type(self).accepted, "refused": type(self).refused})
        if self.headers.get_all("X-Api-Key") != [f"Key {type(self).key}"]:
            type(self).refused += 1
            return self.answer(401, {"error": "unknown key"})
        type(self).accepted += 1
        self.answer(200, {"path": self.path, "forecast": "rain", "authorization": self.headers.get("Authorization")})

    def answer(self, status: int, value: object) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Nothing: keys are not for logs."""


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--key-file", required=True, type=pathlib.Path)
    Weather.key = parser.parse_args().key_file.read_text().strip()
    service = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Weather)
    threading.Thread(target=service.serve_forever, daemon=True).start()
    announce(base=f"http://127.0.0.1:{service.server_port}")
    wait_for_end_of_test()
