"""One HTTP request over loopback, with nothing added: no redirects, no cookies, no proxies."""

import http.client
import json
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

import attrs

from freeq_proto.boundary import Fetched

SECONDS: Final = 30.0


class AnswerError(AssertionError):
    """An answer that is not what a helper needs; it shows what came."""


def fetch(
    method: str,
    url: str,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    seconds: float = SECONDS,
) -> Fetched:
    """Make the request of ``method`` to ``url``; raises OSError where nobody answers."""
    parts = urlsplit(url)
    assert parts.scheme == "http", url
    assert parts.hostname is not None, url
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=seconds)
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request(method, target, body or None, dict(headers or {}))
        answer = connection.getresponse()
        fields = tuple((name.lower(), value) for name, value in answer.getheaders())
        return Fetched(answer.status, fields, answer.read())
    finally:
        connection.close()


@attrs.frozen
class Json:
    """A JSON object; reading a member that is not there or is not text fails the test."""

    members: Mapping[str, object]

    def text(self, name: str) -> str:
        value = self.members.get(name)
        assert isinstance(value, str), f"no text {name!r} in {self.members}"
        return value

    def child(self, name: str) -> "Json":
        value = self.members.get(name)
        assert isinstance(value, dict), f"no object {name!r} in {self.members}"
        return Json(value)


def call(
    method: str, url: str, value: object = None, headers: Mapping[str, str] | None = None, status: int = 200
) -> Json:
    """Send JSON, or nothing, and read the JSON of an answer that has this ``status``; raises AnswerError otherwise."""
    fields = dict(headers or {})
    body = b""
    if value is not None:
        fields["Content-Type"] = "application/json"
        body = json.dumps(value).encode()
    answer = fetch(method, url, fields, body)
    if answer.status != status:
        raise AnswerError(f"{method} {url}: {answer.status} {answer.body[:1000]!r}")
    read = json.loads(answer.body) if answer.body[:1] == b"{" else {}
    assert isinstance(read, dict)
    return Json(read)
