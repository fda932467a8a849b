from http import HTTPStatus

import pytest

from freeq_proto.boundary import LocalProtocolError
from freeq_proto.web import Closed, HttpRequest, Limits, UpgradeRequested, WebConnection, WebEvent
from tests.web.wire import closed, exchange, feed, handshake, request


def asked(*fields: str, method: str = "GET") -> WebConnection:
    """A connection on which one request awaits its answer."""
    web = WebConnection()
    (event,) = feed(web, [request(method, "/", *fields)], lambda web, event: None)
    assert isinstance(event, HttpRequest)
    return web


def chunked(*chunks: bytes, trailer: bytes = b"") -> bytes:
    body = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks)
    return request("POST", "/", "Transfer-Encoding: chunked") + body + b"0\r\n" + trailer + b"\r\n"


def test_a_request_and_its_response() -> None:
    events, output = exchange(request("POST", "/a?b", "X-Two: 1", "x-two:  2 ", body=b"hello"))
    (event,) = events
    assert isinstance(event, HttpRequest)
    assert (event.method, event.target, event.body) == ("POST", "/a?b", b"hello")
    assert event.header(b"x-two") == b"1, 2"
    assert event.header(b"x-three") is None
    assert output == b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


def test_pipelined_requests_are_answered_in_order() -> None:
    """RFC 9112 §9.3.2."""
    events, output = exchange(b"".join(request("PUT", f"/{number}", body=b"%d" % number) for number in range(30)))
    assert [event.target for event in events if isinstance(event, HttpRequest)] == [
        f"/{number}" for number in range(30)
    ]
    assert [part[-1:] for part in output.split(b"HTTP/1.1 200 OK")[1:11]] == [b"%d" % number for number in range(10)]


def test_what_is_pipelined_waits_for_the_answer() -> None:
    web = WebConnection()
    events = web.receive(request("GET", "/1") + request("GET", "/2"))
    assert [event.target for event in events if isinstance(event, HttpRequest)] == ["/1"]
    assert (web.awaiting_answer, web.more, web.events(), web.receive(b"GET")) == (True, False, [], [])
    web.respond(204)
    assert (web.awaiting_answer, web.more) == (False, True)
    (second,) = web.events()
    assert isinstance(second, HttpRequest)
    assert second.target == "/2"


@pytest.mark.parametrize("data", [request("GET", "/", "Connection: close"), request(version="1.0")])
def test_the_connection_ends_after_the_response_if_the_peer_wants(data: bytes) -> None:
    """RFC 9112 §9.3, §9.6; what comes after is not read."""
    events, output = exchange(data + request())
    assert [type(event) for event in events] == [HttpRequest, Closed]
    assert closed(events).code is None
    assert output.count(b"HTTP/1.1 ") == 1
    assert b"\r\nConnection: close\r\n" in output


def test_the_connection_ends_after_the_response_if_we_want() -> None:
    web = asked()
    web.respond(200, [(b"connection", b"close")], b"bye")
    assert web.ended
    assert web.more
    assert closed(web.events()) == Closed(None, "closed after the response")
    assert not web.more


# --- bodies ----------------------------------------------------------------------------------------------------------


def test_chunks_are_joined_and_trailers_dropped() -> None:
    """RFC 9112 §7.1."""
    events, _ = exchange(chunked(b"one", b"two", trailer=b"X-Trailer: 1\r\n"))
    assert isinstance(events[0], HttpRequest)
    assert events[0].body == b"onetwo"
    assert events[0].header(b"x-trailer") is None


@pytest.mark.parametrize("data", [request("POST", body=b"x" * 100), chunked(*[b"x" * 10] * 10)])
def test_a_body_of_the_limit_passes(data: bytes) -> None:
    events, _ = exchange(data, Limits(body=100))
    assert isinstance(events[0], HttpRequest)
    assert events[0].body == b"x" * 100


@pytest.mark.parametrize("data", [request("POST", body=b"x" * 101), chunked(*[b"x"] * 101)])
def test_a_longer_body_is_413(data: bytes) -> None:
    """RFC 9110 §15.5.14."""
    events, output = exchange(data, Limits(body=100))
    assert events == [Closed(413, "body too long")]
    assert output.startswith(b"HTTP/1.1 413 " + HTTPStatus(413).phrase.encode())


