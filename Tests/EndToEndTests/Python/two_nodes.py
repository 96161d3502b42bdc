"""Two nodes of `gatehouse-postgresql` on a database of their own, behind nginx with the recipe that is delivered.

Each request reaches a random node. The configuration is that of one node; only where it listens and where its state is
are replaced.
"""

import argparse
import contextlib
import os
import pathlib
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator

from loopback import announce, exit_when_done, held_port, installed, program, until_listening

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]

SURROUNDINGS = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr;
{user}
events {{}}
http {{
    log_format node '$upstream_addr';
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
{site}
}}
"""


@contextlib.contextmanager
def database() -> Iterator[str]:
    """The address of an empty database; its server ends when its keeper's standard input does."""
    script = REPOSITORY / "Tests/PostgreSQLTesting/cluster.py"
    keeper = subprocess.Popen(
        [sys.executable, "-I", "-S", str(script), "fast"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=sys.stderr,
        text=True,
    )
    try:
        answer = keeper.stdout.readline().split(maxsplit=1)
        if len(answer) != 2 or answer[0] != "ok":
            raise SystemExit(f"no database: {answer}")
        yield f"postgresql:///postgres?host={answer[1].strip()}&user=gatehouse"
    finally:
        keeper.stdin.close()
        keeper.wait()


def replaced(text: str, old: str, new: str) -> str:
    if text.count(old) != 1:
        raise SystemExit(f"{old!r} is {text.count(old)} times in\n{text}")
    return text.replace(old, new)


def site(folder: pathlib.Path, port: str, nodes: list[int]) -> str:
    """The delivered recipe, without TLS, because the issuer of the tests is `http` on loopback."""
    text = (REPOSITORY / "Deploy/Proxies/nginx-nodes.conf").read_text()
    for documented, node in zip(("127.0.0.1:8080", "127.0.0.1:8081"), nodes, strict=True):
        text = replaced(text, f"server {documented}", f"server 127.0.0.1:{node}")
    text = replaced(text, "listen 443 ssl http2;", f"listen 127.0.0.1:{port} reuseport;")
    text = replaced(text, "access_log off;", f"access_log {folder}/nodes.log node;")
    lines = [line for line in text.splitlines() if not line.strip().startswith(("ssl_", "listen [::]"))]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--configuration", required=True, type=pathlib.Path)
    parser.add_argument("--port", required=True, help="the port of the issuer, which is held")
    options = parser.parse_args()
    nginx = installed("nginx", package="nginx-light")
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gatehouse-e2e-nodes-")))
        ports = [stack.enter_context(held_port()) for _ in range(2)]
        address = stack.enter_context(database())
        key = folder / "storage.key"
        key.write_text(secrets.token_hex(32))
        key.chmod(0o600)
        for number, port in enumerate(ports):
            text = replaced(
                options.configuration.read_text(),
                f"- address: 127.0.0.1:{options.port}",
                f"- address: 127.0.0.1:{port}",
            )
            storage = f'storage: {{encryption_key: {{file: {key}}}, postgresql: {{url: "{address}"}}}}\n'
            file = folder / f"node{number}.yaml"
            file.write_text("trusted_proxies: [127.0.0.1]\n" + storage + text)
            node = stack.enter_context(program([options.program, "serve", "--config", str(file)], folder))
            until_listening(port, node)
        # Root's nginx would give its workers to a user who cannot enter this folder.
        user = "user root;" if os.getuid() == 0 else ""
        text = SURROUNDINGS.format(folder=folder, user=user, site=site(folder, options.port, ports))
        (folder / "nginx.conf").write_text(text)
        front = stack.enter_context(program([nginx, "-p", str(folder), "-c", str(folder / "nginx.conf")], folder))
        until_listening(int(options.port), front)
        announce(log=str(folder / "nodes.log"))
        exit_when_done(front)


if __name__ == "__main__":
    main()
