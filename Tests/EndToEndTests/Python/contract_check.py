"""Sends a bounded number of generated requests to every operation of an OpenAPI document and checks the answers.

Registers a client first and names it in the document's requests, so that many of them come past client authentication.
Prints one JSON object: the tool's exit status and what it said.
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import urllib.request

CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "unsupported_method",
]

issuer, examples_max = sys.argv[1:]


def fetch(path: str, body: dict | None = None) -> dict:
    request = urllib.request.Request(issuer + path, headers={"Content-Type": "application/json"})
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(request, data, timeout=30) as response:
        return json.load(response)


redirect_uri = "http://127.0.0.1:51004/callback"
client = fetch("/oauth/register", {"redirect_uris": [redirect_uri], "token_endpoint_auth_method": "none"})
document = fetch("/openapi.json")
known = {
    "client_id": [client["client_id"]],
    "redirect_uri": [redirect_uri],
    "response_type": ["code"],
    "code_challenge_method": ["S256"],
    "code_challenge": ["E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"],
    "grant_type": fetch("/.well-known/oauth-authorization-server")["grant_types_supported"],
}
for item in document["paths"].values():
    for operation in item.values():
        for parameter in operation.get("parameters", []):
            if parameter["name"] in known:
                parameter["schema"]["enum"] = known[parameter["name"]]
        for content in operation.get("requestBody", {}).get("content", {}).values():
            for name, schema in content["schema"].get("properties", {}).items():
                if name in known:
                    schema["enum"] = known[name]

# The tool leaves notes where it runs.
with tempfile.TemporaryDirectory() as folder:
    (pathlib.Path(folder) / "openapi.json").write_text(json.dumps(document))
    process = subprocess.run(
        [
            sys.executable, "-c", "from schemathesis.cli import schemathesis; schemathesis()", "run", "openapi.json",
            "--url", issuer, "--checks", ",".join(CHECKS), "--phases", "examples,coverage,fuzzing",
            "--max-examples", examples_max, "--seed", "1", "--generation-database", "none", "--no-shrink",
            "--workers", "1", "--max-redirects", "0", "--request-timeout", "30", "--warnings", "off", "--no-color",
            "--continue-on-failure",
        ],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
print(json.dumps({"status": process.returncode, "output": process.stdout[-12000:]}))
