"""Laws of a whole connection, for any peer."""

from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st

from freeq_proto.web import Closed, Limits, WebConnection, WebEvent
from tests.web.wire import (
    BINARY,
    CLOSE,
    CONT,
    PING,
    PONG,
    TEXT,
    closing,
    feed,
    frame,
    handshake,
    obliging,
    request,
    settle,
)

SMALL = Limits(head=300, target=60, body=50, message=40, fragments=5, unread=500, pongs=3, step=23)
WSPROTO_HOLDS = 14 + 125  # the longest header, and the payload of a control frame

requests = st.builds(
    request,
    st.sampled_from(["GET", "POST", "HEAD", "TRACE", "OPTIONS"]),
    st.sampled_from(["/", "/a?b", "*", "http://a/b", "bad", "/" + "x" * 70]),
    st.sampled_from(
        ["X: y", "Connection: close", "Expect: 100-continue", "Transfer-Encoding: chunked", "Upgrade: h2c"]
    ),
    version=st.sampled_from(["1.1", "1.1", "1.1", "1.0", "2.0"]),
    body=st.binary(max_size=60),
)
handshakes = st.builds(
    handshake,
    st.sampled_from(["X: y", "Sec-WebSocket-Protocol: a, b", "Connection: close", "Origin: \xff"]),
    leave_out=st.sampled_from(["", "", "", "Sec-WebSocket-Key", "Connection"]),
)
frames = st.builds(
    frame,
    st.sampled_from([TEXT, BINARY, CONT, PING, PONG, CLOSE, 0x3]),
    st.binary(max_size=50) | st.text(max_size=20).map(str.encode),
    fin=st.sampled_from([True, True, False]),
    mask=st.sampled_from([b"abcd", b"\x00\x00\x00\x00", b"\xff\xff\xff\xff", None]),
    rsv=st.sampled_from([0, 0, 0, 0, 1]),
)
closes = st.builds(closing, st.integers(990, 5_010), st.binary(max_size=10))
noise = st.binary(max_size=30)
http_streams = st.lists(requests | noise, max_size=6).map(b"".join)
websocket_streams = st.tuples(handshakes, st.lists(frames | frames | closes | noise, max_size=12).map(b"".join)).map(
    b"".join
)
streams = st.binary(max_size=200) | http_streams | websocket_streams


@st.composite
def cut(draw: st.DrawFn) -> list[bytes]:
    """A stream of one peer in pieces of any size, perhaps with its end."""
    data = draw(streams)
    places = sorted(draw(st.lists(st.integers(0, len(data)), max_size=20)))
    pieces = [data[start:end] for start, end in zip([0, *places], [*places, len(data)], strict=True)]
    return [piece for piece in pieces if piece] + ([b""] if draw(st.booleans()) else [])


def lived(pieces: list[bytes]) -> tuple[list[WebEvent], bytes]:
    web = WebConnection(SMALL)
    return feed(web, pieces), b"".join(web.data_to_send())


def joined(pieces: list[bytes]) -> Iterator[bytes]:
    if data := b"".join(pieces):
        yield data
    if pieces and not pieces[-1]:
        yield b""


@settings(max_examples=300)
@given(cut())
def test_the_network_s_cuts_change_nothing(pieces: list[bytes]) -> None:
    assert lived(pieces) == lived(list(joined(pieces)))


@settings(max_examples=150)
@given(cut())
def test_nothing_raises_and_the_end_is_the_end(pieces: list[bytes]) -> None:
    web = WebConnection(SMALL)
    events: list[WebEvent] = []
    for piece in pieces:
        events += settle(web, web.receive(piece))
        assert web.ended == any(isinstance(event, Closed) for event in events)
        assert not web.paused
    if pieces and not pieces[-1]:
        assert isinstance(events[-1], Closed)
    assert sum(isinstance(event, Closed) for event in events) <= 1


@settings(max_examples=150)
@given(cut(), st.integers(0, 3))
def test_buffers_stay_bounded_under_a_careless_caller(pieces: list[bytes], answers: int) -> None:
    """A caller that answers late or never, and does not ask for more."""
    web = WebConnection(SMALL)
    largest = max(map(len, pieces), default=0)
    for piece in pieces * 3:
        if not piece:
            continue
        for event in web.receive(piece):
            if answers:
                obliging(web, event)
                answers -= 1
        held = SMALL.head + SMALL.body + SMALL.step + SMALL.message + SMALL.pongs * 125
        assert web.buffered <= SMALL.unread + largest + held


@settings(max_examples=100)
@given(st.lists(frames, max_size=12).map(b"".join))
def test_wsproto_holds_no_more_than_is_said(data: bytes) -> None:
    """``buffered`` cannot see into wsproto, so its documented remainder is looked up here."""
    web = WebConnection(SMALL)
    feed(web, [handshake()])
    for index in range(len(data)):
        feed(web, [data[index : index + 1]])
        if web._websocket is None:
            break
        assert len(web._websocket._connection._proto._frame_decoder.buffer) <= WSPROTO_HOLDS


@settings(max_examples=100)
@given(cut())
def test_asking_for_more_comes_to_an_end(pieces: list[bytes]) -> None:
    """Each call while ``more`` is true takes input, reports something, or ends the connection."""
    web = WebConnection(SMALL)
    for piece in pieces:
        events = web.receive(piece)
        calls = 0
        while True:
            for event in events:
                obliging(web, event)
            if not web.more:
                break
            events = web.events()
            calls += 1
            assert calls <= 2 * sum(map(len, pieces)) + 10
        assert web.events() == []
