"""What the servers of the end-to-end tests share: a free loopback port, a ready line, and an end when the test ends."""

import contextlib
import ctypes
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator


def free_listener() -> tuple[socket.socket, str]:
    """A listening socket on a free loopback port, and the base URL that reaches it."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind(("127.0.0.1", 0))
    listener.listen(128)
    return listener, f"http://127.0.0.1:{listener.getsockname()[1]}"


@contextlib.contextmanager
def held_port() -> Iterator[int]:
    """A loopback port kept free for a server that is started later and must know its port before (an issuer does).

    The socket is bound and never listens. Nobody is given the port by chance, and a server that binds it with
    SO_REUSEADDR or SO_REUSEPORT gets it and all its connections.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def announce(**facts: str) -> None:
    """Print the ready line. The socket listens already, so a request sent now waits and is answered."""
    print("ready " + json.dumps(facts), flush=True)


def wait_for_end_of_test() -> None:
    """Returns when standard input closes."""
    # Not by sys.stdin, whose lock would keep the interpreter from ending while this waits.
    while os.read(0, 4096):
        pass


def exit_with_parent() -> None:
    """End this process when its standard input closes: a test run that crashed leaves no server behind."""

    def watch() -> None:
        wait_for_end_of_test()
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()


def serve(app: object, listener: socket.socket, *, interface: str = "auto") -> None:
    """Serve `app` on `listener` until SIGTERM or the end of the test run."""
    import uvicorn  # here, because whoever only holds a port does without it

    exit_with_parent()
    config = uvicorn.Config(app, interface=interface, log_level="info", timeout_graceful_shutdown=1)
    uvicorn.Server(config).run(sockets=[listener])


def installed(name: str, *, package: str) -> str:
    """The path of a program that a Debian package brings; without it the test fails and says what is missing."""
    # Servers are in sbin, which is not on everybody's PATH.
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if path is None:
        raise SystemExit(f"{name} is not installed: run `make setup`, or install the Debian package {package}")
    return path


LIBC = ctypes.CDLL(None)


def die_with_parent() -> None:
    """Runs in a child between fork and exec: the child ends when this process does, however it does."""
    LIBC.prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def unwind_at_end() -> None:
    """SIGTERM raises `SystemExit` here, so that programs and folders go with this process."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))


@contextlib.contextmanager
def program(arguments: list[str], folder: pathlib.Path) -> Iterator[subprocess.Popen[bytes]]:
    """Runs a server of somebody else's in `folder`; it ends with the block, and with this process however that ends."""
    unwind_at_end()
    process = subprocess.Popen(
        arguments,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        stderr=sys.stderr,
        preexec_fn=die_with_parent,
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def until_listening(port: int, process: subprocess.Popen[bytes]) -> None:
    """Waits for a program that cannot say that it is ready; fails when it ends instead, or takes a minute."""
    deadline = time.monotonic() + 60
    while True:
        if process.poll() is not None:
            raise SystemExit(f"{process.args} ended with {process.returncode}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=10):
            return
        if time.monotonic() > deadline:
            raise SystemExit(f"{process.args} did not listen within a minute")
        time.sleep(0.02)


def exit_when_done(process: subprocess.Popen[bytes]) -> None:
    """Waits for the end of the test, which closes standard input, or of the program, which is a failure."""

    def watch() -> None:
        wait_for_end_of_test()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()
    raise SystemExit(f"{process.args} ended with {process.wait()}")
