"""RFC 3986 §3, as far as documents use it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freeq_proto.identity import Url, parse_http_url, parse_origin, parse_url

VALID = [
    ("https://pds.example.org", Url("https", "pds.example.org", 443, "")),
    ("HTTPS://PDS.Example.ORG:443/", Url("https", "pds.example.org", 443, "/")),
    ("http://localhost:2583/xrpc/a?b=c%20d&e", Url("http", "localhost", 2583, "/xrpc/a?b=c%20d&e")),
    ("https://a.example?x", Url("https", "a.example", 443, "?x")),
    ("ircs://irc.example.org:6697", Url("ircs", "irc.example.org", 6697, "")),
    ("wss://irc.example.org/irc", Url("wss", "irc.example.org", 443, "/irc")),
    ("https://192.0.2.1", Url("https", "192.0.2.1", 443, "")),
]

NOT_URLS = [
    "",
    "https://",
    "//a.example",
    "a.example",
    "ftp://a.example",
    "file:///etc/passwd",
    "https://a.example#fragment",
    "https://user@a.example",
    "https://user:password@a.example",
    "https://a.example\\@b.example",
    "https://a.example:0",
    "https://a.example:65536",
    "https://a.example:",
    "https://a.example:8 0",
    "https://a.example:\u0661",
    "https://a.example/\r\nHost: b",
    "https://a.example/ b",
    "https://a.example\n",
    " https://a.example",
    "https://ä.example",
    "https://a.example/ä",
    "https://[::1]/",
    "https://a..example",
    "https://-a.example",
    "https://" + "a" * 64,
    "https://" + "a." * 126 + "aa",
    "https://a.example/" + "a" * 2048,
]


@pytest.mark.parametrize(("text", "url"), VALID)
def test_urls(text: str, url: Url) -> None:
    assert parse_url(text) == url
    assert parse_url(str(url)) == url


@pytest.mark.parametrize("text", NOT_URLS)
def test_what_is_not_one(text: str) -> None:
    assert parse_url(text) is None


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://pds.example.org", "https://pds.example.org"),
        ("https://PDS.example.org:443/", "https://pds.example.org"),
        ("http://localhost:2583", "http://localhost:2583"),
        ("http://localhost:80", "http://localhost"),
        ("https://pds.example.org/path", None),
        ("https://pds.example.org//", None),
        ("https://pds.example.org?", None),
        ("wss://pds.example.org", None),
    ],
)
def test_origins(text: str, origin: str | None) -> None:
    assert parse_origin(text) == origin


def test_only_the_web_is_asked() -> None:
    assert parse_http_url("ircs://irc.example.org") is None
    assert parse_http_url("http://irc.example.org") is not None


@given(st.text(alphabet="htps:/.a1-%?#@[]\\ \n\0é", max_size=30) | st.from_regex(r"https?://[a-z.:0-9/?-]{0,30}"))
def test_what_is_read_is_written_the_same(text: str) -> None:
    url = parse_url(text)
    assert url is None or parse_url(str(url)) == url
