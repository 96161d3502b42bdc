// For MCP servers behind Gatehouse, on Web Crypto and fetch alone: Node 20, Deno, Bun, Workers.
// Types and their documentation are in gatehouse.d.ts.

const TOKEN_BYTES_MAX = 16_384;
const DATE_MAX = 253_402_300_799;
// Headers that change what is signed, who signs, or what must be understood (RFC 7515 §4.1.11, RFC 8725 §3.10).
const REFUSED_HEADERS = ["crit", "b64", "enc", "zip", "jwk", "x5c"];
const TEXT_CLAIMS = ["iss", "sub", "aud", "client_id", "jti"];
const ALGORITHMS = {
  ES256: { import: { name: "ECDSA", namedCurve: "P-256" }, verify: { name: "ECDSA", hash: "SHA-256" } },
  EdDSA: { import: { name: "Ed25519" }, verify: { name: "Ed25519" } },
  RS256: { import: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" }, verify: { name: "RSASSA-PKCS1-v1_5" } },
};
const ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token";
const EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";

export class GatehouseError extends Error {
  constructor(message) {
    super(message);
    this.name = new.target.name;
  }
}
export class InvalidToken extends GatehouseError {}
export class UserTokenRefused extends GatehouseError {}
export class Misconfigured extends GatehouseError {}
export class InsufficientScope extends GatehouseError {
  constructor(required) {
    super(`the token lacks ${required.join(" ")}`);
    this.required = required;
  }
}
export class Unavailable extends GatehouseError {
  constructor(message, retryAfter) {
    super(message);
    this.retryAfter = retryAfter;
  }
}
export class ConnectRequired extends GatehouseError {
  constructor(upstream, reason, connectURI, missingScopes) {
    super(`${upstream} has to be connected: ${reason}`);
    Object.assign(this, { upstream, reason, connectURI, missingScopes });
  }
}

// Base64url and JSON, strictly

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

function decode(segment) {
  if (segment === "" || segment.length % 4 === 1) throw new InvalidToken("a segment is not base64url");
  const bytes = new Uint8Array(Math.floor((segment.length * 3) / 4));
  let bits = 0;
  let count = 0;
  let length = 0;
  for (const character of segment) {
    const value = ALPHABET.indexOf(character);
    if (value < 0) throw new InvalidToken("a segment is not base64url");
    bits = ((bits << 6) | value) & 0xffff;
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes[length++] = (bits >> count) & 0xff;
    }
  }
  // The unused bits of the last character must be zero, or one token has several spellings.
  if ((bits & ((1 << count) - 1)) !== 0) throw new InvalidToken("a segment is not canonical base64url");
  return bytes;
}

/** A JSON object; JSON.parse alone takes the last of two members with one name. */
function parseObject(bytes) {
  let text;
  let value;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    value = JSON.parse(text);
  } catch {
    throw new InvalidToken("not JSON");
  }
  if (value === null || typeof value !== "object" || Array.isArray(value)) throw new InvalidToken("not a JSON object");
  refuseRepeatedMembers(text);
  return value;
}

/** Walks through a text that is JSON: a string before a colon is a name. */
function refuseRepeatedMembers(text) {
  const open = [];
  const token = /"(?:[^"\\]|\\.)*"(\s*:)?|[{}[\]]/g;
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    if (match[0] === "{" || match[0] === "[") open.push(new Set());
    else if (match[0] === "}" || match[0] === "]") open.pop();
    else if (match[1] !== undefined) {
      const name = JSON.parse(match[0].slice(0, match[0].length - match[1].length));
      const names = open[open.length - 1];
      if (names.has(name)) throw new InvalidToken("a member occurs twice");
      names.add(name);
    }
  }
}

// RFC 7517 §5: the published keys

export class KeySet {
  #keys = new Map();

  static async of(document) {
    const set = new KeySet();
    for (const jwk of Array.isArray(document?.keys) ? document.keys : []) {
      try {
        await set.#add(jwk);
      } catch {
        // A key that cannot verify our tokens is skipped, as the RFC says.
      }
    }
    return set;
  }

