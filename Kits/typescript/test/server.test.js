// The module before a running Gatehouse: GATEHOUSE_BINARY names the program.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import test, { after, before } from "node:test";

import { ConnectRequired, Gatehouse, Misconfigured, UserTokenRefused, connectRequest } from "../gatehouse.js";

let child, ready, gatehouse, apiURL;

before(async () => {
  const { GATEHOUSE_BINARY, ...env } = process.env;
  const options = ["dev", "--json", "--port", "0", "--exit-with-parent", "--upstream", "github=github-app"];
  child = spawn(GATEHOUSE_BINARY, [...options, "--scope", "mcp:read", "--scope", "mcp:write"], { env });
  for await (const line of createInterface({ input: child.stdout })) {
    ready = JSON.parse(line);
    break;
  }
  const { uri, client_id, client_secret } = ready.resources[0];
  gatehouse = new Gatehouse({
    issuer: ready.issuer, resource: uri, clientID: client_id, clientSecret: client_secret, scopes: ["mcp:read"],
  });
  apiURL = `${ready.upstreams[0].issuer}/oauth2/user`;
});

after(() => child.kill());

async function control(path, body) {
  const headers = { authorization: `Bearer ${ready.control.token}` };
  const answer = await fetch(ready.control.url + path, { method: "POST", headers, body: JSON.stringify(body ?? {}) });
  assert.equal(answer.status, 200, await answer.clone().text());
  return answer.json();
}

async function whoami(session) {
  return (await gatehouse.fetchUpstream(session.access_token, "github", apiURL)).json();
}

test("a user's call reaches the API, and concurrent retrievals cause one request", async () => {
  const session = await control("/sessions");
  assert.equal((await whoami(session)).login, "ada");
  const other = await control("/sessions", { user: "grace" });
  const found = await Promise.all(Array.from({ length: 20 }, () => gatehouse.upstreamToken(other.access_token, "github")));
  assert.equal(new Set(found).size, 1);
  assert.equal(found[0].accountName, "grace");
  assert.equal(typeof found[0].account, "string");
});

test("a guard refuses what it should, with the challenge of RFC 6750", async () => {
  const { access_token } = await control("/sessions");
  assert.equal((await gatehouse.guard(`Bearer ${access_token}`)).token.scopes.includes("mcp:read"), true);
  const missing = (await gatehouse.guard(undefined)).refusal;
  assert.equal(missing.status, 401);
  assert.ok(missing.headers["www-authenticate"].includes("/.well-known/oauth-protected-resource/mcp"));
  for (const defect of ["expired", "wrong-audience", "unsigned", "foreign-key"]) {
    const { access_token: wrong } = await control("/tokens", { defect });
    assert.equal((await gatehouse.guard(`Bearer ${wrong}`)).refusal.status, 401, defect);
  }
  const { access_token: narrow } = await control("/tokens", { scopes: ["mcp:write"] });
  const refusal = (await gatehouse.guard(`Bearer ${narrow}`)).refusal;
  assert.equal(refusal.status, 403);
  assert.ok(refusal.headers["www-authenticate"].includes('error="insufficient_scope", scope="mcp:read"'));
});

test("a token that the API refuses is reported, and the call succeeds", async () => {
  const session = await control("/sessions");
  await whoami(session);
  await control("/revoke", { user: "ada", tokens: "access" });
  assert.equal((await whoami(session)).login, "ada");
});

test("a rotated key is found", async () => {
  for (let round = 0; round < 2; round++) {
    await control("/keys/rotate");
    const { access_token } = await control("/sessions");
    assert.equal((await gatehouse.guard(`Bearer ${access_token}`)).refusal, undefined);
  }
});

test("a credential that a user entered goes into its own header field", async () => {
  const { uri } = ready.resources[0];
  const seen = [];
  const fetch = async (url, init) => {
    if (String(url).startsWith("https://api.example")) seen.push(new Headers(init.headers));
    if (String(url).endsWith("/token")) return Response.json({ access_token: "sk_1", token_type: "N_A", header: "X-Api-Key" });
    return Response.json({ issuer: "https://as.example", token_endpoint: "https://as.example/token" });
  };
  const kit = new Gatehouse({ issuer: "https://as.example", resource: uri, clientID: "a", clientSecret: "b", fetch });
  await kit.fetchUpstream("token", "weather", "https://api.example/");
  assert.equal(seen[0].get("x-api-key"), "sk_1");
  assert.equal(seen[0].has("authorization"), false);
});

test("errors say what to do", async () => {
  const session = await control("/sessions");
  await control("/disconnect", { user: session.claims.sub });
  const error = await gatehouse.upstreamToken(session.access_token, "github").catch((found) => found);
  assert.ok(error instanceof ConnectRequired);
  const { params } = connectRequest(error).inputRequests.connect;
  assert.ok(params.mode === "url" && params.url.startsWith(ready.issuer));
  await assert.rejects(gatehouse.upstreamToken(session.access_token, "nowhere"), Misconfigured);
  await control("/end", { session: session.claims.tsid });
  await assert.rejects(gatehouse.upstreamToken(session.access_token, "github"), UserTokenRefused);
});

test("the example answers its user, and asks a user to connect", async () => {
  const { uri, client_id, client_secret } = ready.resources[0];
  const env = {
    ...process.env, ISSUER: ready.issuer, RESOURCE: uri, CLIENT_ID: client_id, CLIENT_SECRET: client_secret, GITHUB_API: apiURL,
    PORT: "0",
  };
  const example = spawn(process.execPath, [new URL("../examples/server.js", import.meta.url).pathname], { env });
  try {
    let port;
    for await (const line of createInterface({ input: example.stdout })) {
      port = /listening on (\d+)/.exec(line)[1];
      break;
    }
    const call = (token) => fetch(`http://127.0.0.1:${port}/mcp`, { headers: { authorization: `Bearer ${token}` } });
    const session = await control("/sessions");
    assert.equal((await (await call(session.access_token)).json()).login, "ada");
    assert.equal((await call("x")).status, 401);
    const other = await control("/sessions", { user: "grace" });
    await control("/disconnect", { user: other.claims.sub });
    assert.equal((await (await call(other.access_token)).json()).resultType, "input_required");
  } finally {
    example.kill();
  }
});
