"""How lines become bytes, one framing per transport; its number is part of a session's wire class."""

from collections.abc import Sequence
from typing import Final

from freeq_proto.web import binary_frame, text_frame

RAW: Final = 0
TEXT_FRAMES: Final = 1
BINARY_FRAMES: Final = 2


def _raw(lines: Sequence[str]) -> bytes:
    return ("\r\n".join(lines) + "\r\n").encode()


def _text(lines: Sequence[str]) -> bytes:
    return b"".join([text_frame(line.encode()) for line in lines])


def _binary(lines: Sequence[str]) -> bytes:
    return b"".join([binary_frame(line.encode()) for line in lines])


FRAMES: Final = (_raw, _text, _binary)
"""By transport number. A WebSocket message carries one line without CR LF."""
