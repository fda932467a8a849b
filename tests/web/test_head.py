import pytest

from freeq_proto.web import Closed, HttpRequest
from freeq_proto.web.head import SERVED, origin_form
from freeq_proto.web.refusal import RefusalError
from tests.web.wire import closed, exchange, request


def refusal(data: bytes) -> tuple[int | None, bytes]:
    """The status of the only answer, and the answer."""
    events, output = exchange(data)
    end = closed(events)
    assert events == [end]
    assert output.startswith(b"HTTP/1.1 %d " % (end.code or 0))
    assert b"\r\nConnection: close\r\n" in output
    return end.code, output


@pytest.mark.parametrize("method", SERVED)
def test_served_methods_are_passed_on(method: str) -> None:
    events, _ = exchange(request(method))
    assert isinstance(events[0], HttpRequest)
    assert events[0].method == method


@pytest.mark.parametrize("data", [request("TRACE"), request("CONNECT", "irc.example:443")])
def test_what_an_origin_server_does_not_do_is_405_with_allow(data: bytes) -> None:
    """RFC 9110 §15.5.6: Allow says what is done."""
    status, output = refusal(data)
    assert status == 405
    assert b"Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n" in output


@pytest.mark.parametrize("method", ["get", "BREW"])
def test_unknown_methods_are_501(method: str) -> None:
    """RFC 9110 §9.1: methods are compared exactly."""
    assert refusal(request(method))[0] == 501


@pytest.mark.parametrize("data", [request(version="2.0"), request(version="0.9"), b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"])
def test_other_versions_are_505(data: bytes) -> None:
    assert refusal(data)[0] == 505


@pytest.mark.parametrize("host", ["a b", "user@irc.example", "irc.example:six", "[::1", "a/b", "[::1]x"])
def test_a_malformed_host_is_400(host: str) -> None:
    """RFC 9112 §3.2."""
    assert refusal(request(host=host))[0] == 400


@pytest.mark.parametrize("host", ["irc.example", "irc.example:8080", "[2001:db8::1]:80", "a..b", "xn--", "", "x" * 300])
def test_a_lawful_host_is_none_of_our_business(host: str) -> None:
    events, _ = exchange(request(host=host))
    assert isinstance(events[0], HttpRequest)


@pytest.mark.parametrize("data", [request(host=None), request("GET", "/", "Host: other.example")])
def test_there_is_exactly_one_host(data: bytes) -> None:
    """RFC 9112 §3.2."""
    assert refusal(data)[0] == 400


@pytest.mark.parametrize(
    "data",
    [
        request("POST", "/", "Transfer-Encoding: chunked", "Content-Length: 3") + b"0\r\n\r\n",
        request("POST", "/", "Transfer-Encoding: chunked", version="1.0") + b"0\r\n\r\n",
        request("POST", "/", "Content-Length: 1", "Content-Length: 2") + b"xx",
        request("POST", "/", "Content-Length: +1") + b"x",
        request("POST", "/", "Content-Length: 1_0") + b"x",
    ],
)
def test_a_body_has_one_length(data: bytes) -> None:
    """RFC 9112 §6.1, §6.3: what two parsers could read differently smuggles requests."""
    assert refusal(data)[0] == 400


def test_other_transfer_codings_are_501() -> None:
    """RFC 9112 §6.1."""
    assert refusal(request("POST", "/", "Transfer-Encoding: gzip, chunked"))[0] == 501


@pytest.mark.parametrize(
    ("target", "method", "form"),
    [
        ("/a?b=%20#c", "GET", "/a?b=%20#c"),
        ("//evil.example/x", "GET", "//evil.example/x"),
        ("*", "OPTIONS", "*"),
        ("http://irc.example", "OPTIONS", "*"),
        ("http://irc.example", "GET", "/"),
        ("HTTPS://irc.example:8/a/b?c", "GET", "/a/b?c"),
        ("http://irc.example?c", "GET", "/?c"),
    ],
)
def test_targets_become_origin_form(target: str, method: str, form: str) -> None:
    """RFC 9112 §3.2: a server accepts the absolute-form."""
    assert origin_form(target, method, 100) == form


@pytest.mark.parametrize(
    ("target", "method", "status"),
    [
        ("*", "GET", 400),
        ("irc.example:80", "GET", 400),
        ("ftp://a/", "GET", 400),
        ("http:///a", "GET", 400),
        ("/" * 101, "GET", 414),
    ],
)
def test_other_targets_are_refused(target: str, method: str, status: int) -> None:
    with pytest.raises(RefusalError) as caught:
        origin_form(target, method, 100)
    assert caught.value.status == status


def test_a_refusal_is_reported_once_without_the_peer_s_words() -> None:
    events, _ = exchange(request("BREW", "/\x7e") + request())
    assert events == [Closed(501, "method not known")]
