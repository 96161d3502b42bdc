"""An MCP server on FastMCP: `JWTVerifier` checks Gatehouse's tokens by its JWKS, `RemoteAuthProvider` names Gatehouse.

FastMCP takes issuer URLs as pydantic's `AnyHttpUrl`, which puts a slash behind an issuer without a path; 2.x clients
compare that with the issuer's own metadata and would stop. With a path in the issuer the spelling is kept.
"""

import argparse
from typing import Any

from fastmcp import FastMCP
from fastmcp.server.auth import RemoteAuthProvider
from fastmcp.server.auth.providers.jwt import JWTVerifier
from fastmcp.server.dependencies import get_access_token
from pydantic import AnyHttpUrl

from loopback import announce, free_listener, serve


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--issuer", required=True)
    parser.add_argument("--jwks-uri", required=True)
    options = parser.parse_args()
    listener, base = free_listener()
    resource = base + "/mcp"
    verifier = JWTVerifier(
        jwks_uri=options.jwks_uri,
        issuer=options.issuer,
        audience=resource,
        algorithm="ES256",
        required_scopes=["mcp:read"],
    )
    server = FastMCP(
        "FastMCP server",
        auth=RemoteAuthProvider(
            token_verifier=verifier,
            authorization_servers=[AnyHttpUrl(options.issuer)],
            base_url=base,
        ),
    )

    @server.tool
    def whoami() -> dict[str, Any]:
        """Who the caller is, by the verified token's claims."""
        token = get_access_token()
        return {"sub": token.claims["sub"], "client_id": token.client_id, "scopes": token.scopes}

    announce(base=base, resource=resource)
    serve(server.http_app(), listener)


if __name__ == "__main__":
    main()
