"""A user who signs in at the authorization server of a PDS and consents, by the requests that its page would make."""

import json
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

import attrs

from freeq_proto.boundary import Fetched
from tests.integration.atproto.servers import Account
from tests.integration.atproto.web import AnswerError, fetch

_BROWSER: Final = {"User-Agent": "Mozilla/5.0", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


@attrs.define
class _Page:
    """The authorization page, as a browser has it open: where it is, and its cookies."""

    url: str
    cookies: dict[str, str] = attrs.Factory(dict)

    @property
    def origin(self) -> str:
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    def navigate(self, url: str, site: str) -> Fetched:
        return self._request("GET", url, {**_BROWSER, "Sec-Fetch-Site": site, "Referer": self.url})

    def post(self, action: str, value: object, token: str = "") -> dict[str, object]:
        """Do what a button of the page does."""
        headers = {
            "User-Agent": "Mozilla/5.0",
            "Sec-Fetch-Site": "same-origin",
            "Sec-Fetch-Mode": "same-origin",
            "Origin": self.origin,
            "Referer": self.url,
            "Content-Type": "application/json",
            "X-CSRF-Token": self.cookies["csrf-token"],
            **({"Authorization": f"Bearer {token}"} if token else {}),
        }
        url = f"{self.origin}/@atproto/oauth-provider/~api/{action}"
        answer = self._request("POST", url, headers, json.dumps(value).encode())
        if answer.status != 200:
            raise AnswerError(f"{action}: {answer.status} {answer.body[:1000]!r}")
        read = json.loads(answer.body)
        assert isinstance(read, dict)
        return read

    def _request(self, method: str, url: str, headers: Mapping[str, str], body: bytes = b"") -> Fetched:
        # A cookie that is `Secure` is kept all the same: over loopback a browser would take it, too.
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = fetch(method, url, {**headers, **({"Cookie": cookie} if cookie else {})}, body)
        for name, value in answer.headers:
            if name == "set-cookie":
                key, _, content = value.partition(";")[0].partition("=")
                self.cookies[key] = content
        return answer


def consent(authorization_url: str, account: Account, *, refuse: bool = False) -> str:
    """Sign in with the account's password and consent (or refuse); the callback URL that the browser is sent to.

    Raises AnswerError if the server does not let the user get there.
    """
    page = _Page(authorization_url)
    opened = page.navigate(authorization_url, "none")
    if opened.status != 200:
        raise AnswerError(f"{authorization_url}: {opened.status} {opened.body[:1000]!r}")
    signing_in = {"username": account.handle, "password": account.password, "locale": "en", "remember": False}
    signed_in = page.post("sign-in", signing_in)
    token = signed_in.get("ephemeralToken")
    if refuse:
        answer = page.post("reject", {}, str(token))
    else:
        name = "sub" if account.pds.servers.release == "old" else "did"
        answer = page.post("consent", {name: account.did}, str(token))
    redirected = page.navigate(str(answer["url"]), "same-origin")
    location = redirected.header("location")
    if location is None:
        raise AnswerError(f"{answer['url']}: {redirected.status} {redirected.body[:1000]!r}")
    return location
