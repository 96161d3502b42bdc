"""The upstream identity provider: `oidc-provider-mock` as it is, with two users, on a free port."""

import os

# Authlib refuses plain http otherwise; this provider lives on loopback alone.
os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"

import oidc_provider_mock

from loopback import announce, free_listener, serve

USERS = [
    oidc_provider_mock.User(
        sub="alice-7f3",
        claims={"name": "Alice Anders", "email": "alice@corp.example", "email_verified": True},
    ),
    oidc_provider_mock.User(
        sub="bob-c21",
        claims={"name": "Bob Bauer", "email": "bob@corp.example", "email_verified": True},
    ),
]

if __name__ == "__main__":
    listener, base = free_listener()
    announce(issuer=base)
    serve(oidc_provider_mock.app(user_claims=USERS), listener, interface="wsgi")
