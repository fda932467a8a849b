"""When two names are one: ASCII folding, and what a nick, a channel name and a username may be.

The limits are part of the rules that every server of a network shares, so they are constants and not configuration.
Lengths are bytes of UTF-8.
"""

import re
from typing import Final, NewType

Folded = NewType("Folded", bytes)
"""A name made ready for comparison and look-up, by ``fold`` alone.

It is bytes so that it can neither equal nor look up a name that was not folded: ``mypy --strict`` refuses to compare it
with a ``str``, and a mapping keyed by it finds nothing for one.
"""

NICK_LIMIT: Final = 31
CHANNEL_LIMIT: Final = 64
"""Includes the ``#``."""
USERNAME_LIMIT: Final = 10
HOST_LIMIT: Final = 63
"""Of a cloak or a server's name."""
CHANNEL_PREFIX: Final = "#"
"""The one type of channel (``CHANTYPES``)."""

_ASCII_UPPER_TO_LOWER: Final = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
_NICK: Final = re.compile(r"[A-Za-z\[\]\\`_^{|}][A-Za-z0-9\[\]\\`_^{|}-]*")
_CHANNEL: Final = re.compile(r"#[^\x00-\x20,\x7f]*")
_USERNAME: Final = re.compile(r"~?[A-Za-z0-9._-]+")


def fold(text: str) -> Folded:
    """Fold ``text`` as ``CASEMAPPING=ascii`` says: A to Z become a to z, and nothing else changes.

    Total on every ``str`` that strict UTF-8 decoding gave; a lone surrogate raises ``UnicodeEncodeError``.
    """
    return Folded(text.encode().lower())


def lower_ascii(text: str) -> str:
    """Fold ``text`` and keep it text: for matching by characters where ``fold`` would match by bytes."""
    return text.lower() if text.isascii() else text.translate(_ASCII_UPPER_TO_LOWER)


def is_nick(text: str) -> bool:
    """Whether ``text`` may be a nick: ASCII letters, digits, ``-`` and the specials of RFC 2812 §2.3.1, at most
    ``NICK_LIMIT`` of them, the first neither digit nor ``-``.
    """
    return len(text) <= NICK_LIMIT and _NICK.fullmatch(text) is not None


def is_channel_name(text: str) -> bool:
    """Whether ``text`` may name a channel: ``#``, then UTF-8 without control character, space or comma.

    At most ``CHANNEL_LIMIT`` bytes. ``#`` alone is a channel, as on most servers. The C1 controls (U+0080 to U+009F)
    are refused too, and so is what UTF-8 cannot carry.
    """
    if len(text) > CHANNEL_LIMIT or _CHANNEL.fullmatch(text) is None:
        return False
    return text.isascii() or _is_short_utf8(text)


def is_username(text: str) -> bool:
    """Whether ``text`` may stand between ``!`` and ``@``: ASCII letters, digits, ``.``, ``_`` and ``-``, at most
    ``USERNAME_LIMIT``, after one optional ``~``.
    """
    return len(text) <= USERNAME_LIMIT and _USERNAME.fullmatch(text) is not None


def _is_short_utf8(text: str) -> bool:
    if any("\x80" <= character <= "\x9f" or "\ud800" <= character <= "\udfff" for character in text):
        return False
    return len(text.encode()) <= CHANNEL_LIMIT
