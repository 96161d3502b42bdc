"""The upstream identity provider: `oidc-provider-mock` as it is, with two users, on a free port."""

import argparse
import datetime
import os
import secrets

# Authlib refuses plain http otherwise; this provider lives on loopback alone.
os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"

import authlib.integrations.flask_oauth2.authorization_server as token_source
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
    parser.add_argument("--token-bytes", type=int, help="how long the tokens are; without it, as the provider likes")
    options = parser.parse_args()
    if options.token_bytes:
        token_source.generate_token = lambda length: secrets.token_urlsafe(options.token_bytes)[: options.token_bytes]
    listener, base = free_listener()
    announce(issuer=base)
    app = oidc_provider_mock.app(
        user_claims=USERS, access_token_max_age=datetime.timedelta(seconds=options.access_token_seconds)
    )
    serve(app, listener, interface="wsgi")
