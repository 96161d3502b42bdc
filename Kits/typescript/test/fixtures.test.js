// The verdicts that every verifier must reach: Kits/fixtures.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { InsufficientScope, InvalidToken, KeySet, verify } from "../gatehouse.js";

const fixtures = JSON.parse(readFileSync(new URL("../../fixtures/access-tokens.json", import.meta.url), "utf8"));

async function verdict(row, keys) {
  const { issuer, audience, now } = fixtures;
  try {
    await verify(row.token, keys, { issuer, audience, now, skew: row.skew, scopes: row.scopes });
    return "accept";
  } catch (error) {
    if (error instanceof InvalidToken) return "invalid";
    if (error instanceof InsufficientScope) return "insufficient_scope";
    throw error;
  }
}

test("200 of 200 policy fixtures", async () => {
  const keys = await KeySet.of(fixtures.jwks);
  const wrong = [];
  for (const row of fixtures.cases) {
    const found = await verdict(row, keys);
    if (found !== row.verdict) wrong.push(`${row.name}: ${found} instead of ${row.verdict}`);
  }
  assert.deepEqual(wrong, []);
  assert.equal(fixtures.cases.length, 200);
});
