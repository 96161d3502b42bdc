"""MCP URL-mode elicitation: lets a user connect an account in the middle of a tool call (protocol 2026-07-28).

Of the three ways that SDK 2.3 has, only an `InputRequiredResult` reaches clients over streamable HTTP: raising
`UrlElicitationRequiredError` ends the call with an error, and `ctx.elicit_url()` needs a back-channel. The client opens
the page and then repeats the call.
"""

import functools
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, ParamSpec

from mcp_types import ElicitRequest, ElicitRequestURLParams, InputRequiredResult

from .errors import ConnectDeclined, ConnectRequired

_P = ParamSpec("_P")

_KEY = "connect"


def connect_request(error: ConnectRequired) -> InputRequiredResult:
    """The result of a tool whose user has to connect an account first."""
    verb = "again " if error.reason == "reauth_required" else ""
    message = f"Connect your {error.upstream} account {verb}to continue."
    params = ElicitRequestURLParams(message=message, url=error.connect_uri)
    return InputRequiredResult(input_requests={_KEY: ElicitRequest(params=params)})


def connects(tool: Callable[_P, Awaitable[Any]]) -> Callable[_P, Awaitable[Any]]:
    """Decorates an async tool: where it raises `ConnectRequired`, the user is asked to connect, and the tool runs again.

    A user who does not agree ends the call with `ConnectDeclined`. Put it below ``@server.tool``. With the official SDK
    the tool needs a ``Context`` parameter, because the user's answer is there.
    """

    @functools.wraps(tool)
    async def wrapped(*arguments: _P.args, **named: _P.kwargs) -> Any:
        try:
            return await tool(*arguments, **named)
        except ConnectRequired as error:
            action = _action([*arguments, *named.values()])
            if action in ("decline", "cancel"):
                # Asked again, the client would repeat the call until its limit of rounds.
                raise ConnectDeclined(error.upstream, action) from error
            return connect_request(error)

    return wrapped


def _action(values: list[Any]) -> str | None:
    """What the user answered in the round before this one; ``None`` in the first."""
    for context in [*values, _fastmcp_context()]:
        # Other parameters may have attributes of that name too.
        responses = getattr(context, "input_responses", None)
        if isinstance(responses, Mapping) and _KEY in responses:
            answer = responses[_KEY]
            return answer.get("action") if isinstance(answer, Mapping) else getattr(answer, "action", None)
    return None


def _fastmcp_context() -> Any:
    """FastMCP's context of the call; ``None`` outside one, or without FastMCP."""
    try:
        from fastmcp.server.dependencies import get_context

        return get_context()
    except (ImportError, RuntimeError):
        return None
