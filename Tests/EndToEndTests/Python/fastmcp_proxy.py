"""An MCP server behind FastMCP's OAuth proxy: an authorization server for MCP in front of a provider without one.

The proxy registers MCP clients, asks for consent, logs in at the provider with one client of its own, and issues tokens
of its own. Everything is as its documentation shows, apart from a storage in memory, so that nothing stays behind.
"""

import argparse

from fastmcp import FastMCP
from fastmcp.server.auth import OAuthProxy
from fastmcp.server.auth.providers.debug import DebugTokenVerifier
from key_value.aio.stores.memory import MemoryStore

from loopback import announce, free_listener, serve


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--upstream-issuer", required=True)
    options = parser.parse_args()
    listener, base = free_listener()
    upstream = options.upstream_issuer
    proxy = OAuthProxy(
        upstream_authorization_endpoint=upstream + "/oauth2/authorize",
        upstream_token_endpoint=upstream + "/oauth2/token",
        upstream_client_id="proxy",
        upstream_client_secret="proxy-secret",
        token_verifier=DebugTokenVerifier(),
        base_url=base,
        valid_scopes=["openid", "profile", "email"],
        client_storage=MemoryStore(),
        jwt_signing_key="a signing key of this test alone",
    )
    server = FastMCP("Behind the proxy", auth=proxy)
    # As its metadata names it: with the slash of pydantic, which clients find in the protected-resource metadata.
    announce(issuer=base + "/", resource=base + "/mcp")
    serve(server.http_app(), listener)


if __name__ == "__main__":
    main()
