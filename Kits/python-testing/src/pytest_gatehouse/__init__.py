"""A real Gatehouse for tests of MCP servers: sessions without a browser, bad tokens, time travel, failing providers."""

from .server import ControlError, ControlledServer, FurtherServer, GatehouseProcess, Hold, Options, Resource, Session

__all__ = [
    "ControlError", "ControlledServer", "FurtherServer", "GatehouseProcess", "Hold", "Options", "Resource", "Session",
]
