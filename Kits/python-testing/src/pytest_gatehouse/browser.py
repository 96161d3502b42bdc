"""Opens a page and agrees on every page until there is nothing to agree to, as a user does."""

from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import httpx


class _Form(HTMLParser):
    """The first form of a page: its target, its hidden fields, and its first button or the one of a user."""

    def __init__(self, page: str, user: str) -> None:
        super().__init__()
        self.action: str | None = None
        self.fields: dict[str, str] = {}
        self._user = user
        self._has_button = self._is_over = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form" and self.action is None:
            self.action = values.get("action", "")
        elif self.action is None or self._is_over or "name" not in values:
            return
        elif tag == "input" and values.get("type") == "hidden":
            self.fields[values["name"]] = values.get("value", "")
        elif tag == "button" and not self._has_button:
            value = values.get("value", "")
            if value != "deny" and (values["name"] != "user" or value == self._user):
                self.fields[values["name"]] = value
                self._has_button = True

    def handle_endtag(self, tag: str) -> None:
        self._is_over = self._is_over or tag == "form"


def walk(url: str, user: str) -> str:
    """Agrees on every page from ``url`` on, signing in as ``user``; returns the text of the last page."""
    with httpx.Client(follow_redirects=True, timeout=10) as browser:
        page = browser.get(url)
        for _ in range(8):
            form = _Form(page.text, user)
            if page.status_code != 200 or form.action is None:
                break
            target = urljoin(str(page.url), form.action)
            parts = urlsplit(target)
            fields = {"Origin": f"{parts.scheme}://{parts.netloc}", "Sec-Fetch-Site": "same-origin"}
            page = browser.post(target, data=form.fields, headers=fields)
        if page.status_code != 200:
            raise RuntimeError(f"{page.url.path} answered {page.status_code}")
        return page.text