def test_a_body_announced_as_too_long_is_refused_before_it_comes() -> None:
    events, _ = exchange(request("POST", "/", "Content-Length: 99999999999999999999", "Expect: 100-continue"))
    assert events == [Closed(413, "body too long")]


def test_an_expectation_is_met_before_the_body() -> None:
    """RFC 9110 §10.1.1."""
    web = WebConnection()
    assert web.receive(request("POST", "/", "Expect: 100-continue", "Content-Length: 2")) == []
    assert web.data_to_send() == [b"HTTP/1.1 100 Continue\r\n\r\n"]
    (event,) = web.receive(b"ok")
    assert isinstance(event, HttpRequest)
    assert event.body == b"ok"


@pytest.mark.parametrize("chunk", [b"x\r\n", b"-1\r\n", b"1\r\nabc", b"fffffffffffffffffffff\r\n", b"0x1\r\na\r\n"])
def test_malformed_chunks_are_400(chunk: bytes) -> None:
    """RFC 9112 §7.1."""
    events, _ = exchange(request("POST", "/", "Transfer-Encoding: chunked") + chunk)
    assert closed(events).code == 400


def test_an_endless_chunk_extension_is_431() -> None:
    """RFC 9112 §7.1.1: extensions are bounded."""
    head = request("POST", "/", "Transfer-Encoding: chunked")
    events, _ = exchange(head + b"1;" + b"x" * 2_000, Limits(head=1_000))
    assert closed(events).code == 431


# --- heads -----------------------------------------------------------------------------------------------------------


def test_a_head_of_the_limit_passes_and_one_byte_more_is_431() -> None:
    """RFC 6585 §5."""
    size = len(request("GET", "/", "X: " + "x" * 50))
    assert isinstance(exchange(request("GET", "/", "X: " + "x" * 50), Limits(head=size))[0][0], HttpRequest)
    events, output = exchange(request("GET", "/", "X: " + "x" * 51), Limits(head=size))
    assert events == [Closed(431, "request head too long")]
    assert output.startswith(b"HTTP/1.1 431 Request Header Fields Too Large\r\n")


def test_an_endless_request_line_is_414() -> None:
    """RFC 9112 §3."""
    events, output = exchange(b"GET /" + b"x" * 2_000, Limits(head=1_000))
    assert events == [Closed(414, "request line too long")]
    assert output.startswith(b"HTTP/1.1 414 ")


def test_a_target_over_its_limit_is_414() -> None:
    assert closed(exchange(request("GET", "/" + "x" * 100), Limits(target=100))[0]).code == 414


@pytest.mark.parametrize(
    "data",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # TLS
        b"\r\n\r\n",
        b"NICK alice\r\nUSER a 0 * :a\r\n\r\n",
        b"GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: a\x00b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: a\rY: b\r\n\r\n",
        b"GET / HTTP/1.1\r\n X: y\r\nHost: a\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n",
    ],
)
def test_what_is_no_http_is_400(data: bytes) -> None:
    """RFC 9112 §2.2, §3, §5."""
    events, output = exchange(data)
    assert events == [Closed(400, "malformed request")]
    assert output.startswith(b"HTTP/1.1 400 Bad Request\r\n")


# --- responses -------------------------------------------------------------------------------------------------------


