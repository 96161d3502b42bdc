// An HTTP server with one operation that calls GitHub for its user, on node:http alone.
import { createServer } from "node:http";

import { ConnectRequired, Gatehouse, connectRequest } from "../gatehouse.js";

const { ISSUER, RESOURCE, CLIENT_ID, CLIENT_SECRET, PORT = "8081" } = process.env;
const API = process.env.GITHUB_API ?? "https://api.github.com/user";
const gatehouse = new Gatehouse({
  issuer: ISSUER, resource: RESOURCE, clientID: CLIENT_ID, clientSecret: CLIENT_SECRET, scopes: ["mcp:read"],
});

async function whoami(token) {
  try {
    return await (await gatehouse.fetchUpstream(token.token, "github", API)).json();
  } catch (error) {
    // In an MCP server this is the tool's result: the client opens the page and repeats the call.
    if (error instanceof ConnectRequired) return connectRequest(error);
    throw error;
  }
}

const server = createServer(async (request, response) => {
  const answer = (status, headers, body) => response.writeHead(status, headers).end(body);
  const json = { "content-type": "application/json" };
  if (request.url === gatehouse.metadataPath) return answer(200, json, JSON.stringify(gatehouse.resourceMetadata()));
  try {
    const { token, refusal } = await gatehouse.guard(request.headers.authorization);
    if (refusal !== undefined) return answer(refusal.status, refusal.headers, refusal.body);
    answer(200, json, JSON.stringify(await whoami(token)));
  } catch (error) {
    console.error(error);
    answer(502, json, '{"error":"upstream_failed"}');
  }
});
server.listen(Number(PORT), "127.0.0.1", () => console.log(`listening on ${server.address().port}`));
