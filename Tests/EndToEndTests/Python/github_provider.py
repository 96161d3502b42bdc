"""A provider like GitHub's OAuth Apps: no OpenID Connect, tokens that never expire, users known by a number.

Its user is logged in there already and has authorized the application, so that a login passes without a page.
"""

import argparse
import base64
import hashlib
import secrets
from urllib.parse import parse_qsl, urlencode

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from loopback import announce, free_listener, serve

# As GET /user of its REST API answers, the members that matter here; the number needs more than a double's 53 bits.
USER = {"id": 9007199254740993, "login": "octo-ada", "type": "User", "name": "Ada", "email": None}


def application(secret: str) -> Starlette:
    challenges: dict[str, str] = {}
    tokens: set[str] = set()

    async def authorize(request: Request) -> Response:
        query = request.query_params
        code = secrets.token_hex(10)
        challenges[code] = query["code_challenge"]
        return RedirectResponse(query["redirect_uri"] + "?" + urlencode({"code": code, "state": query["state"]}), 302)

    async def redeem(request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if form.get("client_secret") != secret or challenges.pop(form["code"], None) != challenge:
            # GitHub's errors have the status 200.
            return JSONResponse({"error": "bad_verification_code", "error_description": "The code is incorrect."})
        token = "gho_" + secrets.token_hex(18)
        tokens.add(token)
        return JSONResponse({"access_token": token, "token_type": "bearer", "scope": "read:user"})

    async def user(request: Request) -> Response:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() not in ("bearer", "token") or token not in tokens:
            return JSONResponse({"message": "Bad credentials"}, 401)
        return JSONResponse(USER)

    return Starlette(
        routes=[
            Route("/login/oauth/authorize", authorize),
            Route("/login/oauth/access_token", redeem, methods=["POST"]),
            Route("/user", user),
        ]
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--client-secret", required=True)
    options = parser.parse_args()
    listener, base = free_listener()
    announce(base=base)
    serve(application(options.client_secret), listener)
