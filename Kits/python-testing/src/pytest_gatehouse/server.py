"""``gatehouse dev`` as a child process, and its control plane."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from .browser import walk


class ControlError(Exception):
    """The control plane refused a request; the message says what to change."""

    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(f"{status} {error}: {description}")
        self.status = status
        self.error = error


@dataclass(frozen=True)
class Options:
    """How the server is started."""

    #: The MCP servers that tokens are issued for.
    resources: Sequence[str] = ("http://127.0.0.1:8081/mcp",)
    scopes: Sequence[str] = ("mcp:read",)
    #: Embedded providers: ``NAME`` or ``NAME=PRESET``, such as ``github=github-app``.
    upstreams: Sequence[str] = ("dev",)
    #: Configuration keys, such as ``{"tokens": {"access_token_lifetime": "90s"}}``.
    config: Mapping[str, Any] = field(default_factory=dict)
    #: The program; without it ``$GATEHOUSE_BINARY``, or ``gatehouse`` on the path.
    binary: str | None = None


@dataclass(frozen=True)
class Resource:
    """An MCP server and its credentials at the token endpoint."""

    uri: str
    client_id: str
    client_secret: str = field(repr=False)
    scopes: tuple[str, ...]
    upstreams: tuple[str, ...]


@dataclass(frozen=True)
class Session:
    """A user's login with one client, and its tokens."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    client_id: str
    claims: Mapping[str, Any]

    @property
    def subject(self) -> str:
        """``sub``: the user's id at Gatehouse."""
        return str(self.claims["sub"])

    @property
    def id(self) -> str | None:
        """``tsid``: the session's id, where the resource has upstreams."""
        return self.claims.get("tsid")

    @property
    def headers(self) -> dict[str, str]:
        """The header field of a request with the access token."""
        return {"Authorization": f"Bearer {self.access_token}"}


class Hold:
    """Requests at a provider that wait for the test; a context manager, which releases them."""

    def __init__(self, server: "ControlledServer", id: str) -> None:
        self._server = server
        self.id = id

    def wait(self, timeout: int = 30) -> None:
        """Returns when a request has arrived."""
        self._server._request("GET", "/holds", params={"id": self.id, "timeout": timeout})

    def release(self) -> int:
        """Lets the requests continue, and returns how many had arrived."""
        return int(self._server._request("DELETE", "/holds", params={"id": self.id})["released"])

    def __enter__(self) -> "Hold":
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.release()
        except ControlError:
            # It was released before.
            pass


