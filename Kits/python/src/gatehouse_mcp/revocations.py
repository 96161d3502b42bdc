"""What has ended before its time: security events (OpenID SSF 1.0, CAEP, RFC 8417) by poll (RFC 8936)."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx

from .errors import InvalidToken, Misconfigured, Unavailable
from .verifier import AccessToken, KeySet, header, signed_claims

_SESSION_REVOKED = "https://schemas.openid.net/secevent/caep/event-type/session-revoked"
_POLL = "urn:ietf:rfc:8936"
_log = logging.getLogger("gatehouse_mcp")


class RevokedTokens:
    """The sessions and tokens that are refused, at most 200,000 of each."""

    ENTRIES_MAX = 200_000
    #: How long an entry is kept: longer than the longest access token lives.
    SECONDS = 25 * 3600

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._sessions: OrderedDict[str, float] = OrderedDict()
        self._tokens: OrderedDict[str, float] = OrderedDict()
        #: Tokens that were issued until then are refused, in seconds since 1970.
        self.before = 0.0

    def check(self, token: AccessToken) -> None:
        """Raises `InvalidToken` if the token or its session has ended."""
        if (
            token.session in self._sessions
            or token.claims["jti"] in self._tokens
            or token.claims["iat"] <= self.before
        ):
            raise InvalidToken("revoked")

    def add(self, claims: Mapping[str, Any]) -> None:
        """Takes the claims of an event; one of another type changes nothing."""
        event = claims["events"].get(_SESSION_REVOKED)
        if event is None:
            return
        subject = claims["sub_id"]
        session = subject.get("session")
        if subject["format"] == "jwt_id":
            self._keep(self._tokens, subject["jti"])
        elif isinstance(session, Mapping):
            self._keep(self._sessions, session["id"])
        else:
            # The whole issuer, or a subject that this version does not know: to refuse too many is safe.
            self.refuse_all(float(event.get("event_timestamp", self._clock())))

    def refuse_all(self, until: float) -> None:
        """Refuses every token that was issued until a time; clients then refresh."""
        self.before = max(self.before, until)

    def _keep(self, table: "OrderedDict[str, float]", name: str) -> None:
        now = self._clock()
        table[name] = now
        table.move_to_end(name)
        while table and next(iter(table.values())) < now - self.SECONDS:
            table.popitem(last=False)
        if len(table) > self.ENTRIES_MAX:
            self.refuse_all(table.popitem(last=False)[1])


class RevocationFeed:
    """A stream of events, made anew whenever it is lost, and what it has said so far."""

    #: Longer than Gatehouse lets a poll wait.
    POLL_SECONDS = 40
    RETRY_SECONDS = (1, 2, 5, 10, 30)

    def __init__(
        self,
        issuer: str,
        http: httpx.AsyncClient,
        credentials: tuple[str, str],
        keys: Callable[[str], Awaitable[KeySet]],
        clock: Callable[[], float],
    ) -> None:
        self.revoked = RevokedTokens(clock)
        self._issuer = issuer
        self._http = http
        self._credentials = credentials
        self._keys = keys
        self._clock = clock
        self._stream: tuple[str, str, str] | None = None
        self._known: dict[str, Any] = {}
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Learns what has ended so far, and goes on in a task."""
        if self._task is None:
            await self._catch_up()
            self._task = asyncio.create_task(self._follow())

    async def close(self) -> None:
        """Ends the task and drops the stream."""
        if self._task is None:
            return
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._task = None
        if self._stream is not None:
            configuration, identifier, _ = self._stream
            try:
                await self._http.delete(configuration, params={"stream_id": identifier}, auth=self._credentials)
            except httpx.HTTPError:
                pass  # Gatehouse drops a stream that nobody uses.

    async def _follow(self) -> None:
        failures = 0
        while True:
            try:
                if self._stream is None:
                    await self._catch_up()
                await self._poll(waits=True)
                failures = 0
            except (Unavailable, Misconfigured) as error:
                _log.warning("security events cannot be read: %s", error)
                await asyncio.sleep(self.RETRY_SECONDS[min(failures, len(self.RETRY_SECONDS) - 1)])
                failures += 1

    async def _catch_up(self) -> None:
        if self._stream is None:
            self._stream = await self._subscribe()
            self._known = {}
        while await self._poll(waits=False):
            pass

    async def _subscribe(self) -> tuple[str, str, str]:
        parts = urlsplit(self._issuer)
        path = parts.path.rstrip("/")
        metadata = await self._send("GET", f"{parts.scheme}://{parts.netloc}/.well-known/ssf-configuration{path}")
        if metadata.get("issuer") != self._issuer or _POLL not in metadata.get("delivery_methods_supported", []):
            raise Misconfigured("the metadata of security events is another issuer's, or offers no poll")
        configuration = metadata["configuration_endpoint"]
        stream = await self._send("POST", configuration, {"delivery": {"method": _POLL}})
        return configuration, stream["stream_id"], stream["delivery"]["endpoint_url"]

    async def _poll(self, waits: bool) -> bool:
        """Takes the next events; true if there are more at once."""
        if self._stream is None:
            return False
        try:
            answer = await self._send("POST", self._stream[2], {"returnImmediately": not waits, **self._known})
        except _Gone:
            self._stream = None
            return True
        acknowledged: list[str] = []
        errors: dict[str, Any] = {}
        for identifier, token in answer.get("sets", {}).items():
            try:
                self.revoked.add(await self._claims(token))
                acknowledged.append(identifier)
            except (InvalidToken, KeyError, TypeError, ValueError, AttributeError) as error:
                # An end that cannot be read might be of any token.
                _log.warning("a security event cannot be read: %s", error)
                self.revoked.refuse_all(self._clock())
                errors[identifier] = {"err": "invalid_request", "description": "the event cannot be read"}
        # Acknowledged by the next poll: what is not known durably here comes again after a new start anyway.
        self._known = {**({"ack": acknowledged} if acknowledged else {}), **({"setErrs": errors} if errors else {})}
        return bool(answer.get("moreAvailable"))

    async def _claims(self, token: str) -> dict[str, Any]:
        _, name = header(token, "secevent+jwt")
        claims = signed_claims(token, await self._keys(name), "secevent+jwt")
        if claims.get("iss") != self._issuer or claims.get("aud") not in (
            self._credentials[0], [self._credentials[0]]
        ):
            raise InvalidToken("another issuer's event, or another receiver's")
        return claims

    async def _send(self, method: str, url: str, body: Any = None) -> dict[str, Any]:
        try:
            answer = await self._http.request(
                method, url, json=body, auth=self._credentials, timeout=self.POLL_SECONDS
            )
            content = answer.json() if answer.content else {}
        except (httpx.HTTPError, ValueError) as error:
            raise Unavailable(f"{url} cannot be read: {type(error).__name__}") from error
        if answer.status_code == 404 and method == "POST":
            raise _Gone(f"{url} is gone")
        if answer.status_code in (400, 401, 403, 404):
            raise Misconfigured(f"{url} answers {answer.status_code}: {content}")
        if answer.status_code not in (200, 201) or not isinstance(content, dict):
            raise Unavailable(f"{url} answers {answer.status_code}")
        return content


class _Gone(Unavailable):
    """The stream was dropped, for example because it was not used for long."""