  async #add(jwk) {
    const algorithm = jwk.kty === "EC" && jwk.crv === "P-256" ? "ES256"
      : jwk.kty === "OKP" && jwk.crv === "Ed25519" ? "EdDSA" : jwk.kty === "RSA" ? "RS256" : undefined;
    const named = jwk.alg === "Ed25519" ? "EdDSA" : jwk.alg ?? algorithm;
    const isForVerifying = (jwk.use ?? "sig") === "sig" && (jwk.key_ops ?? ["verify"]).includes("verify");
    if (algorithm === undefined || named !== algorithm || !isForVerifying || "d" in jwk) return;
    if (typeof jwk.kid !== "string" || (algorithm === "RS256" && decode(jwk.n).length < 256)) return;
    const { kty, crv, x, y, n, e } = jwk;
    const key = await crypto.subtle.importKey("jwk", { kty, crv, x, y, n, e }, ALGORITHMS[algorithm].import, false, ["verify"]);
    this.#keys.set(jwk.kid, { algorithm, key });
  }

  has(name) {
    return this.#keys.has(name);
  }

  async check(algorithm, name, signed, signature) {
    const found = this.#keys.get(name);
    if (found?.algorithm !== algorithm) throw new InvalidToken("no published key has this name and algorithm");
    const isRight = await crypto.subtle.verify(ALGORITHMS[algorithm].verify, found.key, signature, signed);
    if (!isRight) throw new InvalidToken("the signature is wrong");
  }
}

// RFC 9068: access tokens, as strictly as Gatehouse reads them