class ControlledServer:
    """A server and its control plane."""

    ready: dict[str, Any]
    _http: httpx.Client

    def _connect(self, ready: dict[str, Any]) -> None:
        self.ready = ready
        control = ready["control"]
        self._http = httpx.Client(
            base_url=control["url"], headers={"Authorization": f"Bearer {control['token']}"}, timeout=70
        )

    # What it is

    @property
    def issuer(self) -> str:
        """The issuer, which is also the base URL."""
        return str(self.ready["issuer"])

    @property
    def resources(self) -> list[Resource]:
        """The MCP servers that it knows."""
        return [_resource(row) for row in self.ready["resources"]]

    @property
    def resource(self) -> Resource:
        """The first of them."""
        return self.resources[0]

    def provider(self, upstream: str | None = None) -> str:
        """The issuer of an embedded provider; without a name the first one's."""
        rows = self.ready["upstreams"]
        return str(next(row["issuer"] for row in rows if upstream in (None, row["name"])))

    # Tokens

    def session(self, user: str = "ada", scopes: Sequence[str] | None = None, resource: str | None = None) -> Session:
        """Logs a user in without a browser."""
        answer = self._post("/sessions", user=user, scopes=_list(scopes), resource=resource)
        return Session(answer["access_token"], answer.get("refresh_token"), answer["client_id"], answer["claims"])

    def mint(
        self,
        defect: str | None = None,
        *,
        subject: str | None = None,
        scopes: Sequence[str] | None = None,
        resource: str | None = None,
        client_id: str | None = None,
        lifetime: int | None = None,
        claims: Mapping[str, Any] | None = None,
    ) -> str:
        """An access token without a login, right or with one defect (see `defects`)."""
        answer = self._post(
            "/tokens",
            defect=defect,
            subject=subject,
            scopes=_list(scopes),
            resource=resource,
            client_id=client_id,
            lifetime=lifetime,
            claims=None if claims is None else dict(claims),
        )
        return str(answer["access_token"])

    def defects(self) -> list[str]:
        """What `mint` can make wrong; every verifier should refuse each of them."""
        document = self._get("/openapi.json")
        body = document["paths"]["/control/tokens"]["post"]["requestBody"]["content"]["application/json"]
        return list(body["schema"]["properties"]["defect"]["enum"])

    # Time

    def now(self) -> int:
        """The time of server and providers, in seconds since 1970."""
        return int(self._get("/clock")["now"])

    def advance(self, seconds: int) -> int:
        """Moves that time forward; returns it."""
        return int(self._post("/clock", advance=seconds)["now"])

    def set_time(self, seconds: int) -> int:
        """Sets that time; returns it."""
        return int(self._post("/clock", now=seconds)["now"])

    def freeze(self, frozen: bool = True) -> int:
        """Stops that time, or lets it continue; returns it."""
        return int(self._post("/clock", frozen=frozen)["now"])

    # Clients and resources

    def register_client(
        self, *redirect_uris: str, name: str | None = None, method: str | None = None
    ) -> dict[str, Any]:
        """Registers a client (RFC 7591), public without a ``method``; returns its metadata with its credentials."""
        return self._post("/clients", redirect_uris=list(redirect_uris) or None, name=name, method=method)

    def clients(self) -> list[dict[str, Any]]:
        """The clients that registered themselves or are known by their documents."""
        return list(self._get("/clients")["clients"])

    def remove_client(self, client_id: str) -> None:
        """Removes a client, and ends its sessions."""
        self._request("DELETE", "/clients", params={"client_id": client_id})

    def add_resource(
        self, uri: str, scopes: Sequence[str] | None = None, upstreams: Sequence[str] | None = None
    ) -> Resource:
        """Adds an MCP server to the running server."""
        return _resource(self._post("/resources", uri=uri, scopes=_list(scopes), upstreams=_list(upstreams)))

    def remove_resource(self, uri: str) -> None:
        """Removes an MCP server that was added."""
        self._request("DELETE", "/resources", params={"uri": uri})

    # Users and providers

    def add_user(self, subject: str, name: str | None = None, email: str | None = None, **claims: Any) -> None:
        """Adds a user at every provider; ``claims`` are further claims."""
        self._post("/users", subject=subject, name=name, email=email, claims=claims or None)

    def remove_user(self, subject: str) -> None:
        """Removes a user at every provider."""
        self._request("DELETE", f"/users/{subject}")

    def fault(
        self, fault: str, *, upstream: str | None = None, endpoint: str | None = None, times: int | None = None
    ) -> None:
        """Makes a provider's next requests fail, such as ``token-503`` or ``429=30``."""
        self._post("/faults", fault=fault, upstream=upstream, endpoint=endpoint, times=times)

    def chaos(self, preset: str, *, upstream: str | None = None, times: int | None = None) -> None:
        """A public provider's bad day, such as ``lost-answer``."""
        self._post("/faults", preset=preset, upstream=upstream, times=times)

    def clear_faults(self) -> None:
        """Removes the faults that have not occurred yet."""
        self._request("DELETE", "/faults")

    def hold(
        self,
        *,
        upstream: str | None = None,
        endpoint: str | None = None,
        times: int | None = None,
        performed: bool | None = None,
    ) -> "Hold":
        """Holds a provider's next requests until they are released; with ``performed`` only their answers."""
        answer = self._post("/holds", upstream=upstream, endpoint=endpoint, times=times, performed=performed)
        return Hold(self, str(answer["id"]))

    def add_upstream(self, name: str, preset: str | None = None, *, on_demand: bool | None = None) -> None:
        """Adds an embedded provider to the running server and its resources."""
        self._post("/upstreams", name=name, preset=preset, on_demand=on_demand)

    def remove_upstream(self, name: str) -> None:
        """Removes a provider that was added, with every connection at it."""
        self._request("DELETE", f"/upstreams/{name}")

    def upstreams(self) -> list[dict[str, Any]]:
        """The embedded providers, with preset and number of requests."""
        return list(self._get("/upstreams")["upstreams"])

    def server_requests(
        self, route: str | None = None, *, count: int | None = None, timeout: int | None = None
    ) -> list[dict[str, Any]]:
        """What the server has answered: route, method and status; with ``count`` it waits for that many."""
        query = {"route": route, "count": count, "timeout": timeout}
        params = {key: value for key, value in query.items() if value is not None}
        return list(self._request("GET", "/requests/server", params=params)["requests"])

    def audit(self, event: str | None = None) -> list[dict[str, Any]]:
        """The server's audit trail, of one event such as ``token.issued`` or of all."""
        params = {} if event is None else {"event": event}
        return list(self._request("GET", "/audit", params=params)["events"])

    def start_server(
        self,
        *,
        resources: Sequence[str] | None = None,
        scopes: Sequence[str] | None = None,
        upstreams: Sequence[str] | None = None,
        config: Mapping[str, Any] | None = None,
    ) -> "FurtherServer":
        """Starts another server in the same process, which shares nothing with this one."""
        answer = self._post(
            "/servers",
            resources=_list(resources),
            scopes=_list(scopes),
            upstreams=_list(upstreams),
            config=None if config is None else dict(config),
        )
        return FurtherServer(self, answer)

    def requests(
        self,
        endpoint: str | None = None,
        *,
        upstream: str | None = None,
        count: int | None = None,
        timeout: int | None = None,
    ) -> list[dict[str, Any]]:
        """What a provider has received, without secrets; with ``count`` it waits for that many."""
        query = {"endpoint": endpoint, "upstream": upstream, "count": count, "timeout": timeout}
        answer = self._request("GET", "/requests", params={key: value for key, value in query.items() if value is not None})
        return list(answer["requests"])

    def connect(self, connect_uri: str, user: str = "ada") -> None:
        """Opens a ``connect_uri`` and connects the account, as the user does in a browser."""
        walk(connect_uri, user)

    # Endings

    def end(self, *, session: str | None = None, user: str | None = None, client: str | None = None) -> None:
        """Ends a session, or all of a user (``sub``) or client."""
        self._post("/end", session=session, user=user, client=client)

    def disconnect(self, user: str, upstream: str | None = None) -> None:
        """Ends the connections of a user (``sub``), here and at the provider."""
        self._post("/disconnect", user=user, upstream=upstream)

    def revoke(self, user: str, upstream: str | None = None, *, tokens: str = "all") -> None:
        """Makes the provider forget what a user (its subject there, such as ``ada``) has granted."""
        self._post("/revoke", user=user, upstream=upstream, tokens=tokens)

    def rotate_keys(self, upstream: str | None = None, *, keep_old: bool | None = None) -> None:
        """Signs with a new key from now on, here or at a provider."""
        self._post("/keys/rotate", upstream=upstream, keep_old=keep_old)

    def reset(self) -> None:
        """Ends every session and connection, removes faults, requests, clients, users and resources, and restores real time."""
        self._post("/reset")

    # Requests to the control plane

    def _get(self, path: str) -> dict[str, Any]:
        return self._request("GET", path)

    def _post(self, path: str, **members: Any) -> dict[str, Any]:
        body = {name: value for name, value in members.items() if value is not None}
        return self._request("POST", path, json=body)

    def _request(self, method: str, path: str, **arguments: Any) -> dict[str, Any]:
        answer = self._http.request(method, path, **arguments)
        body: dict[str, Any] = answer.json()
        if answer.status_code != 200:
            raise ControlError(answer.status_code, body.get("error", ""), body.get("error_description", ""))
        return body


