import pytest
from hypothesis import given
from hypothesis import strategies as st
from wsproto import ConnectionType
from wsproto.connection import Connection
from wsproto.events import BytesMessage, CloseConnection, Pong, TextMessage

from freeq_proto.boundary import LocalProtocolError
from freeq_proto.web import binary_frame, close_frame, text_frame
from freeq_proto.web.frames import NO_STATUS, pong_frame

SIZES = (0, 1, 124, 125, 126, 127, 128, 65_534, 65_535, 65_536, 70_000)


def wsproto_server() -> Connection:
    return Connection(ConnectionType.SERVER)


@pytest.mark.parametrize("size", SIZES)
def test_frames_are_the_bytes_that_wsproto_makes(size: int) -> None:
    """RFC 6455 §5.2: three forms of payload length."""
    payload = b"x" * size
    assert text_frame(payload) == wsproto_server().send(TextMessage(payload.decode()))
    assert binary_frame(payload) == wsproto_server().send(BytesMessage(payload))


@given(st.text(max_size=200))
def test_any_text_is_framed_as_wsproto_does(text: str) -> None:
    assert text_frame(text.encode()) == wsproto_server().send(TextMessage(text))


@pytest.mark.parametrize("size", [0, 1, 125])
def test_pongs_are_the_bytes_that_wsproto_makes(size: int) -> None:
    assert pong_frame(b"p" * size) == wsproto_server().send(Pong(b"p" * size))


@pytest.mark.parametrize("code", [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1011, 1012, 3000, 4999])
@pytest.mark.parametrize("reason", ["", "bye", "ö" * 61, "ö" * 62, "a" + "ö" * 61, "x" * 200])
def test_close_frames_are_the_bytes_that_wsproto_makes(code: int, reason: str) -> None:
    """RFC 6455 §5.5: at most 125 bytes, and the reason stays UTF-8 when it is cut."""
    assert close_frame(code, reason) == wsproto_server().send(CloseConnection(code, reason))


def test_a_close_frame_may_have_no_code() -> None:
    assert close_frame(NO_STATUS) == b"\x88\x00"


@pytest.mark.parametrize("code", [-1, 0, 999, 1004, 1006, 1015, 2999, 5000, 70_000])
def test_codes_that_no_endpoint_sends_are_refused(code: int) -> None:
    """RFC 6455 §7.4."""
    with pytest.raises(LocalProtocolError):
        close_frame(code)


def test_a_reason_that_is_not_unicode_still_becomes_a_frame() -> None:
    assert close_frame(1000, "\ud800") == b"\x88\x03\x03\xe8?"


def test_a_control_frame_does_not_grow_beyond_125_bytes() -> None:
    """RFC 6455 §5.5."""
    with pytest.raises(LocalProtocolError):
        pong_frame(b"x" * 126)