function readHeader(token, wanted = "at+jwt") {
  const segments = typeof token === "string" ? token.split(".") : [];
  if (segments.length !== 3 || token.length > TOKEN_BYTES_MAX) throw new InvalidToken("not a compact JWS");
  const header = parseObject(decode(segments[0]));
  for (const name of REFUSED_HEADERS) {
    if (Object.hasOwn(header, name)) throw new InvalidToken(`the header ${name} is not accepted`);
  }
  if (header.cty !== undefined && (typeof header.cty !== "string" || header.cty.toLowerCase() === "jwt")) {
    throw new InvalidToken("a nested token");
  }
  const type = typeof header.typ === "string" ? header.typ.toLowerCase().replace(/^application\//, "") : "";
  if (type !== wanted) throw new InvalidToken(`the type is not ${wanted}`);
  const algorithm = header.alg === "Ed25519" ? "EdDSA" : header.alg;
  if (typeof algorithm !== "string" || !Object.hasOwn(ALGORITHMS, algorithm)) {
    throw new InvalidToken("the algorithm is not accepted");
  }
  if (typeof header.kid !== "string" || !/^[\x20-\x7e]{1,256}$/.test(header.kid) || header.kid.endsWith("\n")) {
    throw new InvalidToken("the token names no key");
  }
  return { algorithm, name: header.kid, segments };
}

function isText(value) {
  return typeof value === "string" && value !== "";
}

function date(claims, name) {
  const value = claims[name];
  if (!Number.isInteger(value) || value < 0 || value > DATE_MAX) {
    throw new InvalidToken(`${name} is missing or not a date`);
  }
  return value;
}

function checkClaims(claims, { issuer, audience, now, skew }) {
  for (const name of TEXT_CLAIMS) {
    if (!isText(claims[name])) throw new InvalidToken(`${name} is missing or not a text`);
  }
  for (const name of ["scope", "tsid"]) {
    if (Object.hasOwn(claims, name) && !isText(claims[name])) throw new InvalidToken(`${name} is not a text`);
  }
  if (claims.iss !== issuer) throw new InvalidToken("another issuer");
  if (claims.aud !== audience) throw new InvalidToken("another audience");
  // A token that is bound to a key must not be accepted without proof of that key (RFC 7800 §3.1).
  if (Object.hasOwn(claims, "cnf")) throw new InvalidToken("the token is bound to a key");
  if (Object.hasOwn(claims, "act") && !isText(claims.act?.sub)) throw new InvalidToken("act names no actor");
  if (now - skew >= date(claims, "exp")) throw new InvalidToken("expired");
  if (date(claims, "iat") > now + skew) throw new InvalidToken("issued in the future");
  if (Object.hasOwn(claims, "nbf") && date(claims, "nbf") > now + skew) throw new InvalidToken("not valid yet");
}

export function requireScopes(token, scopes) {
  const missing = scopes.some((scope) => !token.scopes.includes(scope));
  if (missing) throw new InsufficientScope([...scopes]);
}

export async function verify(token, keys, { issuer, audience, now, skew = 0, scopes = [] }) {
  const { algorithm, name, segments } = readHeader(token);
  // Cheap checks come before the signature: a flood of expired tokens must not cost signature checks.
  const claims = parseObject(decode(segments[1]));
  checkClaims(claims, { issuer, audience, now, skew });
  const signed = new TextEncoder().encode(`${segments[0]}.${segments[1]}`);
  await keys.check(algorithm, name, signed, decode(segments[2]));
  const verified = {
    token,
    subject: claims.sub,
    clientID: claims.client_id,
    scopes: (claims.scope ?? "").split(" ").filter((scope) => scope !== ""),
    audience: claims.aud,
    expiresAt: claims.exp,
    session: claims.tsid,
    claims,
  };
  requireScopes(verified, scopes);
  return verified;
}

// What has ended before its time: security events (OpenID SSF 1.0, CAEP, RFC 8417) by poll (RFC 8936)

const SESSION_REVOKED = "https://schemas.openid.net/secevent/caep/event-type/session-revoked";
const POLL = "urn:ietf:rfc:8936";
const RETRY_SECONDS = [1, 2, 5, 10, 30];
// Longer than the longest access token lives.
const REVOKED_SECONDS = 25 * 3600;
const REVOKED_MAX = 200_000;

class RevokedTokens {
  #now;
  #sessions = new Map();
  #tokens = new Map();
  before = 0;

  constructor(now) {
    this.#now = now;
  }

  check({ session, claims }) {
    if (this.#sessions.has(session) || this.#tokens.has(claims.jti) || claims.iat <= this.before) {
      throw new InvalidToken("revoked");
    }
  }

  add(claims) {
    const event = claims.events[SESSION_REVOKED];
    if (event === undefined) return;
    const { format, jti, session } = claims.sub_id;
    if (format === "jwt_id" && isText(jti)) this.#keep(this.#tokens, jti);
    else if (isText(session?.id)) this.#keep(this.#sessions, session.id);
    // The whole issuer, or a subject that this version does not know: to refuse too many is safe.
    else this.refuseAll(event.event_timestamp ?? this.#now());
  }

  refuseUntilNow() {
    this.refuseAll(this.#now());
  }

  refuseAll(until) {
    this.before = Math.max(this.before, until);
  }

  #keep(table, name) {
    const now = this.#now();
    table.delete(name);
    table.set(name, now);
    for (const [oldest, moment] of table) {
      const isOver = moment < now - REVOKED_SECONDS;
      if (!isOver && table.size <= REVOKED_MAX) break;
      table.delete(oldest);
      if (!isOver) this.refuseAll(moment);
    }
  }
}

class RevocationFeed {
  #send;
  #read;
  #issuer;
  #stream;
  #known = {};
  #abort = new AbortController();
  #task;

  constructor({ issuer, revoked, send, read }) {
    this.revoked = revoked;
    this.#issuer = issuer;
    this.#send = send;
    this.#read = read;
  }

  async start() {
    if (this.#task !== undefined) return;
    await this.#catchUp();
    this.#task = this.#follow();
  }

  async close() {
    this.#abort.abort();
    await this.#task;
    if (this.#stream === undefined) return;
    const url = `${this.#stream.configuration}?stream_id=${encodeURIComponent(this.#stream.id)}`;
    // Gatehouse drops a stream that nobody uses.
    await this.#send("DELETE", url).catch(() => undefined);
  }

  async #follow() {
    for (let failures = 0; !this.#abort.signal.aborted; ) {
      try {
        if (this.#stream === undefined) await this.#catchUp();
        await this.#poll(true);
        failures = 0;
      } catch {
        if (this.#abort.signal.aborted) return;
        await pause(RETRY_SECONDS[Math.min(failures++, RETRY_SECONDS.length - 1)], this.#abort.signal);
      }
    }
  }

  async #catchUp() {
    if (this.#stream === undefined) {
      const { origin, pathname } = new URL(this.#issuer);
      const { body } = await this.#send("GET", `${origin}/.well-known/ssf-configuration${pathname.replace(/\/$/, "")}`);
      if (body.issuer !== this.#issuer || !body.delivery_methods_supported?.includes(POLL)) {
        throw new Misconfigured("the metadata of security events is another issuer's, or offers no poll");
      }
      const configuration = body.configuration_endpoint;
      const made = await this.#send("POST", configuration, { delivery: { method: POLL } });
      this.#stream = { configuration, id: made.body.stream_id, endpoint: made.body.delivery.endpoint_url };
      this.#known = {};
    }
    while (await this.#poll(false));
  }

  async #poll(waits) {
    if (this.#stream === undefined) return false;
    const poll = { returnImmediately: !waits, ...this.#known };
    const { status, body } = await this.#send("POST", this.#stream.endpoint, poll, this.#abort.signal);
    if (status === 404) {
      this.#stream = undefined;
      if (!waits) await this.#catchUp();
      return false;
    }
    const ack = [];
    const setErrs = {};
    for (const [identifier, token] of Object.entries(body.sets ?? {})) {
      try {
        this.revoked.add(await this.#read(token));
        ack.push(identifier);
      } catch (error) {
        if (error instanceof Unavailable) throw error;
        // An end that cannot be read might be of any token.
        this.revoked.refuseUntilNow();
        setErrs[identifier] = { err: "invalid_request", description: "the event cannot be read" };
      }
    }
    // Acknowledged by the next poll: what is not known durably here comes again after a new start anyway.
    this.#known = { ack, setErrs };
    return body.moreAvailable === true;
  }
}

function pause(seconds, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, seconds * 1000);
    timer.unref?.();
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}

// One Gatehouse, as one MCP server knows it

export class Gatehouse {
  #options;
  #metadata;
  #keys;
  #keysUntil = 0;
  #keysFetched = 0;
  #fetching;
  #unknown = [];
  #tokens = new Map();
  #requests = new Map();
  #revoked;
  #feed;

  constructor(options) {
    this.#options = { scopes: [], skew: 5, fetch: globalThis.fetch.bind(globalThis), now: () => Date.now() / 1000, ...options };
    this.#revoked = new RevokedTokens(this.#options.now);
  }

  async followRevocations() {
    this.#feed ??= new RevocationFeed({
      issuer: this.#options.issuer,
      revoked: this.#revoked,
      send: (...request) => this.#sendJSON(...request),
      read: (token) => this.#readEvent(token),
    });
    await this.#feed.start();
  }

  async close() {
    await this.#feed?.close();
    this.#feed = undefined;
  }

  async #readEvent(token) {
    const { algorithm, name, segments } = readHeader(token, "secevent+jwt");
    const keys = await this.#keySet(name);
    const signed = new TextEncoder().encode(`${segments[0]}.${segments[1]}`);
    await keys.check(algorithm, name, signed, decode(segments[2]));
    const claims = parseObject(decode(segments[1]));
    const { issuer, clientID } = this.#options;
    if (claims.iss !== issuer || (claims.aud !== clientID && !claims.aud?.includes?.(clientID))) {
      throw new InvalidToken("another issuer's event, or another receiver's");
    }
    return claims;
  }

  async #sendJSON(method, url, body, signal) {
    const headers = { authorization: this.#basic() };
    if (body !== undefined) headers["content-type"] = "application/json";
    // Longer than Gatehouse lets a poll wait.
    const signals = [AbortSignal.timeout(40_000), ...(signal === undefined ? [] : [signal])];
    let answer;
    let content = {};
    try {
      const init = { method, headers, body: body && JSON.stringify(body), signal: AbortSignal.any(signals) };
      answer = await this.#options.fetch(url, init);
      if (answer.status === 200 || answer.status === 201) content = await answer.json();
      else await answer.body?.cancel();
    } catch (error) {
      throw new Unavailable(`${url} cannot be read: ${error.message}`);
    }
    if ([200, 201, 204].includes(answer.status)) return { status: answer.status, body: content };
    if (answer.status === 404 && method === "POST") return { status: 404, body: content };
    const text = `${url} answers ${answer.status}`;
    throw [400, 401, 403, 404].includes(answer.status) ? new Misconfigured(text) : new Unavailable(text);
  }

  #basic() {
    const { clientID, clientSecret } = this.#options;
    return `Basic ${btoa(`${encodeURIComponent(clientID)}:${encodeURIComponent(clientSecret)}`)}`;
  }

  get resource() {
    return this.#options.resource;
  }

  async verify(token, scopes = this.#options.scopes) {
    const { name } = readHeader(token);
    const keys = await this.#keySet(name);
    const { issuer, resource, skew, now } = this.#options;
    const verified = await verify(token, keys, { issuer, audience: resource, skew, now: now() });
    this.#revoked.check(verified);
    requireScopes(verified, scopes);
    return verified;
  }

  async #keySet(name) {
    const now = performance.now() / 1000;
    if (this.#keys === undefined || now >= this.#keysUntil) return this.#freshKeys(now);
    if (this.#keys.has(name)) return this.#keys;
    // A key that was published after our copy; or a forged name, which must not cause requests without end.
    this.#unknown = this.#unknown.filter((moment) => now - moment < 60);
    if (this.#unknown.length >= 6) throw new InvalidToken("no published key has this name");
    this.#unknown.push(now);
    return this.#freshKeys(now);
  }

  async #freshKeys(now) {
    this.#fetching ??= this.#fetchKeys().finally(() => (this.#fetching = undefined));
    try {
      return await this.#fetching;
    } catch (error) {
      // Keys remain in use for a day while Gatehouse does not answer.
      if (error instanceof Unavailable && this.#keys !== undefined && now - this.#keysFetched < 86_400) return this.#keys;
      throw error;
    }
  }

  async #fetchKeys() {
    const { body, headers } = await this.#get((await this.metadata()).jwks_uri);
    this.#keys = await KeySet.of(body);
    const age = /max-age=(\d+)/.exec(headers.get("cache-control") ?? "");
    this.#keysFetched = performance.now() / 1000;
    this.#keysUntil = this.#keysFetched + Math.min(age ? Number(age[1]) : 3600, 86_400);
    return this.#keys;
  }

  async metadata() {
    if (this.#metadata === undefined) {
      const issuer = new URL(this.#options.issuer);
      const url = `${issuer.origin}/.well-known/oauth-authorization-server${issuer.pathname.replace(/\/$/, "")}`;
      const { body } = await this.#get(url);
      if (body.issuer !== this.#options.issuer) throw new Unavailable(`${url} names another issuer`);
      this.#metadata = body;
    }
    return this.#metadata;
  }

  async #get(url) {
    try {
      const answer = await this.#options.fetch(url, { signal: AbortSignal.timeout(10_000) });
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      return { body: await answer.json(), headers: answer.headers };
    } catch (error) {
      throw new Unavailable(`${url} cannot be read: ${error.message}`);
    }
  }

  // Upstream tokens

  async upstreamToken(userToken, upstream, { scopes = [], account } = {}) {
    const key = JSON.stringify([await digest(userToken), upstream, scopes, account ?? null]);
    const known = this.#tokens.get(key);
    if (known !== undefined && this.#options.now() < known.useUntil) return known;
    this.#tokens.delete(key);
    let request = this.#requests.get(key);
    if (request === undefined) {
      request = this.#exchange(userToken, upstream, scopes, account)
        .then((token) => {
          this.#tokens.set(key, token);
          if (this.#tokens.size > 10_000) this.#tokens.delete(this.#tokens.keys().next().value);
          return token;
        })
        .finally(() => this.#requests.delete(key));
      this.#requests.set(key, request);
    }
    return request;
  }

  async #exchange(userToken, upstream, scopes, account) {
    const form = { grant_type: EXCHANGE, subject_token: userToken, subject_token_type: ACCESS_TOKEN, audience: upstream };
    if (scopes.length > 0) form.scope = scopes.join(" ");
    if (account !== undefined) form.account = account;
    const answer = await this.#post((await this.metadata()).token_endpoint, form);
    if (!answer.ok) throw await refusal(upstream, answer);
    const body = await answer.json();
    const now = this.#options.now();
    const lifetime = body.expires_in;
    // Gatehouse replaces a token when less than this remains; without an expiry the user may have disconnected.
    const until = typeof lifetime === "number" ? now + lifetime - Math.min(60, lifetime / 10) : now + 300;
    return {
      accessToken: body.access_token,
      upstream,
      scopes: (body.scope ?? "").split(" ").filter((scope) => scope !== ""),
      account: body.account?.sub,
      accountName: body.account?.login,
      header: body.header,
      fields: body.upstream_fields ?? {},
      useUntil: Math.min(until, expiry(userToken)),
    };
  }

  async reportInvalid(userToken, upstream, token) {
    for (const [key, known] of this.#tokens) {
      if (known.accessToken === token.accessToken) this.#tokens.delete(key);
    }
    const answer = await this.#post(`${this.#options.issuer.replace(/\/$/, "")}/oauth/report-invalid`, {
      subject_token: userToken,
      subject_token_type: ACCESS_TOKEN,
      audience: upstream,
      token_sha256: await digest(token.accessToken),
    });
    // 429: the token was replaced less than a minute ago; the next retrieval has what there is.
    if (!answer.ok && answer.status !== 429) throw await refusal(upstream, answer);
  }

  async fetchUpstream(userToken, upstream, input, init = {}, options = {}) {
    const send = (token) => {
      const headers = new Headers(init.headers);
      // A credential that a user has entered goes into its own field as it is.
      if (token.header === undefined) headers.set("authorization", `Bearer ${token.accessToken}`);
      else headers.set(token.header, token.accessToken);
      return this.#options.fetch(input, { ...init, headers });
    };
    const token = await this.upstreamToken(userToken, upstream, options);
    const answer = await send(token);
    if (answer.status !== 401) return answer;
    await answer.body?.cancel();
    await this.reportInvalid(userToken, upstream, token);
    return send(await this.upstreamToken(userToken, upstream, options));
  }

  async #post(url, form) {
    try {
      return await this.#options.fetch(url, {
        method: "POST",
        headers: {
          authorization: this.#basic(),
          "content-type": "application/x-www-form-urlencoded",
        },
        body: new URLSearchParams(form),
        signal: AbortSignal.timeout(30_000),
      });
    } catch (error) {
      throw new Unavailable(`Gatehouse does not answer: ${error.message}`);
    }
  }

  // What an MCP server says about itself (RFC 9728, RFC 6750 §3)

  get metadataPath() {
    return `/.well-known/oauth-protected-resource${new URL(this.resource).pathname.replace(/\/$/, "")}`;
  }

  resourceMetadata() {
    const { resource, issuer, scopes } = this.#options;
    const document = { resource, authorization_servers: [issuer], bearer_methods_supported: ["header"] };
    return scopes.length > 0 ? { ...document, scopes_supported: [...scopes] } : document;
  }

  challenge(error, scopes = this.#options.scopes) {
    const parts = error === undefined ? [] : [`error="${error}"`];
    if (scopes.length > 0) parts.push(`scope="${scopes.join(" ")}"`);
    parts.push(`resource_metadata="${new URL(this.resource).origin}${this.metadataPath}"`);
    return `Bearer ${parts.join(", ")}`;
  }

  async guard(authorization, scopes = this.#options.scopes) {
    const refuse = (status, error, wanted) => ({
      status,
      headers: { "content-type": "application/json", "www-authenticate": this.challenge(error, wanted) },
      body: JSON.stringify({ error: error ?? "unauthorized" }),
    });
    if (authorization === undefined || authorization === null) return { refusal: refuse(401) };
    const match = /^bearer +([^ ,]+) *$/i.exec(authorization);
    if (match === null) return { refusal: refuse(401, "invalid_token") };
    try {
      return { token: await this.verify(match[1], scopes) };
    } catch (error) {
      if (error instanceof InvalidToken) return { refusal: refuse(401, "invalid_token") };
      if (error instanceof InsufficientScope) return { refusal: refuse(403, "insufficient_scope", error.required) };
      if (!(error instanceof Unavailable)) throw error;
      const headers = { "content-type": "application/json", "retry-after": "5" };
      return { refusal: { status: 503, headers, body: '{"error":"temporarily_unavailable"}' } };
    }
  }
}

export function connectRequest(error) {
  const again = error.reason === "reauth_required" ? "again " : "";
  const message = `Connect your ${error.upstream} account ${again}to continue.`;
  const params = { mode: "url", message, url: error.connectURI };
  return { resultType: "input_required", inputRequests: { connect: { method: "elicitation/create", params } } };
}

async function digest(text) {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** `exp` of a token that the server has verified; nothing is cached for another one. */
function expiry(userToken) {
  try {
    return Number(parseObject(decode(userToken.split(".")[1])).exp) || 0;
  } catch {
    return 0;
  }
}

async function refusal(upstream, answer) {
  const body = await answer.json().catch(() => ({}));
  const text = `${answer.status} ${body.error ?? ""}: ${body.error_description ?? ""}`;
  if (body.error === "interaction_required") {
    return new ConnectRequired(upstream, body.reason ?? "", body.connect_uri ?? "", body.missing_scopes ?? []);
  }
  if (body.error === "invalid_grant") return new UserTokenRefused(text);
  if ([429, 502, 503, 504].includes(answer.status)) {
    const delay = Number(answer.headers.get("retry-after") ?? NaN);
    return new Unavailable(text, Number.isFinite(delay) ? delay : undefined);
  }
  return new Misconfigured(text);
}
