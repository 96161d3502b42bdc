"""For MCP servers behind Gatehouse: verify access tokens, retrieve upstream tokens, let users connect accounts."""

from .client import Gatehouse
from .errors import (
    ConnectDeclined,
    ConnectRequired,
    GatehouseError,
    InsufficientScope,
    InvalidToken,
    Misconfigured,
    Unavailable,
    UserTokenRefused,
)
from .revocations import RevokedTokens
from .upstream import UpstreamAuth, UpstreamToken
from .verifier import AccessToken, KeySet, verify

__all__ = [
    "AccessToken",
    "ConnectDeclined",
    "ConnectRequired",
    "Gatehouse",
    "GatehouseError",
    "InsufficientScope",
    "InvalidToken",
    "KeySet",
    "Misconfigured",
    "RevokedTokens",
    "Unavailable",
    "UpstreamAuth",
    "UpstreamToken",
    "UserTokenRefused",
    "verify",
]
