"""Keeps a loopback port free for a server that is started later and must know its port before (an issuer does).

The socket is bound and never listens. Nobody is given the port by chance, and a server that binds it with
SO_REUSEADDR or SO_REUSEPORT gets it and all its connections.
"""

import socket
import sys

from loopback import announce

if __name__ == "__main__":
    held = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    held.bind(("127.0.0.1", 0))
    announce(port=str(held.getsockname()[1]))
    sys.stdin.buffer.read()
