"""The verdicts that every verifier must reach, and what an ASGI application answers."""

import asyncio
import json
import os
import pathlib

import httpx
import pytest

from gatehouse_mcp import Gatehouse, InsufficientScope, InvalidToken, KeySet, verify
from gatehouse_mcp.asgi import GatehouseMiddleware, current_token
from gatehouse_mcp.sdk import TokenVerifier, auth_settings

FIXTURES = json.loads(
    pathlib.Path(
        os.environ.get("KIT_FIXTURES", pathlib.Path(__file__).parents[2] / "fixtures" / "access-tokens.json")
    ).read_text()
)


def verdict(row, keys):
    options = {"issuer": FIXTURES["issuer"], "audience": FIXTURES["audience"], "now": FIXTURES["now"]}
    try:
        verify(row["token"], keys, skew=row["skew"], scopes=row["scopes"], **options)
    except InvalidToken:
        return "invalid"
    except InsufficientScope:
        return "insufficient_scope"
    return "accept"


def test_policy_fixtures():
    keys = KeySet(FIXTURES["jwks"])
    wrong = [row["name"] for row in FIXTURES["cases"] if verdict(row, keys) != row["verdict"]]
    assert wrong == [] and len(FIXTURES["cases"]) == 200


@pytest.fixture
def issuer():
    """The issuer of the fixtures, which counts the requests for its keys."""
    count = {"keys": 0}

    def answer(request):
        if request.url.path == "/keys":
            count["keys"] += 1
            return httpx.Response(200, json=FIXTURES["jwks"])
        return httpx.Response(200, json={"issuer": FIXTURES["issuer"], "jwks_uri": FIXTURES["issuer"] + "/keys"})

    gatehouse = Gatehouse(
        FIXTURES["issuer"],
        FIXTURES["audience"],
        scopes=["mcp:read"],
        skew=0,
        clock=lambda: FIXTURES["now"],
        http=httpx.AsyncClient(transport=httpx.MockTransport(answer)),
    )
    return gatehouse, count


def case(name):
    return next(row["token"] for row in FIXTURES["cases"] if row["name"] == name)


def test_forged_key_names_cause_no_flood(issuer):
    gatehouse, count = issuer

    async def requests():
        for _ in range(30):
            with pytest.raises(InvalidToken):
                await gatehouse.verify(case("kid 'unknown'"))
        await asyncio.gather(*(gatehouse.verify(case("signed by es")) for _ in range(30)))

    asyncio.run(requests())
    assert count["keys"] == 1 + Gatehouse.UNKNOWN_KEYS_PER_MINUTE


def test_asgi_middleware(issuer):
    gatehouse, _ = issuer

    async def application(scope, receive, send):
        token = current_token.get()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": (token.subject if token else "open").encode()})

    async def requests():
        transport = httpx.ASGITransport(GatehouseMiddleware(application, gatehouse))
        async with httpx.AsyncClient(transport=transport, base_url="https://mcp.example.com") as client:
            place = 'resource_metadata="https://mcp.example.com/.well-known/oauth-protected-resource/mcp"'

            async def get(path, *tokens):
                return await client.get(path, headers=[("Authorization", f"Bearer {token}") for token in tokens])

            right, narrow = case("signed by es"), case("without scope")
            answer = await get("/mcp")
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"] == f'Bearer scope="mcp:read", {place}'
            for tokens in (["x"], [case("expires now")], [right, right]):
                answer = await get("/mcp/messages", *tokens)
                assert answer.status_code == 401 and 'error="invalid_token"' in answer.headers["www-authenticate"]
            answer = await get("/mcp", narrow)
            assert answer.status_code == 403 and 'error="insufficient_scope"' in answer.headers["www-authenticate"]
            assert (await get("/mcp", right)).text == "u_ada"
            assert (await get("/mcpx")).text == "open"
            document = (await get(gatehouse.metadata_path)).json()
            assert document["authorization_servers"] == [FIXTURES["issuer"]]

    asyncio.run(requests())


def test_official_sdk(issuer):
    gatehouse, _ = issuer
    verifier = TokenVerifier(gatehouse)

    async def requests():
        token = await verifier.verify_token(case("signed by es"))
        assert token.subject == "u_ada" and token.resource == FIXTURES["audience"]
        assert await verifier.verify_token(case("expires now")) is None

    asyncio.run(requests())
    assert str(auth_settings(gatehouse).issuer_url) == FIXTURES["issuer"]
