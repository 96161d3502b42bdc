"""The user's browser, and the user: follows redirects, keeps cookies, decides on the consent page, logs in upstream.

It acts on what the pages hold, by `html.parser`: forms, hidden fields, buttons. It sends the headers a browser sends
with navigations (`Sec-Fetch-Site`, `Origin`), because the consent form's cross-site check reads them.
"""

import html
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx

APPROVE = re.compile(r"approve|allow|accept|authorize|continue|grant|yes", re.IGNORECASE)
DENY = re.compile(r"deny|decline|reject|refuse|cancel|\bno\b", re.IGNORECASE)


class BrowserError(Exception):
    """The user cannot go on: an error page, an unknown page, or too many hops."""


@dataclass
class Button:
    name: str | None
    value: str
    label: str = ""

    def matches(self, pattern: re.Pattern[str]) -> bool:
        return any(pattern.search(text) for text in (self.value, self.label, self.name or ""))


@dataclass
class Form:
    action: str | None
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    text_fields: list[str] = field(default_factory=list)
    buttons: list[Button] = field(default_factory=list)


class Forms(HTMLParser):
    """The forms of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[Form] = []
        self._form: Form | None = None
        self._button: Button | None = None
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attributes}
        if tag == "form":
            self._form = Form(values.get("action"), values.get("method", "get").upper())
            self.found.append(self._form)
        elif self._form is None:
            return
        elif tag == "input":
            kind, name = values.get("type", "text").lower(), values.get("name")
            if kind == "submit":
                value = values.get("value", "")
                self._form.buttons.append(Button(name, value, value))
            elif name and kind in ("text", "email", "password"):
                self._form.text_fields.append(name)
                self._form.fields[name] = values.get("value", "")
            elif name and (kind not in ("checkbox", "radio") or "checked" in values):
                self._form.fields[name] = values.get("value", "on" if kind == "checkbox" else "")
        elif tag == "button" and values.get("type", "submit").lower() == "submit":
            self._button = Button(values.get("name"), values.get("value", ""))
            self._form.buttons.append(self._button)

    def handle_data(self, data: str) -> None:
        if self._button is not None:
            self._button.label += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "button":
            self._button = None


def origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


class Browser:
    """One user's browser: `user` logs in upstream, `decision` is what the user does on Gatehouse's consent page."""

    def __init__(self, user: str, decision: str = "approve") -> None:
        self.user = user
        self.decision = decision
        self.visits: list[str] = []
        self.consent_page = ""
        self.cookies = httpx.Cookies()

    async def authorize(self, url: str, redirect_uri: str) -> dict[str, str]:
        """From the authorization URL to the client's redirect URI; returns what its query says."""
        issuer = origin(url)
        # The redirect at the end is taken apart here, not fetched: nothing listens there.
        async with httpx.AsyncClient(cookies=self.cookies, timeout=30, trust_env=False) as client:
            request = client.build_request("GET", url, headers={"Sec-Fetch-Site": "none", **NAVIGATION})
            for _ in range(20):
                self.visits.append(f"{request.method} {urlsplit(str(request.url))._replace(query='').geturl()}")
                response = await client.send(request)
                here = str(request.url)
                if response.is_redirect:
                    target = urljoin(here, response.headers["location"])
                    if target.split("?", 1)[0] == redirect_uri:
                        return single_values(target)
                    if response.status_code in (307, 308) and request.method != "GET":
                        raise BrowserError(f"{response.status_code} would send the form on to {origin(target)}")
                    site = "same-origin" if origin(target) == origin(here) else "cross-site"
                    request = client.build_request("GET", target, headers={"Sec-Fetch-Site": site, **NAVIGATION})
                    continue
                if response.status_code != 200 or "html" not in response.headers.get("content-type", ""):
                    raise BrowserError(f"{request.method} {here}: {response.status_code}\n{response.text}")
                if origin(here) == issuer:
                    request = self.decide(client, here, response)
                else:
                    request = await self.log_in(client, here, response)
        raise BrowserError("too many hops: " + ", ".join(self.visits))

    def decide(self, client: httpx.AsyncClient, here: str, response: httpx.Response) -> httpx.Request:
        """What the user does on Gatehouse's consent page."""
        self.consent_page = html.unescape(response.text)
        form, button = choose(Forms(response.text).found, APPROVE if self.decision == "approve" else DENY)
        return submit(client, here, response, form, button)

    async def log_in(self, client: httpx.AsyncClient, here: str, response: httpx.Response) -> httpx.Request:
        """What the user does on the provider's page; one whose login is no form overrides this."""
        form, button = login(Forms(response.text).found)
        form.fields["sub"] = self.user
        return submit(client, here, response, form, button)


def submit(
    client: httpx.AsyncClient, here: str, response: httpx.Response, form: Form, button: Button | None
) -> httpx.Request:
    """The request with which a browser sends a form."""
    data = dict(form.fields)
    if button is not None and button.name:
        data[button.name] = button.value
    action = urljoin(here, form.action or here)
    site = "same-origin" if origin(action) == origin(here) else "cross-site"
    # Fetch Standard, "append a request Origin header": a page with no-referrer sends `null`, even to itself.
    no_referrer = response.headers.get("referrer-policy", "") == "no-referrer"
    headers = {"Sec-Fetch-Site": site, "Origin": "null" if no_referrer else origin(here), **NAVIGATION}
    if form.method != "POST":
        raise BrowserError(f"the form at {here} is sent by {form.method}")
    return client.build_request("POST", action, data=data, headers=headers)


NAVIGATION = {
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Dest": "document",
    "Accept": "text/html,application/xhtml+xml,*/*;q=0.8",
}


def choose(forms: list[Form], wanted: re.Pattern[str]) -> tuple[Form, Button]:
    """The one button that says what is wanted, and its form."""
    unwanted = DENY if wanted is APPROVE else APPROVE
    for form in forms:
        for button in form.buttons:
            if button.matches(wanted) and not button.matches(unwanted):
                return form, button
    raise BrowserError(f"no button like {wanted.pattern} on the page: {forms}")


def login(forms: list[Form]) -> tuple[Form, Button | None]:
    """The form that asks for the user's name, and the button that sends it."""
    for form in forms:
        if "sub" in form.text_fields:
            return form, form.buttons[0] if form.buttons else None
    raise BrowserError(f"no login form on the page: {forms}")


def single_values(url: str) -> dict[str, str]:
    """The query's parameters; a repeated one is an error (RFC 6749 §3.1)."""
    values = parse_qs(urlsplit(url).query, keep_blank_values=True, strict_parsing=True)
    repeated = [name for name, found in values.items() if len(found) != 1]
    if repeated:
        raise BrowserError(f"repeated in the redirect: {repeated}")
    return {name: found[0] for name, found in values.items()}
