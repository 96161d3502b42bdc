"""An MCP server on the official Python SDK whose tool needs an API key of its caller's, which the caller may not have yet.

The tool then answers with an elicitation of mode `url` (protocol 2026-07-28), and the client repeats the call.
"""

import argparse
import os
import pathlib
from typing import Any

import httpx
from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.auth.settings import AuthSettings
from mcp.server.mcpserver import Context, MCPServer
from mcp_types import ElicitRequest, ElicitRequestURLParams, InputRequiredResult

from loopback import announce, free_listener, serve
from resource_server import ACCESS_TOKEN, TOKEN_EXCHANGE, Verifier, metadata


class Forecasts:
    """Asks the weather service with the caller's own key."""

    def __init__(self, issuer: str, credentials: tuple[str, str], service: str) -> None:
        self.issuer = issuer
        self.credentials = credentials
        self.service = service
        #: What Gatehouse answered, call by call, without what it handed out.
        self.retrievals: list[dict[str, Any]] = []

    async def forecast(self, token: str, answer_before: Any) -> Any:
        server = metadata(self.issuer + "/.well-known/oauth-authorization-server")
        form = {
            "grant_type": TOKEN_EXCHANGE, "subject_token": token, "subject_token_type": ACCESS_TOKEN, "audience": "weather",
        }
        async with httpx.AsyncClient(timeout=30, trust_env=False) as client:
            response = await client.post(server["token_endpoint"], auth=self.credentials, data=form)
            answer = response.json()
            key = answer.pop("access_token", "")
            self.retrievals.append({"status": response.status_code, **answer})
            if answer.get("error") == "interaction_required":
                if answer_before is not None and answer_before.action != "accept":
                    raise PermissionError("without a key there is no forecast")
                params = ElicitRequestURLParams(message="Enter your weather key.", url=answer["connect_uri"])
                return InputRequiredResult(input_requests={"connect": ElicitRequest(params=params)})
            if response.status_code != 200:
                raise RuntimeError(f"token exchange answered {response.status_code}: {response.text}")
            forecast = await client.get(self.service + "/v1/forecast", headers={answer["header"]: key})
        return {"status": forecast.status_code, "answer": forecast.json(), "retrievals": self.retrievals}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--issuer", required=True)
    parser.add_argument("--client-id", required=True)
    parser.add_argument("--client-secret-file", required=True, type=pathlib.Path)
    parser.add_argument("--weather", required=True, help="the address of the weather service")
    options = parser.parse_args()
    listener, base = free_listener()
    resource = base + "/mcp"
    credentials = (options.client_id, options.client_secret_file.read_text().strip())
    forecasts = Forecasts(options.issuer, credentials, options.weather)
    server = MCPServer(
        "weather",
        token_verifier=Verifier(options.issuer, resource),
        auth=AuthSettings(
            issuer_url=options.issuer,
            resource_server_url=resource,
            required_scopes=["mcp:read"],
            validate_token_resource=True,
        ),
    )

    @server.tool()
    async def forecast(context: Context) -> Any:
        """The weather, asked with the caller's own key."""
        caller = get_access_token()
        if caller is None:
            raise PermissionError("no caller")
        return await forecasts.forecast(caller.token, (context.input_responses or {}).get("connect"))

    announce(base=base, resource=resource, process=str(os.getpid()))
    serve(server.streamable_http_app(), listener)


if __name__ == "__main__":
    main()