def test_a_response_to_head_announces_a_body_and_has_none() -> None:
    """RFC 9110 §9.3.2."""
    web = asked(method="HEAD")
    web.respond(200, (), b"hello")
    assert web.data_to_send() == [b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"]


@pytest.mark.parametrize("status", [204, 304])
def test_some_responses_have_neither_body_nor_length(status: int) -> None:
    """RFC 9110 §8.6."""
    web = asked()
    web.respond(status, (), b"hello")
    assert web.data_to_send() == [b"HTTP/1.1 %d %b\r\n\r\n" % (status, HTTPStatus(status).phrase.encode())]


def test_a_refused_head_request_gets_no_body() -> None:
    assert exchange(request("HEAD", host="a b"))[1].endswith(b"\r\n\r\n")


def test_a_status_without_a_registered_phrase_is_sent() -> None:
    web = asked()
    web.respond(299)
    assert web.data_to_send() == [b"HTTP/1.1 299 \r\nContent-Length: 0\r\n\r\n"]


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (200, [(b"location", b"/\r\nset-cookie: a=b")]),
        (200, [(b"x\r\ny", b"z")]),
        (200, [(b"x", b"\x00")]),
        (200, [(b"Content-Length", b"0")]),
        (200, [(b"transfer-encoding", b"chunked")]),
        (101, []),
        (199, []),
        (600, []),
    ],
)
def test_a_malformed_response_is_the_caller_s_error_and_writes_nothing(
    status: int, headers: list[tuple[bytes, bytes]]
) -> None:
    """Nothing that a caller reflects can split a response (RFC 9112 §11.1)."""
    web = asked()
    with pytest.raises(LocalProtocolError):
        web.respond(status, headers)
    assert web.data_to_send() == []
    web.respond(500)
    assert web.data_to_send() == [b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n"]


def test_there_is_one_answer_to_one_request() -> None:
    web = asked()
    with pytest.raises(LocalProtocolError):
        web.accept()
    web.respond(200)
    with pytest.raises(LocalProtocolError):
        web.respond(200)


# --- the end of input ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "closed by the peer"),
        (b"GET / HT", "closed by the peer within a request"),
        (request("POST", "/", "Content-Length: 5") + b"abc", "closed by the peer within a request"),
        (request("POST", "/", "Transfer-Encoding: chunked") + b"5\r\nabc", "closed by the peer within a request"),
    ],
)
def test_the_end_of_input_between_and_within_requests(data: bytes, reason: str) -> None:
    """RFC 9112 §8."""
    web = WebConnection()
    assert feed(web, [*([data] if data else []), b""]) == [Closed(None, reason)]
    assert web.data_to_send() == []


def test_a_peer_that_only_stops_writing_still_gets_its_answers() -> None:
    """RFC 9112 §9.6: half-closed."""
    web = WebConnection()

    def later(web: WebConnection, event: WebEvent) -> None:
        assert not isinstance(event, Closed)

    feed(web, [request("GET", "/1") + request("GET", "/2"), b""], later)
    web.respond(200)
    assert isinstance(web.events()[0], HttpRequest)
    web.respond(201)
    assert web.events() == [Closed(None, "closed by the peer")]
    assert len(web.data_to_send()) == 2


def test_no_data_comes_after_the_end() -> None:
    web = asked()
    web.receive(b"")
    with pytest.raises(LocalProtocolError):
        web.receive(b"x")


# --- more than is read -----------------------------------------------------------------------------------------------


def test_an_unanswered_request_bounds_what_waits_and_is_still_answered() -> None:
    limits = Limits(unread=1_000)
    web = WebConnection(limits)
    web.receive(request())
    for _ in range(100):
        web.receive(b"x" * 300)
        assert web.buffered <= limits.unread + 300
    assert web.awaiting_answer
    web.respond(200)
    assert b"\r\nConnection: close\r\n" in web.data_to_send()[0]
    assert isinstance(closed(web.events()), Closed)
    assert web.buffered == 0


def test_a_caller_that_does_not_ask_for_more_does_not_make_it_pile_up() -> None:
    limits = Limits(unread=1_000, step=10)
    web = WebConnection(limits)
    events: list[WebEvent] = []
    for _ in range(100):
        events += web.receive(b"GET /" + b"x" * 300)
        assert web.buffered <= limits.unread + 400
    assert events == [Closed(413, "too much sent at once")]


# --- refused upgrades ------------------------------------------------------------------------------------------------


def test_a_rejected_handshake_ends_the_connection() -> None:
    web = WebConnection()
    (event,) = web.receive(handshake() + b"\x81\x80abcd")
    assert isinstance(event, UpgradeRequested)
    web.reject(503, "full", [(b"Retry-After", b"60")])
    assert web.data_to_send() == [
        b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\nRetry-After: 60\r\n"
        b"Content-Length: 4\r\nConnection: close\r\n\r\nfull"
    ]
    assert web.events() == [Closed(None, "handshake rejected")]


def test_a_handshake_is_not_answered_with_a_response() -> None:
    web = WebConnection()
    web.receive(handshake())
    with pytest.raises(LocalProtocolError):
        web.respond(200)
    with pytest.raises(LocalProtocolError):
        web.reject(101, "")
    assert web.awaiting_answer
