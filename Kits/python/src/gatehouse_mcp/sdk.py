"""For servers on the official MCP Python SDK: ``MCPServer(..., token_verifier=..., auth=...)``."""

from mcp.server.auth.provider import AccessToken as SDKAccessToken
from mcp.server.auth.settings import AuthSettings

from .client import Gatehouse
from .errors import InsufficientScope, InvalidToken
from .verifier import AccessToken


def as_sdk_token(token: AccessToken) -> SDKAccessToken:
    """The same token in the SDK's type."""
    return SDKAccessToken(
        token=token.token,
        client_id=token.client_id,
        scopes=sorted(token.scopes),
        expires_at=token.expires_at,
        resource=token.audience,
        subject=token.subject,
        claims=dict(token.claims),
    )


class TokenVerifier:
    """The SDK's ``TokenVerifier`` on a `Gatehouse`."""

    def __init__(self, gatehouse: Gatehouse) -> None:
        self._gatehouse = gatehouse

    async def verify_token(self, token: str) -> SDKAccessToken | None:
        """The token, or ``None`` for one that is not accepted; the SDK itself checks the scopes."""
        try:
            return as_sdk_token(await self._gatehouse.verify(token, scopes=()))
        except (InvalidToken, InsufficientScope):
            return None


def auth_settings(gatehouse: Gatehouse) -> AuthSettings:
    """The SDK's settings.

    The issuer is given as a plain text: as a URL object it would get a slash, and every 2.x client would stop.
    """
    return AuthSettings(
        issuer_url=gatehouse.issuer,  # type: ignore[arg-type]
        resource_server_url=gatehouse.resource,  # type: ignore[arg-type]
        required_scopes=list(gatehouse.scopes),
        validate_token_resource=True,
    )
