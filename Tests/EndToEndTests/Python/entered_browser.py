"""A user's browser that also follows a `connect_uri` to the page where a credential is entered, and enters it."""

from urllib.parse import urljoin

import httpx

from browser import NAVIGATION, Browser, BrowserError, Button, Form, Forms, origin, submit


class EnteringBrowser(Browser):
    """Remembers every page of Gatehouse that it was shown after something was entered."""

    def __init__(self, user: str) -> None:
        super().__init__(user)
        #: The texts of the pages that answered what was entered.
        self.answers: list[str] = []

    async def enter(self, url: str, attempts: list[dict[str, str]]) -> list[int]:
        """Follows `url`, signs in where that is asked, and enters one attempt after another.

        Returns the statuses of the pages that answered.
        """
        issuer, statuses, waiting = origin(url), [], list(attempts)
        async with httpx.AsyncClient(timeout=30, trust_env=False) as client:
            request = client.build_request("GET", url, headers={"Sec-Fetch-Site": "none", **NAVIGATION})
            for _ in range(20):
                response = await client.send(request)
                here = str(request.url)
                if response.is_redirect:
                    target = urljoin(here, response.headers["location"])
                    request = client.build_request("GET", target, headers={"Sec-Fetch-Site": "cross-site", **NAVIGATION})
                elif origin(here) != issuer:
                    request = await self.log_in(client, here, response)
                else:
                    if len(waiting) < len(attempts):
                        statuses.append(response.status_code)
                        self.answers.append(response.text)
                    if not waiting:
                        return statuses
                    request, is_entry = self.proceed(client, here, response, waiting[0])
                    waiting = waiting[1:] if is_entry else waiting
        raise BrowserError(f"too many hops; answers were {statuses}")

    def proceed(
        self, client: httpx.AsyncClient, here: str, response: httpx.Response, values: dict[str, str]
    ) -> tuple[httpx.Request, bool]:
        """Enters values where the page asks for them; otherwise signs in."""
        forms = Forms(response.text).found
        for form in forms:
            if form.text_fields:
                form.fields |= {f"field.{name}": value for name, value in values.items()}
                return submit(client, here, response, form, button(form, "decision", "connect")), True
        for form in forms:
            if any(each.name == "sign_in" for each in form.buttons):
                return submit(client, here, response, form, button(form, "sign_in", None)), False
        raise BrowserError(f"{here}: {response.status_code}\n{response.text}")


def button(form: Form, name: str, value: str | None) -> Button:
    """The first button of this name and, if it is given, this value."""
    for each in form.buttons:
        if each.name == name and value in (None, each.value):
            return each
    raise BrowserError(f"no button {name}={value} in {form}")
