"""What a retrieval's answer leads to, before a scripted peer."""

import asyncio

import httpx

from gatehouse_mcp import Gatehouse
from gatehouse_mcp.upstream import UpstreamAuth

ISSUER = "https://as.example"


def retrieved(answer):
    """The token that a kit makes of the answer, and the header fields of its request to the API."""
    seen = []

    def peer(request):
        if request.url.host == "api.example":
            seen.append(request.headers)
            return httpx.Response(200)
        if request.url.path == "/token":
            return httpx.Response(200, json=answer)
        return httpx.Response(200, json={"issuer": ISSUER, "token_endpoint": ISSUER + "/token"})

    async def run():
        transport = httpx.MockTransport(peer)
        async with httpx.AsyncClient(transport=transport) as http, httpx.AsyncClient(transport=transport) as api:
            kit = Gatehouse(ISSUER, "https://mcp.example/mcp", "id", "secret", http=http)
            token = await kit.upstream_token("token", "weather")
            await api.get("https://api.example/", auth=UpstreamAuth(kit, "token", "weather"))
            return token

    return asyncio.run(run()), seen[0]


def test_a_bearer_token_and_its_account():
    answer = {"access_token": "secret", "token_type": "Bearer", "scope": "a b", "account": {"sub": "42", "login": "ada"}}
    token, headers = retrieved(answer)
    assert (token.account, token.account_name, token.scopes) == ("42", "ada", {"a", "b"})
    assert headers["authorization"] == "Bearer secret"


def test_an_entered_credential_goes_into_its_header():
    answer = {"access_token": "sk_1", "token_type": "N_A", "header": "X-Api-Key", "account": {"sub": "u"}}
    token, headers = retrieved(answer)
    assert token.account_name is None and token.header == "X-Api-Key"
    assert headers["x-api-key"] == "sk_1" and "authorization" not in headers
