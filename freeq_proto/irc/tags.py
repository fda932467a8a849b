"""The tags of a message: escaping, splitting, joining (IRCv3 message-tags)."""

import re
from collections.abc import Mapping
from typing import Final

from freeq_proto.boundary import LocalProtocolError

CLIENT_ONLY_PREFIX: Final = "+"

_ESCAPES: Final = {";": "\\:", " ": "\\s", "\\": "\\\\", "\r": "\\r", "\n": "\\n"}
_UNESCAPES: Final = {escape[1]: character for character, escape in _ESCAPES.items()}
_ESCAPE_TABLE: Final = str.maketrans(_ESCAPES)

_NEEDS_ESCAPE: Final = re.compile(r"[; \\\r\n]")
_ESCAPE_SEQUENCE: Final = re.compile(r"\\(.?)", re.DOTALL)
_ENDS_A_KEY: Final = re.compile(r"[=; \0\r\n]")
_KEY: Final = re.compile(r"\+?(?:[A-Za-z0-9.-]+/)?[A-Za-z0-9-]+")


class UnrepresentableError(LocalProtocolError):
    """Something that no line can carry was to be written."""


def escape_value(value: str) -> str:
    """Escape ``;``, SPACE, backslash, CR and LF. NUL has no escape, and is left for the caller to refuse."""
    return value.translate(_ESCAPE_TABLE) if _NEEDS_ESCAPE.search(value) else value


def unescape_value(value: str) -> str:
    """Undo ``escape_value``. A backslash before any other character vanishes, as does a lone one at the end."""
    return _ESCAPE_SEQUENCE.sub(_unescape_one, value) if "\\" in value else value


def parse_tags(text: str) -> dict[str, str]:
    """Split what stands between ``@`` and the first SPACE; a tag without a value has the value ``""``.

    Of a repeated key the last counts. Keys are opaque, so one outside the grammar is kept (``is_valid_key`` tells);
    a tag with an empty key is dropped. Total.
    """
    tags = {}
    escaped = "\\" in text
    for tag in text.split(";"):
        key, _, value = tag.partition("=")
        tags[key] = unescape_value(value) if escaped else value
    tags.pop("", None)
    return tags


def format_tags(tags: Mapping[str, str]) -> str:
    """Join ``tags`` in their order, without the ``@``; an empty value is left out together with its ``=``.

    Whatever ``parse_tags`` returns can be joined again. Raises ``UnrepresentableError`` for a key that is empty or
    holds ``=``, ``;``, SPACE, NUL, CR or LF, and for a value that holds NUL.
    """
    if "" in tags or _ENDS_A_KEY.search("".join(tags)):
        raise UnrepresentableError("a tag key is empty or holds a character that would end it")
    text = ";".join([f"{key}={escape_value(value)}" if value else key for key, value in tags.items()])
    if "\0" in text:
        raise UnrepresentableError("a tag value holds NUL")
    return text


def is_valid_key(key: str) -> bool:
    """Whether ``key`` keeps to the grammar: ``[+][vendor/]`` and ASCII letters, digits and hyphens."""
    return _KEY.fullmatch(key) is not None


def is_client_only(key: str) -> bool:
    """Whether a tag is a client's own, which servers relay as it is and never believe."""
    return key.startswith(CLIENT_ONLY_PREFIX)


def _unescape_one(sequence: re.Match[str]) -> str:
    character = sequence[1]
    return _UNESCAPES.get(character, character)
