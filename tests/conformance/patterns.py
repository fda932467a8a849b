"""What a transcript says of one line: literal text with placeholders, compared as an IRC message and not as bytes.

A line and its pattern are equal if their tags, source, command and parameters are. The order of tags means nothing, and
neither does the colon before a last parameter that needs none; where a specification leaves the order of a list open
(:data:`UNORDERED`), its words are compared in any order. The lines are cut by irctokens, which is nobody's of this
project.

Placeholders: a kind (:data:`KINDS`), such as ``<number>``; ``<kind:name>``, which remembers what it stood for;
``<name>``, what was remembered; ``<NAME.did>``, the DID of the client NAME; ``<a*400>``, a character many times; and
``<0x01>``, a byte. A pattern's last parameter ``<*>`` stands for all that is left, however many parameters that is.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from irctokens.line import Line, tokenise

SERVER: Final = "irc.example.org"
"""The server of all transcripts: what ``<server>`` stands for."""

KINDS: Final[Mapping[str, str]] = {
    "*": r".*",
    "text": r".+",
    "word": r"[^ ]+",
    "host": r"[^ !@]+",
    "number": r"[0-9]+",
    "time": r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z",
    "msgid": r"[^ ;:]+",
    "batch": r"[^ ;:]+",
    "base64": r"[A-Za-z0-9+/=_-]+",
}
"""Placeholders that stand for something of this form."""

UNORDERED: Final[Mapping[str, str]] = {
    "302": " ",
    "303": " ",
    "319": " ",
    "353": " ",
    "730": ",",
    "731": ",",
    "732": ",",
}
"""Numerics whose last parameter is a list without an order, and what stands between its words."""

_PLACEHOLDER: Final = re.compile(r"<([*]|[A-Za-z0-9]+[.]did|[a-z0-9]+(?::[a-z0-9]+)?)>")
_REPEATED: Final = re.compile(r"<(.)\*([0-9]+)>")
_BYTE: Final = re.compile(r"<0x([0-9a-f]{2})>")


class PatternError(ValueError):
    """A placeholder that means nothing."""


class MismatchError(Exception):
    """A line that is not what its pattern says."""


def check_text(text: str, known: set[str]) -> None:
    """Raise :class:`PatternError` if ``text``, to be sent, has a placeholder that is not among the ``known``."""
    for kind, name in _placeholders(text):
        if kind not in ("answer", "forgery") and (name or kind) not in known | {"server"}:
            raise PatternError(f"nothing is remembered as <{kind}>")
        if kind in ("answer", "forgery") and name not in known:
            raise PatternError(f"there is no challenge <{name}>")


def check_pattern(pattern: str, known: set[str]) -> set[str]:
    """The names that ``pattern`` remembers. Raises :class:`PatternError` for an unknown placeholder."""
    new: set[str] = set()
    for kind, name in _placeholders(pattern):
        if name:
            if kind not in KINDS:
                raise PatternError(f"there is no kind {kind!r}")
            new.add(name)
        elif kind not in KINDS and kind != "server" and kind not in known | new:
            raise PatternError(f"nothing is remembered as <{kind}>")
    return new


def _placeholders(text: str) -> Iterator[tuple[str, str]]:
    for match in _PLACEHOLDER.finditer(_BYTE.sub("", _REPEATED.sub("", text))):
        kind, _, name = match[1].partition(":")
        yield kind, name


def fill_in(text: str, variables: Mapping[str, str]) -> bytes:
    """What a client sends where a transcript says ``text``."""
    text = _REPEATED.sub(lambda match: match[1] * int(match[2]), text)
    text = _PLACEHOLDER.sub(
        lambda match: match[0] if _BYTE.fullmatch(match[0]) else {"server": SERVER, **variables}[match[1]], text
    )
    parts = _BYTE.split(text)
    return b"".join(bytes([int(part, 16)]) if index % 2 else part.encode() for index, part in enumerate(parts))


def match_line(pattern: str, line: str, variables: Mapping[str, str]) -> dict[str, str]:
    """What ``pattern`` remembers of ``line``. Raises :class:`MismatchError` if they are not equal."""
    remembered = dict(variables)
    wanted, found = _tokens(_characters(pattern)), _tokens(line)
    wanted_tags, found_tags = wanted.tags or {}, found.tags or {}
    if wanted_tags.keys() != found_tags.keys():
        raise MismatchError(f"tags {sorted(found_tags)}")
    for key, value in wanted_tags.items():
        _match_words([value], [found_tags[key]], remembered)
    _match_words([wanted.source or ""], [found.source or ""], remembered)
    _match_words([wanted.command], [found.command], remembered)
    _match_params(wanted, found, remembered)
    return {name: value for name, value in remembered.items() if name not in variables}


def _tokens(line: str) -> Line:
    try:
        return tokenise(line)
    except ValueError as error:
        raise MismatchError(f"not a message ({error}): {line!r}") from None


def _characters(pattern: str) -> str:
    pattern = _REPEATED.sub(lambda match: match[1] * int(match[2]), pattern)
    return _BYTE.sub(lambda match: chr(int(match[1], 16)), pattern)


def _match_params(wanted: Line, found: Line, remembered: dict[str, str]) -> None:
    patterns, params = list(wanted.params), list(found.params)
    separator = UNORDERED.get(wanted.command)
    if separator and patterns and params and patterns[-1] not in ("<*>", "<text>"):
        _match_in_any_order(
            [word for word in patterns.pop().split(separator) if word],
            [word for word in params.pop().split(separator) if word],
            remembered,
        )
    if patterns and patterns[-1] == "<*>":
        patterns.pop()
        params = params[: len(patterns)]
    _match_words(patterns, params, remembered)


def _match_words(patterns: Sequence[str], words: Sequence[str], remembered: dict[str, str]) -> None:
    if len(patterns) != len(words):
        raise MismatchError(f"{len(words)} parameters, not {len(patterns)}")
    for pattern, word in zip(patterns, words, strict=True):
        expression, names = _expression(pattern, remembered)
        match = re.fullmatch(expression, word, re.DOTALL)
        if match is None:
            raise MismatchError(f"{word!r} is not {pattern!r}")
        remembered.update(zip(names, match.groups(), strict=True))


def _match_in_any_order(patterns: Sequence[str], words: Sequence[str], remembered: dict[str, str]) -> None:
    left = list(words)
    for pattern in patterns:
        expression, _ = _expression(pattern, remembered)
        chosen = next((word for word in left if re.fullmatch(expression, word)), None)
        if chosen is None:
            raise MismatchError(f"no {pattern!r} in {words}")
        left.remove(chosen)
    if left:
        raise MismatchError(f"{left} besides {patterns}")


def _expression(pattern: str, remembered: Mapping[str, str]) -> tuple[str, list[str]]:
    """A regular expression with one group for each name that is to be remembered, and those names."""
    names: list[str] = []
    parts = []
    position = 0
    for match in _PLACEHOLDER.finditer(pattern):
        parts.append(re.escape(pattern[position : match.start()]))
        parts.append(_placeholder(match[1], remembered, names.append))
        position = match.end()
    parts.append(re.escape(pattern[position:]))
    return "".join(parts), names


def _placeholder(text: str, remembered: Mapping[str, str], remember: Callable[[str], None]) -> str:
    kind, _, name = text.partition(":")
    if name:
        remember(name)
        return f"({KINDS[kind]})"
    if kind == "server":
        return re.escape(SERVER)
    if kind in KINDS:
        return KINDS[kind]
    return re.escape(remembered[kind])
