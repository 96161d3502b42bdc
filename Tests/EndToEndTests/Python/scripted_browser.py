"""The user's browser at the scripted identity provider, which asks who one is by buttons and may post its answer."""

from urllib.parse import urljoin

import httpx

from browser import Browser, BrowserError, Forms, origin, submit


class ScriptedBrowser(Browser):
    """Chooses the user on the sign-in page, and does what the script of a `form_post` page does."""

    def __init__(self, user: str) -> None:
        super().__init__(user)
        #: The names of the fields of the answers that were posted.
        self.posted: list[list[str]] = []

    async def log_in(self, client: httpx.AsyncClient, here: str, response: httpx.Response) -> httpx.Request:
        for form in Forms(response.text).found:
            if origin(urljoin(here, form.action or here)) != origin(here):
                return self.post_answer(submit(client, here, response, form, None), list(form.fields))
            for button in form.buttons:
                if button.name == "user" and button.value == self.user:
                    return submit(client, here, response, form, button)
        raise BrowserError(f"no sign-in form on the page at {here}: {response.text}")

    def post_answer(self, request: httpx.Request, fields: list[str]) -> httpx.Request:
        """OAuth 2.0 Form Post Response Mode 1.0 §2: another site's form, with which `SameSite=Lax` sends no cookie."""
        self.posted.append(sorted(fields))
        request.headers.pop("cookie", None)
        return request
