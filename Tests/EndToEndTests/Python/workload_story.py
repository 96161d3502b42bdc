"""Jobs and services without a registration: assertions as GitHub Actions and Kubernetes make them.

The claims are those of their documentation; the keys are a local issuer's. Authlib's client sends the assertion
(RFC 7523 §2.1), with which no client authenticates, and the MCP clients get the token.
"""

import asyncio
import os
import time
import uuid
from pathlib import Path
from typing import Any

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"

import authlib
import jwt
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import OAuth2Client
from fastmcp import Client as FastMCPClient

from dpop_story import retrieve
from story import Gatehouse, Options, Report, foreign_key

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"


class Workload:
    """Who signs, and what; `changes` to the claims that the issuer would make."""

    def __init__(self, options: Options, audience: str) -> None:
        self.key = Path(options.issuer_key).read_text()
        self.audience = audience

    def signed(self, claims: dict[str, Any], changes: dict[str, Any], headers: dict[str, Any]) -> str:
        headers = {"kid": "issuer-key", **headers}
        return jwt.encode({**claims, **changes}, self.key, algorithm="RS256", headers=headers)


class GitHubActions(Workload):
    """docs.github.com, "OpenID Connect reference": a push to the main branch of `corp/app`."""

    client = "ci-deploy"

    def assertion(self, **changes: Any) -> str:
        now = int(time.time())
        workflow = "corp/app/.github/workflows/deploy.yml@refs/heads/main"
        claims = {
            "jti": str(uuid.uuid4()), "iss": "https://token.actions.githubusercontent.com", "aud": self.audience,
            "sub": "repo:corp/app:ref:refs/heads/main", "ref": "refs/heads/main", "ref_type": "branch",
            "ref_protected": "true", "sha": "3d5f1c7e0a9b8d6c4e2f1a0b9c8d7e6f5a4b3c2d", "repository": "corp/app",
            "repository_id": "8151", "repository_owner": "corp", "repository_owner_id": "4711",
            "repository_visibility": "private", "run_id": "30433642", "run_number": "10", "run_attempt": "1",
            "actor": "ada", "actor_id": "12", "workflow": "deploy", "workflow_ref": workflow,
            "job_workflow_ref": workflow, "event_name": "push", "head_ref": "", "base_ref": "",
            "runner_environment": "github-hosted", "environment": "production",
            "nbf": now - 600, "iat": now, "exp": now + 300,
        }
        return self.signed(claims, changes, {"typ": "JWT", "x5t": "ykNaY4qM_ta4k2TgZOCEYLkcYlA"})


class ServiceAccount(Workload):
    """kubernetes.io, "Service account token volume projection": no `typ`, the audience a list, a claim with a dot."""

    client = "builder"

    def assertion(self, **changes: Any) -> str:
        now = int(time.time())
        claims = {
            "aud": [self.audience], "exp": now + 3600, "iat": now, "nbf": now, "jti": str(uuid.uuid4()),
            "iss": "https://kubernetes.default.svc.cluster.local", "sub": "system:serviceaccount:ci:builder",
            "kubernetes.io": {
                "namespace": "ci",
                "node": {"name": "node-1", "uid": str(uuid.uuid4())},
                "pod": {"name": "builder-7c9d", "uid": str(uuid.uuid4())},
                "serviceaccount": {"name": "builder", "uid": str(uuid.uuid4())},
            },
        }
        return self.signed(claims, changes, {"typ": None})


class Job:
    """What runs at the workload."""

    def __init__(self, options: Options, metadata: dict[str, Any]) -> None:
        self.options = options
        self.client = OAuth2Client(token_endpoint=metadata["token_endpoint"], timeout=30, trust_env=False)

    def token(self, assertion: str, **parameters: str) -> dict[str, Any]:
        form: dict[str, Any] = {"resource": self.options.resource, **parameters}
        # Without it Authlib would send a client's name, which would then have to prove itself.
        form["auth"] = lambda request: request
        return dict(self.client.fetch_token(grant_type=JWT_BEARER, assertion=assertion, **form))

    async def tools(self, token: str) -> list[str]:
        async with FastMCPClient(self.options.resource, auth=token) as connected:
            return [tool.name for tool in await connected.list_tools()]


def failure(error: Exception) -> str:
    return error.error if isinstance(error, OAuthError) else f"{type(error).__name__}: {error}"


def life(options: Options, gatehouse: Gatehouse, report: Report, workload: Any) -> dict[str, Any]:
    job = Job(options, gatehouse.metadata)
    assertion = workload.assertion()
    answer = job.token(assertion, scope="mcp:read")
    token = answer["access_token"]
    report.tokens(assertion, token)
    return {
        "members": sorted(answer),
        "tools": asyncio.run(job.tools(token)),
        "introspection": gatehouse.introspect(token),
        # A workload is no user, and has no upstream tokens.
        "retrieval": retrieve(options, gatehouse, token, {}).get("error", "none"),
        "again": error_of(lambda: job.token(assertion)),
    }


def error_of(call: Any) -> str:
    try:
        call()
    except Exception as error:  # noqa: BLE001: whatever the library raises is what its user sees
        return failure(error)
    return "none"


def run(options: Options) -> Report:
    report = Report("Authlib", authlib.__version__)
    gatehouse = Gatehouse(options)
    job = Job(options, gatehouse.metadata)
    actions = GitHubActions(options, gatehouse.metadata["token_endpoint"])
    account = ServiceAccount(options, gatehouse.metadata["token_endpoint"])
    report.values["actions"] = life(options, gatehouse, report, actions)
    report.values["account"] = life(options, gatehouse, report, account)

    def refused(name: str, assertion: str, **parameters: str) -> None:
        report.tokens(assertion)
        report.refusal(name, lambda: job.token(assertion, **parameters), said=failure)

    now = int(time.time())
    refused("another branch", actions.assertion(sub="repo:corp/app:ref:refs/heads/feature"))
    # A single star keeps to its part of the subject: a branch cannot pose as a repository.
    posing = "repo:corp/app:ref:refs/heads/x:ref:refs/heads/main"
    refused("a branch in a repository's place", actions.assertion(sub=posing))
    refused("a pull request of a fork", actions.assertion(sub="repo:corp/app:pull_request", event_name="pull_request"))
    refused("an event without permission", actions.assertion(event_name="pull_request_target"))
    refused("an owner of the same name", actions.assertion(repository_owner_id="4712"))
    refused("for another service", actions.assertion(aud="sts.amazonaws.com"))
    refused("an identity token of the same job", actions.assertion(nonce="n", at_hash="h"))
    refused("expired", actions.assertion(iat=now - 600, exp=now - 300))
    refused("too long a life", actions.assertion(exp=now + 90_000))
    refused("an unknown issuer", actions.assertion(iss="https://token.actions.example"))
    refused("a scope beyond the rule", actions.assertion(), scope="mcp:read openid")
    refused("an unknown resource", actions.assertion(), resource="https://elsewhere.example/mcp")
    refused("another namespace", account.assertion(**{"kubernetes.io": {"namespace": "prod"}}))
    refused("another account", account.assertion(sub="system:serviceaccount:ci:default"))
    stranger = ServiceAccount(options, account.audience)
    stranger.key = foreign_key()
    refused("a stranger's key", stranger.assertion())
    return report


if __name__ == "__main__":
    run(Options.read()).print()
