"""The rules of HTTP requests that documents bring about."""

import pytest

from freeq_proto.boundary import (
    Fetched,
    HttpRequest,
    RefusedError,
    ResponseReader,
    check_addresses,
    check_url,
    choose_proxy,
    reason_of,
)

PUBLIC, PRIVATE = HttpRequest("https://a.example/"), HttpRequest("http://localhost/", private=True)


@pytest.mark.parametrize(
    ("request_", "scheme", "host", "reason"),
    [
        (PRIVATE, "ftp", "a.example.org", "not a URL of the web"),
        (PRIVATE, "https", "", "not a URL of the web"),
        (PUBLIC, "http", "a.example.org", "only https"),
        (PUBLIC, "https", "localhost", "not a public name"),
        (PUBLIC, "https", "10.0.0.1", "not a public name"),
    ],
)
def test_urls(request_: HttpRequest, scheme: str, host: str, reason: str) -> None:
    with pytest.raises(RefusedError, match=reason):
        check_url(request_, scheme=scheme, host=host, has_password=False)


def test_urls_that_pass() -> None:
    check_url(PUBLIC, scheme="https", host="a.example.org", has_password=False)
    check_url(PRIVATE, scheme="http", host="localhost", has_password=False)
    with pytest.raises(RefusedError, match="password"):
        check_url(PRIVATE, scheme="http", host="localhost", has_password=True)


def test_addresses() -> None:
    public = [f"93.184.215.{n}" for n in range(9)]
    assert check_addresses(PUBLIC, public) == public[:4]
    assert check_addresses(PRIVATE, ["127.0.0.1"]) == ["127.0.0.1"]
    with pytest.raises(RefusedError, match="not public"):
        check_addresses(PUBLIC, [*public, "127.0.0.1"])
    with pytest.raises(RefusedError, match="no address"):
        check_addresses(PRIVATE, [])


@pytest.mark.parametrize(
    ("scheme", "host", "proxies", "expected"),
    [
        ("https", "a.example", {"https": "http://proxy:3128"}, "http://proxy:3128"),
        ("https", "a.example", {"http": "x", "all": "proxy:1"}, "http://proxy:1"),
        ("https", "a.example", {}, None),
        ("http", "localhost", {"all": "proxy:1"}, None),
        ("http", "127.0.0.2", {"all": "proxy:1"}, None),
        ("http", "::1", {"all": "proxy:1"}, None),
    ],
)
def test_proxies(scheme: str, host: str, proxies: dict[str, str], expected: str | None) -> None:
    assert choose_proxy(scheme, host, proxies) == expected


def test_answers_are_read_to_their_limit() -> None:
    reader = ResponseReader(404, [(b"X-A", b"\xe9"), (b"Content-Encoding", b"Identity")], 4)
    reader.add(b"ab")
    reader.add(b"cd")
    assert reader.end() == Fetched(404, (("x-a", "é"), ("content-encoding", "Identity")), b"abcd")
    with pytest.raises(RefusedError, match="longer than 4 bytes"):
        reader.add(b"e")
    with pytest.raises(RefusedError, match="compressed"):
        ResponseReader(200, [(b"content-encoding", b"gzip")], 4)


def test_reasons_look_at_causes() -> None:
    error = ValueError("a secret")
    error.__context__ = cause = KeyError()
    cause.__cause__ = error  # a ring ends, too
    assert reason_of(error, [(OSError, "os"), (KeyError, "key"), (ValueError, "value")]) == "key"
    assert reason_of(error, [(OSError, "os")]) == "the request could not be made"
