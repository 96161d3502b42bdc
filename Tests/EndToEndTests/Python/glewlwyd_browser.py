"""A user who logs in at Glewlwyd: through the requests of its login page, which needs scripts."""

from urllib.parse import parse_qs, urlsplit

import httpx

from browser import NAVIGATION, Browser, BrowserError, origin


class GlewlwydBrowser(Browser):
    """The user's name is the password too, as `glewlwyd_provider.py` says."""

    async def log_in(self, client: httpx.AsyncClient, here: str, response: httpx.Response) -> httpx.Request:
        query = {name: values[0] for name, values in parse_qs(urlsplit(here).query).items()}
        if not urlsplit(here).path.endswith("/login.html") or "callback_url" not in query:
            raise BrowserError(f"not the login page: {here}")
        api = origin(here) + "/api/auth"
        await self._call(client, "POST", f"{api}/", {"username": self.user, "password": self.user})
        await self._call(client, "PUT", f"{api}/grant/{query['client_id']}", {"scope": query["scope"]})
        # As the page's own button: back to the authorization endpoint, with a flag that the user went on.
        return client.build_request(
            "GET", query["callback_url"] + "&g_continue", headers={"Sec-Fetch-Site": "same-origin", **NAVIGATION}
        )

    async def revoke_grants(self, issuer: str) -> int:
        """Ends, at the provider, every refresh token that the user gave out; returns their number."""
        async with httpx.AsyncClient(cookies=self.cookies, timeout=30, trust_env=False) as client:
            await self._call(client, "POST", f"{origin(issuer)}/api/auth/", {"username": self.user, "password": self.user})
            tokens = (await self._call(client, "GET", f"{issuer}/token")).json()
            live = [token["token_hash"] for token in tokens if token["enabled"]]
            for token_hash in live:
                await self._call(client, "DELETE", f"{issuer}/token/{token_hash}")
        return len(live)

    @staticmethod
    async def _call(
        client: httpx.AsyncClient, method: str, url: str, body: dict[str, str] | None = None
    ) -> httpx.Response:
        answer = await client.request(method, url, json=body)
        if answer.status_code != 200:
            raise BrowserError(f"{method} {url}: {answer.status_code}\n{answer.text}")
        return answer
