"""What can go wrong, by what the caller has to do."""


class GatehouseError(Exception):
    """The base of all errors of this package."""


class InvalidToken(GatehouseError):
    """The access token is not accepted; answer 401. ``reason`` is for the log, not for the client."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class InsufficientScope(GatehouseError):
    """The access token is valid, and lacks scopes; answer 403."""

    def __init__(self, required: frozenset[str]) -> None:
        super().__init__("the token lacks " + " ".join(sorted(required)))
        self.required = required


class ConnectRequired(GatehouseError):
    """The user has to connect the upstream, or connect it again; pass ``connect_uri`` unchanged to the user."""

    def __init__(self, upstream: str, reason: str, connect_uri: str, missing_scopes: tuple[str, ...] = ()) -> None:
        super().__init__(f"{upstream} has to be connected: {reason}")
        self.upstream = upstream
        #: ``not_connected``, ``reauth_required`` or ``scope_missing``.
        self.reason = reason
        self.connect_uri = connect_uri
        self.missing_scopes = missing_scopes


class ConnectDeclined(GatehouseError):
    """The user was asked to connect the upstream and did not agree; the call cannot continue."""

    def __init__(self, upstream: str, action: str) -> None:
        words = "declined to connect" if action == "decline" else "closed the question whether to connect"
        super().__init__(f"the user {words} {upstream}")
        self.upstream = upstream
        #: ``decline`` or ``cancel``, as the client reported it.
        self.action = action


class UserTokenRefused(GatehouseError):
    """Gatehouse no longer accepts the user's access token, for example because its session has ended; answer 401."""


class Unavailable(GatehouseError):
    """Gatehouse or the provider does not answer now; ``retry_after`` is in seconds, if it is known."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Misconfigured(GatehouseError):
    """This server's credentials, the resource or the upstream's name is wrong; an operator has to act."""
