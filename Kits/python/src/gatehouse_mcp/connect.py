"""MCP URL-mode elicitation: lets a user connect an account in the middle of a tool call (protocol 2026-07-28).

Of the three ways that SDK 2.3 has, only an `InputRequiredResult` reaches clients over streamable HTTP: raising
`UrlElicitationRequiredError` ends the call with an error, and `ctx.elicit_url()` needs a back-channel. The client opens
the page and then repeats the call.
"""

import functools
from collections.abc import Awaitable, Callable
from typing import Any, ParamSpec

from mcp_types import ElicitRequest, ElicitRequestURLParams, InputRequiredResult

from .errors import ConnectRequired

_P = ParamSpec("_P")


def connect_request(error: ConnectRequired) -> InputRequiredResult:
    """The result of a tool whose user has to connect an account first."""
    verb = "again " if error.reason == "reauth_required" else ""
    message = f"Connect your {error.upstream} account {verb}to continue."
    params = ElicitRequestURLParams(message=message, url=error.connect_uri)
    return InputRequiredResult(input_requests={"connect": ElicitRequest(params=params)})


def connects(tool: Callable[_P, Awaitable[Any]]) -> Callable[_P, Awaitable[Any]]:
    """Decorates an async tool: where it raises `ConnectRequired`, the user is asked to connect, and the tool runs again.

    Put it below ``@server.tool``.
    """

    @functools.wraps(tool)
    async def wrapped(*arguments: _P.args, **named: _P.kwargs) -> Any:
        try:
            return await tool(*arguments, **named)
        except ConnectRequired as error:
            return connect_request(error)

    return wrapped
