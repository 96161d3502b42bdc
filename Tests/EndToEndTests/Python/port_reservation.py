"""Keeps a loopback port free for a server that is started later and must know its port before (an issuer does)."""

from loopback import announce, held_port, wait_for_end_of_test

if __name__ == "__main__":
    with held_port() as port:
        announce(port=str(port))
        wait_for_end_of_test()
