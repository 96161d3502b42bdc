"""For servers on FastMCP: ``FastMCP(..., auth=GatehouseAuth(gatehouse))``."""

from urllib.parse import urlsplit

from fastmcp.server.auth import AccessToken as FastMCPAccessToken
from fastmcp.server.auth import AuthProvider
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from .client import Gatehouse
from .errors import InsufficientScope, InvalidToken


class GatehouseAuth(AuthProvider):
    """Verifies Gatehouse's tokens and serves the protected-resource metadata.

    The metadata has the issuer's exact spelling. FastMCP's own routes would add a slash to an issuer without a path,
    which clients refuse.
    """

    def __init__(self, gatehouse: Gatehouse) -> None:
        parts = urlsplit(gatehouse.resource)
        super().__init__(
            base_url=f"{parts.scheme}://{parts.netloc}", required_scopes=list(gatehouse.scopes)
        )
        self._gatehouse = gatehouse

    async def verify_token(self, token: str) -> FastMCPAccessToken | None:
        try:
            verified = await self._gatehouse.verify(token, scopes=())
        except (InvalidToken, InsufficientScope):
            return None
        return FastMCPAccessToken(
            token=verified.token,
            client_id=verified.client_id,
            scopes=sorted(verified.scopes),
            expires_at=verified.expires_at,
            resource=verified.audience,
            claims=dict(verified.claims),
        )

    def get_routes(self, mcp_path: str | None = None) -> list[Route]:
        self.set_mcp_path(mcp_path)

        async def metadata(_: Request) -> JSONResponse:
            return JSONResponse(
                self._gatehouse.resource_metadata(),
                headers={"Cache-Control": "max-age=3600", "Access-Control-Allow-Origin": "*"},
            )

        return [Route(self._gatehouse.metadata_path, metadata, methods=["GET"])]
