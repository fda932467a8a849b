"""Names that a program or a server gives, and that we send: one word each, and short enough for any line."""

from typing import Final

from freeq_proto.boundary import LocalProtocolError

LONGEST_NAME: Final = 200
"""Bytes of a channel's name or key, or of a nick, that we would send by ourselves."""
_NEVER: Final = frozenset(" \r\n\0\a")


class UnsayableError(LocalProtocolError):
    """What no message can carry: a text that is empty or holds CR or NUL, a name that is no word."""


def is_word(text: str) -> bool:
    """Whether ``text`` can stand anywhere in a line."""
    return (
        text != "" and text[0] != ":" and _NEVER.isdisjoint(text) and len(text.encode(errors="replace")) <= LONGEST_NAME
    )


def is_channel_word(text: str) -> bool:
    """Whether ``text`` can stand in a list of channels."""
    return is_word(text) and "," not in text


def check_word(text: str, what: str) -> None:
    """Raise UnsayableError unless ``text`` can stand anywhere in a line."""
    if not is_word(text):
        raise UnsayableError(f"{what} is one word of at most {LONGEST_NAME} bytes")
