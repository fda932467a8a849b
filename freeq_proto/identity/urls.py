"""URLs that peers write in documents: one strict reading of the few forms that are used.

The standard library's parser drops control characters, decodes hosts and accepts nearly everything, so that what was
checked and what is contacted could differ. Here an URL is a scheme, a host name in ASCII (RFC 3986 §3.2.2; no user
information, no IP literal in brackets), a port and a rest, or it is nothing.
"""

import re
from typing import Final

import attrs

MAX_URL_LENGTH: Final = 2048
"""Characters."""

DEFAULT_PORTS: Final = {"http": 80, "https": 443, "ws": 80, "wss": 443, "irc": 6667, "ircs": 6697}
"""The schemes that are read at all, and their ports."""

_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_URL: Final = re.compile(
    rf"([A-Za-z]+)://((?:{_LABEL}\.)*{_LABEL})(?::([1-9][0-9]{{0,4}}))?((?:/[!-\"$-~]*)?(?:\?[!-\"$-~]*)?)"
)


@attrs.frozen
class Url:
    """An URL whose every part was checked."""

    scheme: str
    """In lower case; one of :data:`DEFAULT_PORTS`."""
    host: str
    """A host name or an IPv4 address, in lower case."""
    port: int
    rest: str
    """Path and query as they were written; empty where there is none. Never a fragment."""

    @property
    def origin(self) -> str:
        """Scheme, host and port (RFC 6454 §6.2): the port is left out where the scheme implies it."""
        port = "" if self.port == DEFAULT_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}"

    def __str__(self) -> str:
        return self.origin + self.rest


def parse_url(text: str) -> Url | None:
    """Read an URL, or None for everything that is not exactly one. Never raises."""
    if len(text) > MAX_URL_LENGTH:
        return None
    found = _URL.fullmatch(text)
    if found is None or (scheme := found[1].lower()) not in DEFAULT_PORTS or len(found[2]) > 253:
        return None
    port = int(found[3]) if found[3] else DEFAULT_PORTS[scheme]
    return Url(scheme, found[2].lower(), port, found[4]) if port < 65_536 else None


def parse_http_url(text: str) -> Url | None:
    """Read an URL of ``https:`` or ``http:``; whether plain HTTP may be spoken is decided where it would be."""
    url = parse_url(text)
    return url if url is not None and url.scheme in ("https", "http") else None


def parse_origin(text: str) -> str | None:
    """Read an URL of ``https:`` or ``http:`` that is a server and nothing below it; a single ``/`` may follow."""
    url = parse_http_url(text)
    return url.origin if url is not None and url.rest in ("", "/") else None
