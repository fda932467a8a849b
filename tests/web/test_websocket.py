import os

import pytest

from freeq_proto.boundary import LocalProtocolError
from freeq_proto.web import BinaryMessage, Closed, Limits, TextMessage, UpgradeRequested, WebConnection, close_frame
from freeq_proto.web.frames import NO_STATUS, pong_frame
from tests.web.wire import (
    BINARY,
    CLOSE,
    CONT,
    PING,
    PONG,
    TEXT,
    closed,
    closing,
    exchange,
    feed,
    frame,
    handshake,
    opened,
    talk,
)


def test_the_masked_example_of_the_rfc() -> None:
    """RFC 6455 §5.7."""
    assert talk(b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58") == ([TextMessage("Hello")], b"")


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 1_000, 4_096, 32_768])
def test_messages_of_every_size_come_whole(size: int) -> None:
    data = bytes(index % 251 for index in range(size))
    assert talk(frame(BINARY, data))[0] == [BinaryMessage(data)]
    assert talk(frame(TEXT, b"x" * size))[0] == [TextMessage("x" * size)]


def test_long_lengths_are_read() -> None:
    assert talk(frame(BINARY, b"x" * 65_536), Limits(message=65_536))[0] == [BinaryMessage(b"x" * 65_536)]


def test_fragments_are_joined_and_control_frames_may_stand_between() -> None:
    """RFC 6455 §5.4; a character may be cut anywhere (§5.6)."""
    text = "für €".encode()
    data = frame(TEXT, text[:2], fin=False) + frame(PING, b"!") + frame(CONT, text[2:7], fin=False)
    data += frame(CONT, text[7:]) + frame(BINARY, b"", fin=False) + frame(CONT, b"\xff")
    assert talk(data) == ([TextMessage("für €"), BinaryMessage(b"\xff")], pong_frame(b"!"))


def test_line_endings_and_controls_in_messages_are_passed_on() -> None:
    assert talk(frame(TEXT, b"a\x00\x1f\r\nb"))[0] == [TextMessage("a\x00\x1f\r\nb")]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (frame(TEXT, b"Hello", mask=None), 1002),  # §5.1: a client masks
        (frame(TEXT, b"Hello", rsv=4), 1002),  # §5.2: no extension gives the bits a meaning
        (frame(TEXT, b"Hello", rsv=1), 1002),
        (frame(PING, rsv=2), 1002),
        *((frame(opcode), 1002) for opcode in (0x3, 0x7, 0xB, 0xF)),
        (frame(PING, b"x" * 126), 1002),  # §5.5
        (frame(PING, fin=False), 1002),
        (frame(CONT, b"x"), 1002),  # §5.4
        (frame(TEXT, b"x", fin=False) + frame(TEXT, b"y"), 1002),
        (b"\x81\xfe\x00\x7dabcd", 1002),  # §5.2: lengths are minimal
        (b"\x81\xff\x00\x00\x00\x00\x00\x00\xff\xffabcd", 1002),
        (frame(TEXT, b"ok\xff"), 1007),  # §8.1
        (frame(TEXT, b"\xed\xa0\x80"), 1007),
        (frame(TEXT, b"\xc3"), 1007),
        (frame(TEXT, b"\xc3", fin=False) + frame(CONT, b"("), 1007),
        (frame(CLOSE, b"\x03"), 1002),  # §5.5.1
        (frame(CLOSE, b"\x03\xe8\xff"), 1007),
        *((closing(code), 1002) for code in (0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 65_535)),  # §7.4
    ],
)
def test_unlawful_frames_fail_the_connection(data: bytes, code: int) -> None:
    """RFC 6455 §7.1.7: a Close frame with the reason, and nothing is read after it."""
    events, output = talk(frame(TEXT, b"before") + data + frame(TEXT, b"after") * 3)
    assert events[:-1] == [TextMessage("before")]
    assert closed(events).code == code
    assert output == close_frame(code, closed(events).reason)


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (b"\x82\xff" + (2**63).to_bytes(8, "big"), 1002),  # §5.2: the top bit is 0
        (b"\x82\xff" + (2**64 - 1).to_bytes(8, "big"), 1002),
        (b"\x82\xff" + (2**63 - 1).to_bytes(8, "big"), 1009),
        (b"\x82\xfe\x80\x01", 1009),
    ],
)
def test_a_frame_that_announces_too_much_is_refused_by_its_header(header: bytes, code: int) -> None:
    """RFC 6455 §10.4."""
    web = opened()
    assert closed(feed(web, [header])).code == code
    assert (web.ended, web.buffered) == (True, 0)


