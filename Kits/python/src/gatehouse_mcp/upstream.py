"""RFC 8693: a user's upstream token for the user's access token."""

import asyncio
import base64
import hashlib
import json
from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx

from .errors import ConnectRequired, Misconfigured, Unavailable, UserTokenRefused

if TYPE_CHECKING:
    from .client import Gatehouse

_ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"
_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
_Key = tuple[bytes, str, tuple[str, ...], str | None]


@dataclass(frozen=True)
class UpstreamToken:
    """A user's token at a provider."""

    access_token: str = field(repr=False)
    upstream: str
    scopes: frozenset[str]
    #: The user's identifier at the provider.
    account: str | None
    #: What the provider's API needs beside the token, such as ``instance_url``.
    fields: dict[str, str]
    #: Until when it is used again, by the clock of this process.
    use_until: float
    #: A name of the account to show, if there is one.
    account_name: str | None = None
    #: The header field where the provider's API expects the token as it is, for credentials that users enter; ``None``
    #: for a bearer token.
    header: str | None = None

    def headers(self) -> dict[str, str]:
        """The header field of a request to the provider's API."""
        if self.header is not None:
            return {self.header: self.access_token}
        return {"Authorization": f"Bearer {self.access_token}"}

    def __str__(self) -> str:
        return f"<token of {self.upstream}>"


class Upstreams:
    """The tokens that are in use, at most 10,000, and the requests for further ones."""

    TOKENS_MAX = 10_000
    #: How long a token without an expiry is used before Gatehouse is asked again: the user may have disconnected.
    WITHOUT_EXPIRY_SECONDS = 300

    def __init__(
        self,
        gatehouse: "Gatehouse",
        http: httpx.AsyncClient,
        client_id: str,
        client_secret: str,
        clock: Callable[[], float],
    ) -> None:
        self._gatehouse = gatehouse
        self._http = http
        self._credentials = (client_id, client_secret)
        self._clock = clock
        self._tokens: OrderedDict[_Key, UpstreamToken] = OrderedDict()
        self._requests: dict[_Key, asyncio.Task[UpstreamToken]] = {}

    async def token(
        self, user_token: str, upstream: str, scopes: tuple[str, ...], account: str | None
    ) -> UpstreamToken:
        # The access token itself is not kept longer than its request.
        key = (hashlib.sha256(user_token.encode()).digest(), upstream, scopes, account)
        known = self._tokens.get(key)
        if known is not None:
            if self._clock() < known.use_until:
                self._tokens.move_to_end(key)
                return known
            del self._tokens[key]
        request = self._requests.get(key)
        if request is None:
            request = asyncio.create_task(self._exchange(user_token, upstream, scopes, account))
            self._requests[key] = request
            request.add_done_callback(lambda task: self._finish(key, task))
        # One caller's cancellation must not fail the others.
        return await asyncio.shield(request)

    def _finish(self, key: _Key, task: "asyncio.Task[UpstreamToken]") -> None:
        self._requests.pop(key, None)
        if task.cancelled() or task.exception() is not None:
            return
        self._tokens[key] = task.result()
        while len(self._tokens) > self.TOKENS_MAX:
            self._tokens.popitem(last=False)

    async def report(self, user_token: str, upstream: str, token: UpstreamToken) -> None:
        for key in [key for key, known in self._tokens.items() if known.access_token == token.access_token]:
            del self._tokens[key]
        digest = hashlib.sha256(token.access_token.encode()).digest()
        form = {
            "subject_token": user_token,
            "subject_token_type": _ACCESS_TOKEN,
            "audience": upstream,
            "token_sha256": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        }
        answer = await self._post(self._gatehouse.issuer.rstrip("/") + "/oauth/report-invalid", form)
        # 429: the token was replaced less than a minute ago; the next retrieval has what there is.
        if answer.status_code not in (200, 429):
            self._raise(upstream, answer)

    async def _exchange(
        self, user_token: str, upstream: str, scopes: tuple[str, ...], account: str | None
    ) -> UpstreamToken:
        form = {
            "grant_type": _EXCHANGE,
            "subject_token": user_token,
            "subject_token_type": _ACCESS_TOKEN,
            "audience": upstream,
        }
        if scopes:
            form["scope"] = " ".join(scopes)
        if account is not None:
            form["account"] = account
        answer = await self._post((await self._gatehouse.metadata())["token_endpoint"], form)
        if answer.status_code != 200:
            self._raise(upstream, answer)
        body = answer.json()
        owner = body.get("account", {})
        now = self._clock()
        lifetime = body.get("expires_in")
        if isinstance(lifetime, (int, float)) and not isinstance(lifetime, bool):
            # Gatehouse replaces a token when less than this remains.
            until = now + lifetime - min(60, lifetime / 10)
        else:
            until = now + self.WITHOUT_EXPIRY_SECONDS
        return UpstreamToken(
            access_token=body["access_token"],
            upstream=upstream,
            scopes=frozenset(body.get("scope", "").split()),
            account=owner.get("sub"),
            fields=body.get("upstream_fields", {}),
            use_until=min(until, _expiry(user_token)),
            account_name=owner.get("login"),
            header=body.get("header"),
        )

    async def _post(self, url: str, form: dict[str, str]) -> httpx.Response:
        try:
            return await self._http.post(url, data=form, auth=self._credentials)
        except httpx.HTTPError as error:
            raise Unavailable(f"Gatehouse does not answer: {type(error).__name__}") from error

    def _raise(self, upstream: str, answer: httpx.Response) -> None:
        try:
            body: dict[str, Any] = answer.json()
        except ValueError:
            body = {}
        error = body.get("error", "")
        text = f"{answer.status_code} {error}: {body.get('error_description', '')}"
        if error == "interaction_required":
            raise ConnectRequired(
                upstream, body.get("reason", ""), body.get("connect_uri", ""), tuple(body.get("missing_scopes", []))
            )
        if error == "invalid_grant":
            raise UserTokenRefused(text)
        if answer.status_code in (429, 502, 503, 504):
            delay = answer.headers.get("retry-after", "")
            raise Unavailable(text, float(delay) if delay.isdigit() else None)
        raise Misconfigured(text)


def _expiry(user_token: str) -> float:
    """`exp` of an access token that the server has verified; nothing is cached for another one."""
    try:
        payload = user_token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return float(claims["exp"])
    except (IndexError, KeyError, TypeError, ValueError):
        return 0.0


class UpstreamAuth(httpx.Auth):
    """Sends a user's upstream token with each request of an ``httpx.AsyncClient``.

    After a 401 it reports the token, retrieves another one, and sends the request once more.
    """

    requires_request_body = True

    def __init__(self, gatehouse: "Gatehouse", user_token: str, upstream: str, scopes: tuple[str, ...] = ()) -> None:
        self._gatehouse = gatehouse
        self._user_token = user_token
        self._upstream = upstream
        self._scopes = scopes

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        token = await self._gatehouse.upstream_token(self._user_token, self._upstream, scopes=self._scopes)
        request.headers.update(token.headers())
        response = yield request
        if response.status_code != 401:
            return
        await self._gatehouse.report_invalid(self._user_token, self._upstream, token)
        token = await self._gatehouse.upstream_token(self._user_token, self._upstream, scopes=self._scopes)
        request.headers.update(token.headers())
        yield request
