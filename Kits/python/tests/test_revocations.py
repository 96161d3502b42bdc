"""Ended sessions and revoked tokens, before a scripted transmitter of events."""

import asyncio
import base64
import json

import httpx
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from gatehouse_mcp import Gatehouse, InvalidToken, Misconfigured
from gatehouse_mcp.revocations import RevokedTokens

ISSUER = "https://as.example"
RESOURCE = "https://mcp.example/mcp"
NOW = 1_795_000_000
REVOKED = "https://schemas.openid.net/secevent/caep/event-type/session-revoked"


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Transmitter:
    """Signs tokens and events, and answers polls with the events that are not acknowledged."""

    def __init__(self):
        self.key = ec.generate_private_key(ec.SECP256R1())
        numbers = self.key.public_key().public_numbers()
        x, y = (encoded(number.to_bytes(32, "big")) for number in (numbers.x, numbers.y))
        self.jwks = {"keys": [{"kty": "EC", "crv": "P-256", "kid": "k", "x": x, "y": y}]}
        self.events = {}
        self.streams = 0
        self.polls = []
        self.dropped = []
        self.arrived = asyncio.Event()
        self.fails = 0

    def sign(self, claims, kind="at+jwt"):
        parts = [encoded(json.dumps(part).encode()) for part in ({"alg": "ES256", "kid": "k", "typ": kind}, claims)]
        signed = ".".join(parts)
        r, s = decode_dss_signature(self.key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
        return signed + "." + encoded(r.to_bytes(32, "big") + s.to_bytes(32, "big"))

    def token(self, session="ts_1", jti="j1", iat=NOW):
        claims = {"iss": ISSUER, "sub": "u", "aud": RESOURCE, "client_id": "c", "jti": jti, "tsid": session}
        return self.sign({**claims, "iat": iat, "exp": iat + 3600, "scope": "a"})

    def end(self, identifier, subject, event=None, **changes):
        claims = {"iss": ISSUER, "aud": "id", "jti": identifier, "iat": NOW, "sub_id": subject}
        claims |= {"events": {REVOKED: event or {}}} | changes
        self.events[identifier] = self.sign(claims, changes.get("typ", "secevent+jwt"))
        self.arrived.set()

    async def answer(self, request):
        path = request.url.path
        if path == "/.well-known/oauth-authorization-server":
            return httpx.Response(200, json={"issuer": ISSUER, "jwks_uri": ISSUER + "/keys"})
        if path == "/keys":
            return httpx.Response(200, json=self.jwks)
        if path == "/.well-known/ssf-configuration":
            methods = ["urn:ietf:rfc:8936"]
            document = {"issuer": ISSUER, "configuration_endpoint": ISSUER + "/stream"}
            return httpx.Response(200, json=document | {"delivery_methods_supported": methods})
        assert request.headers["authorization"].startswith("Basic ")
        if path == "/stream" and request.method == "DELETE":
            self.dropped.append(request.url.params["stream_id"])
            return httpx.Response(204)
        if path == "/stream":
            self.streams += 1
            delivery = {"endpoint_url": f"{ISSUER}/poll/{self.streams}"}
            return httpx.Response(201, json={"stream_id": f"es_{self.streams}", "delivery": delivery})
        return await self.polled(path, json.loads(request.content))

    async def polled(self, path, poll):
        if path != f"/poll/{self.streams}":
            return httpx.Response(404, json={"error": "invalid_request"})
        if self.fails:
            self.fails -= 1
            return httpx.Response(503)
        self.polls.append(poll)
        for identifier in [*poll.get("ack", []), *poll.get("setErrs", {})]:
            self.events.pop(identifier, None)
        while not self.events and not poll["returnImmediately"]:
            self.arrived.clear()
            await self.arrived.wait()
        return httpx.Response(200, json={"sets": self.events, "moreAvailable": False})


def kit(transmitter, secret="secret"):
    http = httpx.AsyncClient(transport=httpx.MockTransport(transmitter.answer))
    return Gatehouse(ISSUER, RESOURCE, "id", secret, clock=lambda: NOW, http=http)


def run(body):
    async def main():
        transmitter = Transmitter()
        gatehouse = kit(transmitter)
        try:
            await body(transmitter, gatehouse)
        finally:
            await gatehouse.aclose()
        return transmitter

    return asyncio.run(asyncio.wait_for(main(), 120))


async def refused(gatehouse, token):
    try:
        await gatehouse.verify(token)
    except InvalidToken as error:
        return error.reason == "revoked"
    return False


async def until_refused(gatehouse, token):
    while not await refused(gatehouse, token):
        await asyncio.sleep(0.001)


SESSION = {"format": "complex", "session": {"format": "opaque", "id": "ts_1"}, "user": {"format": "iss_sub"}}


def test_what_ended_before_the_start_and_what_ends_later_is_refused():
    async def body(transmitter, gatehouse):
        old, new, other = (transmitter.token(session) for session in ("ts_1", "ts_2", "ts_3"))
        transmitter.end("e1", SESSION)
        await gatehouse.follow_revocations()
        assert await refused(gatehouse, old)
        assert not await refused(gatehouse, new)
        transmitter.end("e2", SESSION | {"session": {"format": "opaque", "id": "ts_2"}})
        await until_refused(gatehouse, new)
        assert not await refused(gatehouse, other)

    transmitter = run(body)
    assert transmitter.dropped == ["es_1"]
    assert transmitter.polls[1]["ack"] == ["e1"]


def test_a_single_token_and_a_whole_issuer():
    async def body(transmitter, gatehouse):
        one, two = transmitter.token(jti="j1"), transmitter.token(jti="j2", iat=NOW - 10)
        late = transmitter.token(jti="j3", iat=NOW - 4)
        transmitter.end("e1", {"format": "jwt_id", "iss": ISSUER, "jti": "j1"})
        await gatehouse.follow_revocations()
        assert await refused(gatehouse, one) and not await refused(gatehouse, two)
        transmitter.end("l1", {"format": "complex", "tenant": {"format": "opaque", "id": ISSUER}},
                        {"event_timestamp": NOW - 5})
        await until_refused(gatehouse, two)
        assert not await refused(gatehouse, late)

    run(body)


@pytest.mark.parametrize("changes", [{"iss": "https://other.example"}, {"aud": "other"}, {"typ": "at+jwt"},
                                     {"sub_id": None}, {"events": None}])
def test_an_event_that_cannot_be_read_refuses_every_earlier_token(changes):
    async def body(transmitter, gatehouse):
        transmitter.end("e1", SESSION, **changes)
        await gatehouse.follow_revocations()
        assert await refused(gatehouse, transmitter.token("ts_9"))
        while not any("setErrs" in poll for poll in transmitter.polls):
            await asyncio.sleep(0.001)

    run(body)


def test_other_events_change_nothing():
    async def body(transmitter, gatehouse):
        verification = {"https://schemas.openid.net/secevent/ssf/event-type/verification": {}}
        transmitter.end("v1", {"format": "opaque", "id": "es_1"}, events=verification)
        await gatehouse.follow_revocations()
        assert not await refused(gatehouse, transmitter.token())

    run(body)


def test_a_stream_that_is_gone_is_made_anew_and_failures_are_tried_again(monkeypatch):
    monkeypatch.setattr("gatehouse_mcp.revocations.RevocationFeed.RETRY_SECONDS", (0,))

    async def body(transmitter, gatehouse):
        await gatehouse.follow_revocations()
        transmitter.fails = 3
        transmitter.end("e1", SESSION)
        await until_refused(gatehouse, transmitter.token("ts_1"))
        transmitter.streams += 1
        transmitter.end("e2", {"format": "jwt_id", "iss": ISSUER, "jti": "j5"})
        await until_refused(gatehouse, transmitter.token("ts_5", "j5"))

    assert run(body).streams == 3


def test_without_a_feed_at_the_issuer_the_start_says_so():
    async def body(transmitter, gatehouse):
        async def absent(request):
            return httpx.Response(404, json={"error": "not_found"})

        transmitter.answer = absent
        other = kit(transmitter)
        with pytest.raises(Misconfigured):
            await other.follow_revocations()
        await other.aclose()

    run(body)


def test_the_table_is_bounded_and_forgets_nothing_in_favour_of_a_token(monkeypatch):
    monkeypatch.setattr(RevokedTokens, "ENTRIES_MAX", 2)
    clock = [NOW]
    revoked = RevokedTokens(lambda: clock[0])
    for number in range(3):
        clock[0] = NOW + number
        subject = {"format": "complex", "session": {"format": "opaque", "id": f"ts_{number}"}}
        revoked.add({"sub_id": subject, "events": {REVOKED: {}}})
    assert revoked.before == NOW and len(revoked._sessions) == 2
    clock[0] = NOW + 26 * 3600
    revoked.add({"sub_id": SESSION, "events": {REVOKED: {}}})
    assert list(revoked._sessions) == ["ts_1"]
