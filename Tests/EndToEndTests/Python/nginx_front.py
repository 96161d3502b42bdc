"""nginx with the configuration that our documentation shows, in front of a service that knows nothing of OAuth.

The configuration is cut out of the documentation's text, or is a recipe of `Deploy`; only addresses, the issuer and the
secret are replaced, each of which must be in it. The service answers with the headers that it saw, and remembers how often it was asked.
"""

import argparse
import http.server
import json
import os
import pathlib
import re
import tempfile
import threading

from loopback import announce, exit_when_done, held_port, installed, program, until_listening


class Service(http.server.BaseHTTPRequestHandler):
    """Tells every header field as it came; `/requests` tells how many requests came on other paths."""

    protocol_version = "HTTP/1.1"
    requests = 0

    def do_GET(self) -> None:
        if self.path == "/requests":
            self.answer({"requests": type(self).requests})
            return
        type(self).requests += 1
        # What the body is for: nothing may be left on the connection.
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.answer({"path": self.path, "headers": [[name.lower(), value] for name, value in self.headers.items()]})

    do_POST = do_GET

    def answer(self, value: object) -> None:
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Nothing: what it saw is in its answers."""


def documented(page: pathlib.Path) -> str:
    if page.suffix == ".conf":
        return page.read_text()
    blocks = re.findall(r"^```nginx\n(.*?)^```$", page.read_text(), re.DOTALL | re.MULTILINE)
    if len(blocks) != 1:
        raise SystemExit(f"{page} has {len(blocks)} nginx configurations")
    return blocks[0]


def replaced(text: str, replacements: dict[str, str]) -> str:
    for old, new in replacements.items():
        if text.count(old) != 1:
            raise SystemExit(f"the documented configuration has {old!r} {text.count(old)} times")
        text = text.replace(old, new)
    return text


# What a distribution's nginx.conf has around a site: here in a private folder, in the foreground.
SURROUNDINGS = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr;
{user}
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--documentation", required=True, type=pathlib.Path)
    parser.add_argument("--gatehouse", required=True, help="address of the management listener")
    parser.add_argument("--issuer", required=True)
    parser.add_argument("--secret-file", required=True, type=pathlib.Path)
    options = parser.parse_args()
    executable = installed("nginx", package="nginx-light")
    service = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
    threading.Thread(target=service.serve_forever, daemon=True).start()
    service_address = f"127.0.0.1:{service.server_port}"

    with tempfile.TemporaryDirectory(prefix="gatehouse-e2e-nginx-") as name, held_port() as port:
        folder = pathlib.Path(name)
        site = replaced(
            documented(options.documentation),
            {
                "127.0.0.1:8000": service_address,
                "127.0.0.1:9090": options.gatehouse,
                "127.0.0.1:8080": f"127.0.0.1:{port}",
                "the value of forward_auth.secret": options.secret_file.read_text().strip(),
                "https://auth.example.com": options.issuer,
            },
        )
        (folder / "site.conf").write_text(site)
        # Root's nginx would give its workers to a user who cannot enter this folder.
        user = "user root;" if os.getuid() == 0 else ""
        (folder / "nginx.conf").write_text(SURROUNDINGS.format(folder=folder, user=user))
        with program([executable, "-p", name, "-c", str(folder / "nginx.conf")], folder) as process:
            until_listening(port, process)
            announce(front=f"http://127.0.0.1:{port}", service=f"http://{service_address}")
            exit_when_done(process)


if __name__ == "__main__":
    main()