class FurtherServer(ControlledServer):
    """Another server in a running process; a context manager, which ends it."""

    def __init__(self, first: ControlledServer, ready: dict[str, Any]) -> None:
        self._first = first
        self._connect(ready)

    def __enter__(self) -> "FurtherServer":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Stops the server."""
        self._http.close()
        self._first._request("DELETE", f"/servers/{self.ready['id']}")


class GatehouseProcess(ControlledServer):
    """A running server with embedded providers, in memory, on free ports.

    A context manager; it ends with the process that started it, even if that is killed.
    """

    def __init__(self, options: Options | None = None) -> None:
        options = options or Options()
        binary = options.binary or os.environ.get("GATEHOUSE_BINARY") or shutil.which("gatehouse")
        if binary is None:
            raise RuntimeError("there is no gatehouse on the path: set GATEHOUSE_BINARY to the program")
        command = [binary, "dev", "--json", "--port", "0", "--exit-with-parent"]
        for name, values in (
            ("--resource", options.resources),
            ("--scope", options.scopes),
            ("--upstream", options.upstreams),
        ):
            for value in values:
                command += [name, value]
        if options.config:
            # JSON is YAML.
            command += ["--config-inline", json.dumps(options.config)]
        # Variables with this prefix are configuration keys, and an unknown one stops the start.
        environment = {name: value for name, value in os.environ.items() if name != "GATEHOUSE_BINARY"}
        self._process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            _, errors = self._process.communicate()
            raise RuntimeError(f"gatehouse dev ended with {self._process.returncode}: {errors.strip()}")
        self._connect(json.loads(line))

    def __enter__(self) -> "GatehouseProcess":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Stops the server."""
        self._http.close()
        self._process.terminate()
        self._process.communicate()


def _resource(row: Mapping[str, Any]) -> Resource:
    scopes, upstreams = tuple(row["scopes"]), tuple(row["upstreams"])
    return Resource(row["uri"], row["client_id"], row["client_secret"], scopes, upstreams)


def _list(values: Sequence[str] | None) -> list[str] | None:
    return None if values is None else list(values)
