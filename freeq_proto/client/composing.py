"""From a text of any length to lines that fit, as the server will relay them: nothing is cut off on the way.

What others receive begins with who we are, which the server adds; so that counts against the length of a line, too.
Lines end where the text has line feeds, and between what readers see as characters, after a word where that is near.
"""

from typing import Final

import attrs

from freeq_proto.client.core import Core
from freeq_proto.client.hearing import CTCP, MULTILINE
from freeq_proto.client.words import UnsayableError
from freeq_proto.irc import NICK_LIMIT, split_text

ACTION: Final = "ACTION "
LONGEST_USERNAME: Final = 18
"""Bytes, where the server does not say (USERLEN): with a ``~``, more than any server in use allows."""
LONGEST_HOST: Final = 63
"""Bytes, where we do not know our host and the server does not say (HOSTLEN)."""
SMALLEST_PIECE: Final = 16
"""Bytes of text that a line must have room for."""


LONGEST_TEXT: Final = 256 << 10
"""Bytes of a text that is said at once: hundreds of lines, which no flood control lets through in less than minutes."""


@attrs.frozen
class Multiline:
    """The limits of draft/multiline."""

    max_bytes: int
    max_lines: int


def check_text(text: str) -> None:
    """Raise UnsayableError for what cannot be said."""
    if "\r" in text or "\0" in text:
        raise UnsayableError("a text holds CR or NUL")
    if not text.replace("\n", ""):
        raise UnsayableError("there is nothing to say")
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise UnsayableError("a text holds a lone surrogate") from None
    if size > LONGEST_TEXT:
        raise UnsayableError(f"a text has {size} of at most {LONGEST_TEXT} bytes")


def budget(core: Core, command: str, target: str, overhead: int = 0) -> int:
    """Bytes of text that one line to ``target`` has room for. Raises UnsayableError where there is next to none."""
    me, features = core.world.me, core.features
    nick = max(len(me.nick.encode()), 1 if me.host else min(features.number("NICKLEN") or NICK_LIMIT, 64))
    username = len(me.username.encode()) if me.host else (features.number("USERLEN") or LONGEST_USERNAME) + len("~")
    host = len(me.host.encode()) if me.host else features.number("HOSTLEN") or LONGEST_HOST
    frame = len(":!@ ") + nick + username + host + len(f"{command} {target} :\r\n".encode())
    room = features.line_length - frame - overhead
    if room < SMALLEST_PIECE:
        raise UnsayableError("the target is too long to say anything to it")
    return room


def lines_of(core: Core, command: str, target: str, text: str, *, action: bool = False) -> list[str]:
    """The texts of the messages that carry ``text``; blank lines are left out, since a server takes none."""
    check_text(text)
    overhead = len(CTCP + ACTION + CTCP) if action else 0
    room = budget(core, command, target, overhead)
    pieces = [piece for line in text.split("\n") for piece in split_text(line, room)]
    return [f"{CTCP}{ACTION}{piece}{CTCP}" for piece in pieces] if action else pieces


def multiline_limits(core: Core, value: str) -> Multiline | None:
    """What the value of the capability allows, or None where multiline cannot be used."""
    if not (core.has(MULTILINE) and core.has("batch")):
        return None
    limits = {}
    for token in value.split(","):
        key, _, number = token.partition("=")
        if number.isascii() and number.isdigit() and len(number) < 10:
            limits[key] = int(number)
    if "max-bytes" not in limits:
        return None
    return Multiline(limits["max-bytes"], max(1, limits.get("max-lines", 100)))


@attrs.frozen
class Line:
    """One line of a multiline message."""

    text: str
    continues: bool
    """Whether it goes on where the one before it ended, without a line feed."""


def multiline_messages(core: Core, target: str, text: str, limits: Multiline) -> list[list[Line]]:
    """The lines of one multiline message, or of several where the limits ask for it.

    A message begins with a line that does not continue, is not blank only, and never ends between pieces of one line
    unless that line alone exceeds the limits.
    """
    check_text(text)
    room = min(budget(core, "PRIVMSG", target), limits.max_bytes)
    if room < SMALLEST_PIECE:
        raise UnsayableError("the server's limit of multiline messages leaves no room")
    messages: list[list[Line]] = [[]]
    size = 0
    for line in text.split("\n"):
        pieces = split_text(line, room) or [""]
        whole = len(line.encode()) + 1
        fits_alone = whole <= limits.max_bytes and len(pieces) <= limits.max_lines
        if fits_alone and not _fits(messages[-1], size, whole, len(pieces), limits):
            messages.append([])
            size = 0
        for index, piece in enumerate(pieces):
            length = len(piece.encode()) + 1
            if not _fits(messages[-1], size, length, 1, limits):
                messages.append([])
                size = 0
            messages[-1].append(Line(piece, continues=index > 0 and bool(messages[-1])))
            size += length
    return [trimmed for message in messages if (trimmed := _without_blank_ends(message))]


def _fits(message: list[Line], size: int, length: int, lines: int, limits: Multiline) -> bool:
    return len(message) + lines <= limits.max_lines and size + length <= limits.max_bytes + 1


def _without_blank_ends(message: list[Line]) -> list[Line]:
    """Drop messages of nothing but blank lines: they may not be sent."""
    return message if any(line.text for line in message) else []
