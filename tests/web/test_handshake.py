import pytest

from freeq_proto.web import Closed, HttpRequest, UpgradeRequested, WebConnection
from tests.web.wire import ACCEPT, closed, exchange, feed, handshake, request

RFC_REQUEST = (
    b"GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: http://example.com\r\n"
    b"Sec-WebSocket-Protocol: chat, superchat\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


def test_the_example_of_the_rfc() -> None:
    """RFC 6455 §1.2, §1.3."""
    events, output = exchange(RFC_REQUEST)
    (event,) = events
    assert isinstance(event, UpgradeRequested)
    assert (event.target, event.subprotocols, event.origin) == ("/chat", ("chat", "superchat"), "http://example.com")
    assert output == (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + ACCEPT + b"\r\nSec-WebSocket-Protocol: chat\r\n\r\n"
    )


def test_no_extension_is_ever_agreed_on() -> None:
    """Frames are then a function of their payload alone, and may be shared between connections."""
    _, output = exchange(handshake("Sec-WebSocket-Extensions: permessage-deflate, limits"))
    assert b" 101 " in output
    assert b"extensions" not in output.lower()


def test_half_a_handshake_waits() -> None:
    web = WebConnection()
    assert feed(web, [RFC_REQUEST[:-1]]) == []
    assert (web.data_to_send(), web.more, web.ended) == ([], False, False)


@pytest.mark.parametrize(
    "data",
    [
        handshake("Connection: keep-alive, UPGRADE", leave_out="Connection"),
        handshake("Connection: keep-alive"),  # wsproto alone would forget the first of the two
        handshake("Upgrade: WebSocket", leave_out="Upgrade"),
        handshake("Upgrade: h2c"),
        handshake("Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEC==", leave_out="Sec-WebSocket-Key"),  # RFC 6455 §4.1
        handshake("Sec-WebSocket-Protocol: a", "Sec-WebSocket-Protocol: b,, a"),
        handshake("Cookie: caf\xe9", "Sec-WebSocket-Extensions: \xff"),  # wsproto alone would raise
        handshake("Origin: \xff"),
        handshake("Content-Length: 0"),
        handshake("Expect: 100-continue"),
        handshake(version="1.2"),
    ],
)
def test_lawful_handshakes(data: bytes) -> None:
    """RFC 6455 §4.2.1, RFC 9110 §5.3: lists may come in several fields, names in any case."""
    events, output = exchange(data)
    assert isinstance(events[0], UpgradeRequested)
    assert output.startswith(b"HTTP/1.1 101 Switching Protocols\r\n")


def test_subprotocols_of_several_fields_are_one_list() -> None:
    events, _ = exchange(handshake("Sec-WebSocket-Protocol: a", "Sec-WebSocket-Protocol: b,, a"))
    assert isinstance(events[0], UpgradeRequested)
    assert events[0].subprotocols == ("a", "b")


@pytest.mark.parametrize("host", ["a..b", "xn--", "[::1]:80", ""])
def test_a_host_that_is_no_internationalised_name_does_no_harm(host: str) -> None:
    data = handshake().replace(b"Host: irc.example", b"Host: " + host.encode())
    assert exchange(data)[1].startswith(b"HTTP/1.1 101 ")


@pytest.mark.parametrize(
    "data",
    [
        handshake(leave_out="Connection"),
        handshake("Connection: close", leave_out="Connection"),
        handshake(leave_out="Sec-WebSocket-Key"),
        handshake("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="),  # twice
        handshake("Sec-WebSocket-Key: c2hvcnQ=", leave_out="Sec-WebSocket-Key"),
        handshake("Sec-WebSocket-Key: dGhlIHNhbXBsZS_ub25jZQ==", leave_out="Sec-WebSocket-Key"),
        handshake("Sec-WebSocket-Key: \xe9", leave_out="Sec-WebSocket-Key"),
        handshake(leave_out="Sec-WebSocket-Version"),
        handshake("Sec-WebSocket-Protocol: a b"),
        handshake("Sec-WebSocket-Protocol: \xe9"),
        handshake("Sec-WebSocket-Protocol: a\x1f"),
        handshake("Content-Length: 3"),
        handshake("Transfer-Encoding: chunked"),
        handshake().replace(b"GET", b"POST", 1),
        handshake(version="1.2").replace(b"Host: irc.example\r\n", b""),
    ],
)
def test_unlawful_handshakes_are_400(data: bytes) -> None:
    """RFC 6455 §4.2.1."""
    events, output = exchange(data)
    assert closed(events).code == 400
    assert output.startswith(b"HTTP/1.1 400 Bad Request\r\n")


@pytest.mark.parametrize("version", ["8", "0", "014", "13, 8", "\xe9"])
def test_another_version_is_426_with_the_right_one(version: str) -> None:
    """RFC 6455 §4.4; RFC 9110 §15.5.22 wants Upgrade in the answer."""
    events, output = exchange(handshake(f"Sec-WebSocket-Version: {version}", leave_out="Sec-WebSocket-Version"))
    assert closed(events).code == 426
    assert b"\r\nSec-WebSocket-Version: 13\r\n" in output
    assert b"\r\nUpgrade: websocket\r\n" in output


@pytest.mark.parametrize(
    "data",
    [handshake(version="1.0"), request("GET", "/", "Upgrade: h2c", "Connection: Upgrade"), request("GET", "/irc")],
)
def test_what_is_no_handshake_is_a_request(data: bytes) -> None:
    """RFC 9110 §7.8: an unknown protocol, and any in HTTP/1.0, is ignored."""
    events, output = exchange(data)
    assert isinstance(events[0], HttpRequest)
    assert output.startswith(b"HTTP/1.1 200 OK\r\n")


def test_after_an_ignored_upgrade_the_connection_goes_on() -> None:
    events, output = exchange(request("GET", "/a", "Upgrade: h2c", "Connection: Upgrade") + request("GET", "/b"))
    assert [event.target for event in events if isinstance(event, HttpRequest)] == ["/a", "/b"]
    assert output.count(b"HTTP/1.1 200 OK") == 2


def test_refusals_end_the_connection() -> None:
    web = WebConnection()
    events = feed(web, [handshake(leave_out="Sec-WebSocket-Key") + handshake()])
    assert events == [Closed(400, "no lawful Sec-WebSocket-Key")]
    assert web.ended
    assert feed(web, [handshake(), b""]) == []
