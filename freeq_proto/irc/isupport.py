"""ISUPPORT: the tokens by which a server tells clients what it can do (Modern IRC, "Feature Advertisement")."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from freeq_proto.irc.folding import HOST_LIMIT, NICK_LIMIT
from freeq_proto.irc.framing import BODY_LIMIT
from freeq_proto.irc.numerics import RPL_ISUPPORT
from freeq_proto.irc.tags import UnrepresentableError

TOKENS_PER_LINE: Final = 13
"""Fifteen parameters, less the nick and the text."""
TOKENS_BUDGET: Final = BODY_LIMIT - len(
    f":{'s' * HOST_LIMIT} {RPL_ISUPPORT.code} {'n' * NICK_LIMIT}  :{RPL_ISUPPORT.text}\r\n"
)
"""Bytes that the tokens of one line may take, with the spaces between them, whatever the server's name and the nick."""
REMOVAL_PREFIX: Final = "-"

_NAME: Final = re.compile(r"-?(?:[a-z0-9.-]+/)?[A-Z0-9_]+")
_MUST_BE_ESCAPED: Final = re.compile(r"[\x00- =\\\x7f]")
_ESCAPE_SEQUENCE: Final = re.compile(r"\\x([0-9A-Fa-f]{2})")


def format_isupport(tokens: Mapping[str, str | None]) -> list[list[str]]:
    """Write ``tokens`` as the parameters of as many 005 lines as they need, without the nick and the final text.

    ``None`` is a token without a value, ``""`` one with an empty value (``KEY=``); a name that starts with ``-`` takes
    a token back and has no value. A name is upper-case; a prefix such as ``draft/`` is not. Raises
    ``UnrepresentableError`` for a bad name, a removal with a value, or a token that is too long for any line.
    """
    lines: list[list[str]] = []
    room = 0
    for token in _format_tokens(tokens):
        size = len(token.encode()) + 1
        if size > TOKENS_BUDGET + 1:
            raise UnrepresentableError("an ISUPPORT token is too long for a line")
        if size > room or len(lines[-1]) == TOKENS_PER_LINE:
            lines.append([])
            room = TOKENS_BUDGET + 1
        lines[-1].append(token)
        room -= size
    return lines


def parse_isupport(params: Sequence[str]) -> dict[str, str | None]:
    """Read the parameters of one 005 line, with the nick at their beginning and the text at their end.

    Returns what ``format_isupport`` takes: ``None`` for a token without a value, and a removed token under its name
    with the ``-`` before it. Of a repeated name the last counts. Total.
    """
    tokens: dict[str, str | None] = {}
    for token in params[1:-1]:
        name, has_value, value = token.partition("=")
        tokens[name] = _unescape(value) if has_value and not name.startswith(REMOVAL_PREFIX) else None
    return tokens


def _format_tokens(tokens: Mapping[str, str | None]) -> Iterator[str]:
    for name, value in tokens.items():
        if not _NAME.fullmatch(name):
            raise UnrepresentableError("the name of an ISUPPORT token is upper-case ASCII letters and digits")
        if value is None:
            yield name
        elif name.startswith(REMOVAL_PREFIX):
            raise UnrepresentableError("a removed ISUPPORT token has no value")
        else:
            yield f"{name}={_escape(value)}"


def _escape(value: str) -> str:
    return _MUST_BE_ESCAPED.sub(lambda match: f"\\x{ord(match[0]):02X}", value)


def _unescape(value: str) -> str:
    """Undo ``_escape``, which escapes ASCII characters only; the escape of any other byte stays as it is."""
    return _ESCAPE_SEQUENCE.sub(_unescape_one, value) if "\\" in value else value


def _unescape_one(sequence: re.Match[str]) -> str:
    code = int(sequence[1], 16)
    return chr(code) if code < 0x80 else sequence[0]
