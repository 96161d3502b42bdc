"""The upstream identity provider: `oidc-provider-mock` as it is, with two users, on a free port."""

import argparse
import datetime
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
    parser = argparse.ArgumentParser()
    parser.add_argument("--access-token-seconds", type=int, default=3600)
    options = parser.parse_args()
    listener, base = free_listener()
    announce(issuer=base)
    app = oidc_provider_mock.app(
        user_claims=USERS, access_token_max_age=datetime.timedelta(seconds=options.access_token_seconds)
    )
    serve(app, listener, interface="wsgi")
