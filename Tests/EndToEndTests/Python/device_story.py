"""Devices without a browser (RFC 8628): Authlib, and requests-oauthlib with oauthlib's `DeviceClient`.

The device asks for its codes and polls; its user enters the code in a browser elsewhere. Neither library has a call for
the first request, so each sends it with its own HTTP session. The device polls after its user has decided, or expects
to be asked to wait: no story here takes as long as the interval.
"""

import asyncio
import html
import os
from typing import Any

# Both libraries refuse plain http otherwise; all of this is loopback.
os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"

import authlib
import httpx
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import OAuth2Client
from oauthlib.oauth2 import DeviceClient, OAuth2Error
from requests_oauthlib import OAuth2Session

from browser import Browser, Form, Forms
from story import Gatehouse, Options, Proof, Report

CLIENT = "terminal"
SCOPE = "openid profile email offline_access mcp:read"
DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"


class LastPage(Exception):
    """The user has arrived: there is nothing more to press."""


class DeviceBrowser(Browser):
    """The user's browser: types the code, decides, logs in, and ends at the page that sends the user back."""

    def __init__(self, user: str, code: str, decision: str = "approve") -> None:
        super().__init__(user, decision)
        self.code = code
        self.pages: list[str] = []

    def decide(self, client: httpx.AsyncClient, here: str, response: httpx.Response) -> httpx.Request:
        page = html.unescape(response.text)
        self.pages.append(page)
        forms = Forms(response.text).found
        if not forms:
            raise LastPage(page)
        if not self._enters(forms):
            return super().decide(client, here, response)
        decision, self.decision = self.decision, "approve"  # the page of the code has one button, and no decision
        try:
            return super().decide(client, here, type_in(response, self.code))
        finally:
            self.decision = decision

    @staticmethod
    def _enters(forms: list[Form]) -> bool:
        return any("user_code" in form.text_fields for form in forms)

    def visit(self, url: str) -> str:
        """From the address that the device shows to the last page; returns that."""
        try:
            asyncio.run(self.authorize(url, "urn:none"))
        except LastPage as arrived:
            return str(arrived)
        raise AssertionError("the user was sent to a client")


def type_in(response: httpx.Response, code: str) -> httpx.Response:
    """The page with the code in its field, as it is when its user has typed it."""
    text = response.text.replace('name="user_code" value=""', f'name="user_code" value="{code}"')
    headers = {"referrer-policy": response.headers["referrer-policy"]}
    return httpx.Response(response.status_code, headers=headers, text=text)


class Authlib:
    """Its HTTPX client."""

    def __init__(self, metadata: dict[str, Any]) -> None:
        self.metadata = metadata
        self.client = OAuth2Client(
            CLIENT, scope=SCOPE, token_endpoint=metadata["token_endpoint"], timeout=30, trust_env=False
        )

    def begin(self, resource: str) -> dict[str, Any]:
        form = {"client_id": CLIENT, "scope": SCOPE, "resource": resource}
        endpoint = self.metadata["device_authorization_endpoint"]
        return self.client.request("POST", endpoint, data=form, withhold_token=True).raise_for_status().json()

    def poll(self, code: str) -> dict[str, Any]:
        return dict(self.client.fetch_token(grant_type=DEVICE_CODE, device_code=code))

    def refresh(self) -> dict[str, Any]:
        return dict(self.client.refresh_token())


class RequestsOAuthlib:
    """Its session with oauthlib's client of this grant."""

    def __init__(self, metadata: dict[str, Any]) -> None:
        self.metadata = metadata
        self.session = OAuth2Session(client=DeviceClient(CLIENT, scope=SCOPE))
        self.session.trust_env = False

    def begin(self, resource: str) -> dict[str, Any]:
        form = {"client_id": CLIENT, "scope": SCOPE, "resource": resource}
        answer = self.session.post(self.metadata["device_authorization_endpoint"], data=form, withhold_token=True)
        answer.raise_for_status()
        return answer.json()

    def poll(self, code: str) -> dict[str, Any]:
        return dict(
            self.session.fetch_token(self.metadata["token_endpoint"], device_code=code, include_client_id=True)
        )

    def refresh(self) -> dict[str, Any]:
        return dict(self.session.refresh_token(self.metadata["token_endpoint"], client_id=CLIENT))


def failure(error: Exception) -> str:
    return error.error if isinstance(error, OAuthError | OAuth2Error) else f"{type(error).__name__}: {error}"


def life(options: Options, gatehouse: Gatehouse, report: Report, device: Authlib | RequestsOAuthlib) -> dict[str, Any]:
    """A device whose user types the code; from there to the revocation."""
    begun = device.begin(options.resource)
    browser = DeviceBrowser(options.user, begun["user_code"])
    last = browser.visit(begun["verification_uri"])
    first = device.poll(begun["device_code"])
    second = device.refresh()
    before = gatehouse.introspect(second["access_token"])
    proof = Proof(CLIENT)
    revocation = gatehouse.revoke(second["refresh_token"], proof)
    report.tokens(begun["device_code"], *(each[name] for each in (first, second) for name in TOKENS))
    return {
        "client_id": CLIENT,
        "begun": {name: value for name, value in begun.items() if name != "device_code"},
        "code_page": browser.pages[0],
        "consent_page": browser.pages[1],
        "last_page": last,
        "access_tokens": len({each["access_token"] for each in (first, second)}),
        "refresh_tokens": len({each["refresh_token"] for each in (first, second)}),
        "before": before,
        "revocation": revocation,
        "refresh": gatehouse.refresh(second["refresh_token"], proof),
        "after": gatehouse.introspect(second["access_token"]),
        # RFC 8628 §3.4: a code gets tokens once.
        "code_again": error_of(lambda: device.poll(begun["device_code"])),
    }


TOKENS = ("access_token", "refresh_token")


def error_of(call: Any) -> str:
    try:
        call()
    except Exception as error:  # noqa: BLE001: whatever the library raises is what its user sees
        return failure(error)
    return "none"


def run(options: Options) -> Report:
    report = Report("Authlib", authlib.__version__)
    gatehouse = Gatehouse(options)
    metadata = gatehouse.metadata
    for name, library in (("authlib", Authlib), ("oauthlib", RequestsOAuthlib)):
        report.values[name] = life(options, gatehouse, report, library(metadata))

        device = library(metadata)
        begun = device.begin(options.resource)
        report.tokens(begun["device_code"])
        report.refusal(f"{name}: not decided yet", lambda: device.poll(begun["device_code"]), said=failure)
        report.refusal(f"{name}: asked too soon", lambda: device.poll(begun["device_code"]), said=failure)
        report.refusal(f"{name}: made-up code", lambda: device.poll("made-up"), said=failure)

        device = library(metadata)
        begun = device.begin(options.resource)
        report.tokens(begun["device_code"])
        # The address with the code in it: the user presses the button all the same.
        DeviceBrowser(options.user, begun["user_code"], "deny").visit(begun["verification_uri_complete"])
        report.refusal(f"{name}: the user refused", lambda: device.poll(begun["device_code"]), said=failure)
    return report


if __name__ == "__main__":
    run(Options.read()).print()
