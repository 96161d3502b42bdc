"""Protects any ASGI application: Starlette, FastAPI, the official SDK's, FastMCP's."""

import json
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from contextvars import ContextVar
from typing import Any
from urllib.parse import urlsplit

from .client import Gatehouse
from .errors import InsufficientScope, InvalidToken, Unavailable
from .verifier import AccessToken

_Scope = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
_Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

#: The token of the request that is being answered.
current_token: ContextVar[AccessToken | None] = ContextVar("gatehouse_token", default=None)


class GatehouseMiddleware:
    """Serves the protected-resource metadata, and demands a valid token for the resource's path and all below it.

    The verified token is ``scope["gatehouse"]`` and `current_token`.
    """

    def __init__(self, app: Any, gatehouse: Gatehouse, scopes: Iterable[str] | None = None) -> None:
        self._app = app
        self._gatehouse = gatehouse
        self._scopes = None if scopes is None else tuple(scopes)
        self._path = urlsplit(gatehouse.resource).path.rstrip("/")

    async def __call__(self, scope: _Scope, receive: _Receive, send: _Send) -> None:
        path = scope.get("path", "")
        if scope["type"] == "websocket" and self._covers(path):
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if path == self._gatehouse.metadata_path and scope["method"] in ("GET", "HEAD"):
            fields = [(b"cache-control", b"max-age=3600"), (b"access-control-allow-origin", b"*")]
            await _answer(send, 200, self._gatehouse.resource_metadata(), fields)
        elif self._covers(path):
            await self._guard(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _covers(self, path: str) -> bool:
        return path == self._path or path.startswith(self._path + "/")

    async def _guard(self, scope: _Scope, receive: _Receive, send: _Send) -> None:
        values = [value for name, value in scope["headers"] if name.lower() == b"authorization"]
        try:
            token = await self._gatehouse.verify(_bearer(values), self._scopes)
        except InvalidToken:
            # RFC 6750 §3.1: a request without a token gets no error code.
            await self._refuse(send, 401, "invalid_token" if values else None)
        except InsufficientScope as error:
            await self._refuse(send, 403, "insufficient_scope", error.required)
        except Unavailable:
            await _answer(send, 503, {"error": "temporarily_unavailable"}, [(b"retry-after", b"5")])
        else:
            scope["gatehouse"] = token
            reset = current_token.set(token)
            try:
                await self._app(scope, receive, send)
            finally:
                current_token.reset(reset)

    async def _refuse(self, send: _Send, status: int, error: str | None, scopes: Iterable[str] = ()) -> None:
        challenge = self._gatehouse.challenge(error, sorted(scopes) or (self._scopes or ()))
        body = {"error": error} if error else {"error": "unauthorized"}
        await _answer(send, status, body, [(b"www-authenticate", challenge.encode())])


def _bearer(values: list[bytes]) -> str:
    """The token of the only Authorization field (RFC 6750 §2.1)."""
    if len(values) != 1:
        raise InvalidToken("there is no Authorization field, or more than one")
    scheme, _, token = values[0].decode("latin-1").partition(" ")
    if scheme.lower() != "bearer":
        raise InvalidToken("not a bearer token")
    return token.strip(" ")


async def _answer(send: _Send, status: int, body: dict[str, Any], fields: list[tuple[bytes, bytes]]) -> None:
    data = json.dumps(body).encode()
    fields = [(b"content-type", b"application/json"), (b"content-length", str(len(data)).encode()), *fields]
    await send({"type": "http.response.start", "status": status, "headers": fields})
    await send({"type": "http.response.body", "body": data})