def test_fragments_count_together() -> None:
    limits = Limits(message=100)
    first = frame(BINARY, b"x" * 60, fin=False)
    assert talk(first + frame(CONT, b"x" * 40), limits)[0] == [BinaryMessage(b"x" * 100)]
    events, output = talk(first + frame(CONT, b"x" * 41), limits)
    assert events == [Closed(1009, "message too long")]
    assert output == close_frame(1009, "message too long")


def test_the_count_starts_anew_with_each_message() -> None:
    message = frame(BINARY, b"x" * 60, fin=False) + frame(PING) + frame(CONT, b"x" * 40)
    assert talk(message * 5, Limits(message=100))[0] == [BinaryMessage(b"x" * 100)] * 5


def test_endless_fragments_end() -> None:
    limits = Limits(fragments=10)
    begun = frame(TEXT, b"", fin=False) + frame(CONT, b"", fin=False) * 8
    assert talk(begun + frame(CONT, b""), limits)[0] == [TextMessage("")]
    events, _ = talk(begun + frame(CONT, b"", fin=False) * 2, limits)
    assert events == [Closed(1008, "too many fragments")]


@pytest.mark.parametrize(("opcode", "text", "binary"), [(TEXT, False, True), (BINARY, True, False)])
def test_a_type_that_is_not_wanted_is_1003(opcode: int, text: bool, binary: bool) -> None:
    """RFC 6455 §7.4.1."""

    def answer(web: WebConnection, event: object) -> None:
        if isinstance(event, UpgradeRequested):
            web.accept(text=text, binary=binary)

    events, output = exchange(handshake() + frame(opcode, b"\xff"), answer=answer)
    assert closed(events).code == 1003
    assert output.endswith(close_frame(1003, closed(events).reason))


# --- pings -----------------------------------------------------------------------------------------------------------


def test_pings_are_answered_in_order_with_their_payload() -> None:
    """RFC 6455 §5.5.2, §5.5.3."""
    _, output = talk(frame(PING, b"1") + frame(PING, b"x" * 125) + frame(PING) + frame(PONG, b"unasked"))
    assert output == pong_frame(b"1") + pong_frame(b"x" * 125) + pong_frame(b"")


def test_a_flood_of_pings_owes_few_pongs() -> None:
    """RFC 6455 §5.5.3: the latest may stand for those before it."""
    web = opened(Limits(pongs=4))
    feed(web, [b"".join(frame(PING, b"%d" % number) for number in range(1_000))])
    assert web.buffered <= 4 * 125
    assert web.data_to_send() == [pong_frame(b"%d" % number) for number in range(996, 1_000)]
    assert web.data_to_send() == []


def test_a_call_takes_one_step() -> None:
    limits = Limits(step=60)
    web = opened(limits)
    assert web.receive(frame(TEXT) * 25) == [TextMessage("")] * 10
    assert (web.more, web.paused) == (True, True)
    assert web.events() == [TextMessage("")] * 10
    assert web.events() == [TextMessage("")] * 5
    assert (web.more, web.paused, web.events()) == (False, False, [])


def test_a_caller_that_does_not_ask_for_more_does_not_make_it_pile_up() -> None:
    limits = Limits(step=60, unread=1_000)
    web = opened(limits)
    events = [event for _ in range(30) for event in web.receive(frame(PING) * 50)]
    assert events == [Closed(1008, "too much sent at once")]
    assert web.buffered == 0


# --- closing ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "code", "reason", "answer"),
    [
        (closing(1000, b"bye"), 1000, "bye", close_frame(1000)),
        (closing(1001), 1001, "closed by the peer", close_frame(1001)),
        (closing(4999, "tschüß".encode()), 4999, "tschüß", close_frame(4999)),
        (frame(CLOSE), 1005, "closed by the peer", close_frame(NO_STATUS)),
    ],
)
def test_the_peer_closes(data: bytes, code: int, reason: str, answer: bytes) -> None:
    """RFC 6455 §5.5.1, §7.1.5: the code goes back, and the server closes first."""
    events, output = talk(frame(PING, b"!") + data + frame(TEXT, b"after"))
    assert events == [Closed(code, reason)]
    assert output == pong_frame(b"!") + answer


