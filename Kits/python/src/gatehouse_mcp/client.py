"""A Gatehouse, as one MCP server knows it: its metadata, its keys, and its users' upstream tokens."""

import asyncio
import re
import time
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

import httpx

from .errors import InvalidToken, Unavailable
from .revocations import RevocationFeed
from .upstream import Upstreams, UpstreamAuth, UpstreamToken
from .verifier import AccessToken, KeySet, header, require, verify


class Gatehouse:
    """Verifies the access tokens of one resource and retrieves its users' upstream tokens.

    One object per process is enough: it keeps one connection pool, the key set and the upstream tokens. It belongs to
    the event loop that uses it first.
    """

    #: How long a key set is used when the answer does not say.
    KEYS_SECONDS = 3600
    #: How long keys remain in use while Gatehouse does not answer.
    STALE_SECONDS = 24 * 3600
    #: How many unknown key names per minute cause a look at the key set: forged tokens must not cause a flood.
    UNKNOWN_KEYS_PER_MINUTE = 6

    def __init__(
        self,
        issuer: str,
        resource: str,
        client_id: str = "",
        client_secret: str = "",
        *,
        scopes: Iterable[str] = (),
        skew: float = 5,
        clock: Callable[[], float] = time.time,
        http: httpx.AsyncClient | None = None,
    ) -> None:
        self.issuer = issuer
        self.resource = resource
        #: The scopes that every request needs.
        self.scopes = tuple(scopes)
        self._skew = skew
        self._clock = clock
        self._http = http or httpx.AsyncClient(timeout=10)
        self._metadata: dict[str, Any] | None = None
        self._keys: KeySet | None = None
        self._keys_fetched = self._keys_until = 0.0
        self._unknown: list[float] = []
        self._fetching: asyncio.Task[KeySet] | None = None
        self._upstreams = Upstreams(self, self._http, client_id, client_secret, clock)
        self._feed = RevocationFeed(self.issuer, self._http, (client_id, client_secret), self._key_set, clock)

    async def aclose(self) -> None:
        """Closes the connections, and ends the stream of events if there is one."""
        await self._feed.close()
        await self._http.aclose()

    # Access tokens

    async def verify(self, token: str, scopes: Iterable[str] | None = None) -> AccessToken:
        """The verified token; raises `InvalidToken`, `InsufficientScope` or `Unavailable`.

        ``scopes`` are those of this request; without them, those that every request needs.
        """
        _, name = header(token)
        keys = await self._key_set(name)
        verified = verify(
            token, keys, issuer=self.issuer, audience=self.resource, now=self._clock(), skew=self._skew
        )
        self._feed.revoked.check(verified)
        require(verified, self.scopes if scopes is None else scopes)
        return verified

    async def follow_revocations(self) -> None:
        """Begins to learn of ended sessions and revoked tokens, which `verify` refuses from then on.

        Returns once everything is known that has ended so far; raises `Unavailable` or `Misconfigured` if that fails. A
        task then waits for what ends later, and tries again whenever Gatehouse does not answer. Call it in the start of
        each process; Gatehouse needs ``shared_signals: {enabled: true}``.
        """
        await self._feed.start()

    async def _key_set(self, name: str) -> KeySet:
        now = time.monotonic()
        if self._keys is None or now >= self._keys_until:
            return await self._fetch_keys(now)
        if name in self._keys:
            return self._keys
        # A key that was published after our copy; or a forged name, which must not cause requests without end.
        self._unknown = [moment for moment in self._unknown if now - moment < 60]
        if len(self._unknown) >= self.UNKNOWN_KEYS_PER_MINUTE:
            raise InvalidToken("no published key has this name")
        self._unknown.append(now)
        return await self._fetch_keys(now)

    async def _fetch_keys(self, now: float) -> KeySet:
        if self._fetching is None:
            self._fetching = asyncio.create_task(self._requested_keys())
            self._fetching.add_done_callback(self._forget_fetch)
        try:
            # A cancelled request must not cancel the others' look at the key set.
            return await asyncio.shield(self._fetching)
        except Unavailable:
            if self._keys is not None and now - self._keys_fetched < self.STALE_SECONDS:
                return self._keys
            raise

    def _forget_fetch(self, task: "asyncio.Task[KeySet]") -> None:
        self._fetching = None
        if not task.cancelled():
            task.exception()

    async def _requested_keys(self) -> KeySet:
        answer = await self._get((await self.metadata())["jwks_uri"])
        self._keys = KeySet(answer.json())
        age = re.search(r"max-age=(\d+)", answer.headers.get("cache-control", ""))
        self._keys_fetched = time.monotonic()
        self._keys_until = self._keys_fetched + min(int(age[1]) if age else self.KEYS_SECONDS, self.STALE_SECONDS)
        return self._keys

    async def metadata(self) -> dict[str, Any]:
        """RFC 8414: the authorization server's metadata, which must name our issuer."""
        if self._metadata is None:
            parts = urlsplit(self.issuer)
            path = parts.path.rstrip("/")
            url = f"{parts.scheme}://{parts.netloc}/.well-known/oauth-authorization-server{path}"
            metadata = (await self._get(url)).json()
            if metadata.get("issuer") != self.issuer:
                raise Unavailable(f"{url} names another issuer: {metadata.get('issuer')!r}")
            self._metadata = metadata
        return self._metadata

    async def _get(self, url: str) -> httpx.Response:
        try:
            answer = await self._http.get(url)
            answer.raise_for_status()
            answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise Unavailable(f"{url} cannot be read: {type(error).__name__}") from error
        return answer

    # Upstream tokens

    async def upstream_token(
        self, user_token: str, upstream: str, *, scopes: Iterable[str] = (), account: str | None = None
    ) -> UpstreamToken:
        """The token of the user at an upstream, cached until shortly before it expires.

        Raises `ConnectRequired`, `UserTokenRefused`, `Unavailable` or `Misconfigured`. Concurrent calls for the same
        user and upstream cause one request.
        """
        return await self._upstreams.token(user_token, upstream, tuple(scopes), account)

    async def report_invalid(self, user_token: str, upstream: str, token: UpstreamToken) -> None:
        """Tells Gatehouse that the upstream's API answered 401 to ``token``; the next retrieval brings another one."""
        await self._upstreams.report(user_token, upstream, token)

    def upstream_auth(self, user_token: str, upstream: str, *, scopes: Iterable[str] = ()) -> UpstreamAuth:
        """For ``httpx``: sends the upstream token, and after a 401 reports it and tries once more."""
        return UpstreamAuth(self, user_token, upstream, tuple(scopes))

    # What an MCP server says about itself (RFC 9728, RFC 6750 §3)

    @property
    def metadata_path(self) -> str:
        """The path of the protected-resource metadata."""
        return "/.well-known/oauth-protected-resource" + urlsplit(self.resource).path.rstrip("/")

    @property
    def metadata_url(self) -> str:
        """The URL of the protected-resource metadata."""
        parts = urlsplit(self.resource)
        return f"{parts.scheme}://{parts.netloc}{self.metadata_path}"

    def resource_metadata(self) -> dict[str, Any]:
        """RFC 9728: the protected-resource metadata, with the issuer's exact spelling, which clients compare."""
        document: dict[str, Any] = {
            "resource": self.resource,
            "authorization_servers": [self.issuer],
            "bearer_methods_supported": ["header"],
        }
        if self.scopes:
            document["scopes_supported"] = list(self.scopes)
        return document

    def challenge(self, error: str | None = None, scopes: Iterable[str] = ()) -> str:
        """The value of ``WWW-Authenticate`` for 401, or with ``insufficient_scope`` for 403."""
        parts = [f'error="{error}"'] if error else []
        scope = " ".join(scopes or self.scopes)
        if scope:
            parts.append(f'scope="{scope}"')
        parts.append(f'resource_metadata="{self.metadata_url}"')
        return "Bearer " + ", ".join(parts)
