// Reads streams of HTTP/1.1 requests with Node's parser, which is llhttp, as strictly as Node's server does.
//
// Input and output as in http_messages.py.
"use strict";
const { HTTPParser } = require("_http_common");
const { allMethods } = process.binding("http_parser");

const closed = new Error("the last request ends the connection");

function read(stream) {
  const messages = [];
  let method, target, body, closes;
  let begun = "";
  const parser = new HTTPParser();
  parser.initialize(HTTPParser.REQUEST, {}, 1 << 20, HTTPParser.kLenientNone);
  // Fields and a target that are too many for one call come here first; so do trailers.
  parser[HTTPParser.kOnHeaders] = (fields, url) => { begun += url; };
  parser[HTTPParser.kOnHeadersComplete] = (major, minor, fields, verb, url, status, reason, upgrade, keepsAlive) => {
    method = allMethods[verb];
    target = url === undefined ? begun : url;
    begun = "";
    body = [];
    closes = !keepsAlive || upgrade;
    return 0;
  };
  parser[HTTPParser.kOnBody] = (bytes) => { body.push(Buffer.from(bytes)); };
  parser[HTTPParser.kOnMessageComplete] = () => {
    begun = "";
    messages.push({ method, target, body: Buffer.concat(body).toString("hex") });
    if (closes) throw closed;
  };
  try {
    return { messages, end: parser.execute(stream) instanceof Error ? "refused" : "waiting" };
  } catch (error) {
    if (error !== closed) throw error;
    return { messages, end: "closed" };
  }
}

const chunks = [];
process.stdin.on("data", (chunk) => chunks.push(chunk));
process.stdin.on("end", () => {
  const streams = JSON.parse(Buffer.concat(chunks).toString());
  process.stdout.write(JSON.stringify(streams.map((text) => read(Buffer.from(text, "hex")))) + "\n");
});