def test_we_close() -> None:
    """RFC 6455 §1.4, §7.1.2: after our Close frame nothing is sent, and messages are dropped until the peer's."""
    web = opened()
    feed(web, [frame(PING, b"!")])
    web.close(1001, "going away")
    assert (web.open, web.closing, web.ended) == (False, True, False)
    assert web.data_to_send() == [pong_frame(b"!"), close_frame(1001, "going away")]
    web.close(1000)
    assert feed(web, [frame(TEXT, b"late") + frame(PING) + frame(BINARY, b"x" * 9_999, fin=False)]) == []
    assert web.buffered == 0
    assert feed(web, [frame(CONT) + closing(1001)]) == [Closed(1001, "closed by the peer")]
    assert (web.data_to_send(), web.closing, web.ended) == ([], False, True)
    web.close()
    assert web.data_to_send() == []


def test_we_close_within_a_message_of_the_peer() -> None:
    web = opened()
    feed(web, [frame(TEXT, b"half", fin=False)])
    web.close()
    assert web.buffered == 0
    assert feed(web, [frame(CONT, b"whole") + closing(1000)]) == [Closed(1000, "closed by the peer")]


def test_a_mistake_after_our_close_frame_gets_no_second_one() -> None:
    web = opened()
    web.close()
    web.data_to_send()
    assert closed(feed(web, [frame(TEXT, mask=None)])).code == 1002
    assert web.data_to_send() == []


@pytest.mark.parametrize("data", [b"", frame(TEXT, b"half", fin=False), b"\x81"])
def test_a_connection_lost_without_a_close_frame_is_1006(data: bytes) -> None:
    """RFC 6455 §7.1.5."""
    web = opened()
    assert feed(web, [*([data] if data else []), b""]) == [Closed(1006, "connection lost")]
    assert web.data_to_send() == []


def test_a_code_that_may_not_be_sent_changes_nothing() -> None:
    web = opened()
    with pytest.raises(LocalProtocolError):
        web.close(1006)
    assert web.open
    assert web.data_to_send() == []


def test_only_a_websocket_is_closed() -> None:
    with pytest.raises(LocalProtocolError):
        WebConnection().close()


# --- the hand-over ---------------------------------------------------------------------------------------------------


def test_frames_may_come_with_the_handshake_and_its_end() -> None:
    web = WebConnection()
    (event,) = web.receive(handshake("Sec-WebSocket-Protocol: chat") + frame(TEXT, b"early"))
    assert isinstance(event, UpgradeRequested)
    web.receive(frame(TEXT, b"on time"))
    web.receive(b"")
    assert (web.open, web.more) == (False, False)
    web.accept("chat")
    assert (web.open, web.more) == (True, True)
    events = [event for _ in range(5) for event in web.events()]
    assert events == [TextMessage("early"), TextMessage("on time"), Closed(1006, "connection lost")]


def test_only_what_was_offered_is_accepted() -> None:
    """RFC 6455 §4.2.2."""
    web = WebConnection()
    web.receive(handshake("Sec-WebSocket-Protocol: chat"))
    with pytest.raises(LocalProtocolError):
        web.accept("superchat")
    web.accept()
    assert b"sec-websocket-protocol" not in web.data_to_send()[0].lower()


def test_a_flood_before_the_answer_is_bounded() -> None:
    limits = Limits(unread=1_000)
    web = WebConnection(limits)
    web.receive(handshake())
    for _ in range(100):
        web.receive(frame(PING) * 50)
        assert web.buffered <= limits.unread + 300
    web.accept()
    assert closed(web.events()).code == 1008
    assert web.data_to_send()[-1] == close_frame(1008, "too much sent before the handshake was answered")


def test_nothing_is_drawn_at_random(monkeypatch: pytest.MonkeyPatch) -> None:
    """wsproto masks with random bytes, but only as a client."""

    def draw(size: int) -> bytes:
        raise AssertionError("randomness")

    monkeypatch.setattr(os, "urandom", draw)
    events, _ = talk(frame(TEXT, b"a") + frame(PING) + closing(1000))
    assert closed(events).code == 1000
