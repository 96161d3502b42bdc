// Ended sessions and revoked tokens, before a scripted transmitter of events.
import assert from "node:assert/strict";
import test from "node:test";

import { Gatehouse, InvalidToken, Misconfigured } from "../gatehouse.js";

const ISSUER = "https://as.example";
const RESOURCE = "https://mcp.example/mcp";
const NOW = 1_795_000_000;
const REVOKED = "https://schemas.openid.net/secevent/caep/event-type/session-revoked";
const SESSION = { format: "complex", session: { format: "opaque", id: "ts_1" } };
const encoded = (value) => Buffer.from(value).toString("base64url");

class Transmitter {
  events = {};
  streams = 0;
  polls = [];
  dropped = [];
  #arrived = () => undefined;

  static async make() {
    const transmitter = new Transmitter();
    transmitter.pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
    transmitter.jwk = { ...(await crypto.subtle.exportKey("jwk", transmitter.pair.publicKey)), kid: "k" };
    return transmitter;
  }

  async sign(claims, typ = "at+jwt") {
    const signed = [{ alg: "ES256", kid: "k", typ }, claims].map((part) => encoded(JSON.stringify(part))).join(".");
    const algorithm = { name: "ECDSA", hash: "SHA-256" };
    return `${signed}.${encoded(await crypto.subtle.sign(algorithm, this.pair.privateKey, Buffer.from(signed)))}`;
  }

  token(tsid = "ts_1", jti = "j1", iat = NOW) {
    return this.sign({ iss: ISSUER, sub: "u", aud: RESOURCE, client_id: "c", jti, tsid, iat, exp: iat + 3600 });
  }

  async end(identifier, sub_id, event = {}, { typ = "secevent+jwt", ...changes } = {}) {
    const claims = { iss: ISSUER, aud: "id", jti: identifier, iat: NOW, sub_id, events: { [REVOKED]: event }, ...changes };
    this.events[identifier] = await this.sign(claims, typ);
    this.#arrived();
  }

  fetch = async (address, init = {}) => {
    const { pathname, searchParams } = new URL(address);
    if (pathname.endsWith("oauth-authorization-server")) return Response.json({ issuer: ISSUER, jwks_uri: `${ISSUER}/keys` });
    if (pathname === "/keys") return Response.json({ keys: [this.jwk] });
    if (pathname.endsWith("ssf-configuration")) {
      const configuration = { configuration_endpoint: `${ISSUER}/stream`, delivery_methods_supported: ["urn:ietf:rfc:8936"] };
      return Response.json({ issuer: ISSUER, ...configuration });
    }
    assert.match(init.headers.authorization, /^Basic /);
    if (init.method === "DELETE") {
      this.dropped.push(searchParams.get("stream_id"));
      return new Response(null, { status: 204 });
    }
    if (pathname === "/stream") {
      const id = ++this.streams;
      return Response.json({ stream_id: `es_${id}`, delivery: { endpoint_url: `${ISSUER}/poll/${id}` } }, { status: 201 });
    }
    if (pathname !== `/poll/${this.streams}`) return Response.json({ error: "invalid_request" }, { status: 404 });
    return this.#polled(JSON.parse(init.body), init.signal);
  };

  async #polled(poll, signal) {
    this.polls.push(poll);
    for (const identifier of [...(poll.ack ?? []), ...Object.keys(poll.setErrs ?? {})]) delete this.events[identifier];
    while (Object.keys(this.events).length === 0 && !poll.returnImmediately) {
      // As fetch does.
      signal.throwIfAborted();
      await new Promise((resolve, reject) => {
        this.#arrived = resolve;
        signal.addEventListener("abort", () => reject(new Error("aborted")));
      });
    }
    return Response.json({ sets: { ...this.events }, moreAvailable: false });
  }
}

async function run(body) {
  const transmitter = await Transmitter.make();
  const options = { issuer: ISSUER, resource: RESOURCE, clientID: "id", clientSecret: "secret", now: () => NOW };
  const gatehouse = new Gatehouse({ ...options, fetch: transmitter.fetch });
  try {
    await body(transmitter, gatehouse);
  } finally {
    await gatehouse.close();
  }
  return transmitter;
}

async function refused(gatehouse, token) {
  try {
    await gatehouse.verify(token);
    return false;
  } catch (error) {
    return error instanceof InvalidToken && error.message === "revoked";
  }
}

async function untilRefused(gatehouse, token) {
  while (!(await refused(gatehouse, token))) await new Promise((resolve) => setTimeout(resolve, 1));
}

test("what ended before the start, and what ends later, is refused", async () => {
  const transmitter = await run(async (transmitter, gatehouse) => {
    const [old, next, other] = await Promise.all(["ts_1", "ts_2", "ts_3"].map((session) => transmitter.token(session)));
    await transmitter.end("e1", SESSION);
    await gatehouse.followRevocations();
    assert.equal(await refused(gatehouse, old), true);
    assert.equal(await refused(gatehouse, next), false);
    await transmitter.end("e2", { ...SESSION, session: { format: "opaque", id: "ts_2" } });
    await untilRefused(gatehouse, next);
    assert.equal(await refused(gatehouse, other), false);
  });
  assert.deepEqual(transmitter.dropped, ["es_1"]);
  assert.deepEqual(transmitter.polls[1].ack, ["e1"]);
});

test("a single token, and a whole issuer", async () => {
  await run(async (transmitter, gatehouse) => {
    const [one, two, late] = [await transmitter.token("a", "j1"), await transmitter.token("a", "j2", NOW - 10), await transmitter.token("a", "j3", NOW - 4)];
    await transmitter.end("e1", { format: "jwt_id", iss: ISSUER, jti: "j1" });
    await gatehouse.followRevocations();
    assert.equal(await refused(gatehouse, one), true);
    assert.equal(await refused(gatehouse, two), false);
    await transmitter.end("l1", { format: "complex", tenant: { format: "opaque", id: ISSUER } }, { event_timestamp: NOW - 5 });
    await untilRefused(gatehouse, two);
    assert.equal(await refused(gatehouse, late), false);
  });
});

for (const changes of [{ iss: "https://other.example" }, { aud: "other" }, { typ: "at+jwt" }, { sub_id: null }, { events: null }]) {
  test(`an event that cannot be read refuses every earlier token: ${JSON.stringify(changes)}`, async () => {
    await run(async (transmitter, gatehouse) => {
      await transmitter.end("e1", SESSION, {}, changes);
      await gatehouse.followRevocations();
      assert.equal(await refused(gatehouse, await transmitter.token("ts_9")), true);
    });
  });
}

test("a stream that is gone is made anew", async () => {
  const transmitter = await run(async (transmitter, gatehouse) => {
    await gatehouse.followRevocations();
    transmitter.streams += 1;
    await transmitter.end("e1", SESSION);
    await untilRefused(gatehouse, await transmitter.token());
    while (transmitter.streams < 3) await new Promise((resolve) => setTimeout(resolve, 1));
    await transmitter.end("e2", { format: "jwt_id", iss: ISSUER, jti: "j5" });
    await untilRefused(gatehouse, await transmitter.token("ts_5", "j5"));
  });
  assert.equal(transmitter.streams, 3);
});

test("without a feed at the issuer the start says so", async () => {
  const options = { issuer: ISSUER, resource: RESOURCE, clientID: "id", clientSecret: "secret" };
  const gatehouse = new Gatehouse({ ...options, fetch: async () => Response.json({}, { status: 404 }) });
  await assert.rejects(gatehouse.followRevocations(), Misconfigured);
  await gatehouse.close();
});
