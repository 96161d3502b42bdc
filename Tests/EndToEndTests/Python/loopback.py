"""What the servers of the end-to-end tests share: a free loopback port, a ready line, and an end when the test ends."""

import json
import os
import socket
import sys
import threading


def free_listener() -> tuple[socket.socket, str]:
    """A listening socket on a free loopback port, and the base URL that reaches it."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind(("127.0.0.1", 0))
    listener.listen(128)
    return listener, f"http://127.0.0.1:{listener.getsockname()[1]}"


def announce(**facts: str) -> None:
    """Print the ready line. The socket listens already, so a request sent now waits and is answered."""
    print("ready " + json.dumps(facts), flush=True)


def exit_with_parent() -> None:
    """End this process when its standard input closes: a test run that crashed leaves no server behind."""

    def watch() -> None:
        sys.stdin.buffer.read()
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()


def serve(app: object, listener: socket.socket, *, interface: str = "auto") -> None:
    """Serve `app` on `listener` until SIGTERM or the end of the test run."""
    import uvicorn  # here, because whoever only holds a port does without it

    exit_with_parent()
    config = uvicorn.Config(app, interface=interface, log_level="info", timeout_graceful_shutdown=1)
    uvicorn.Server(config).run(sockets=[listener])
