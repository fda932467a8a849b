"""What the server says it can do (ISUPPORT), read once and asked often.

Everything has the value that Modern IRC gives to what is not said. A token that cannot be read counts as not said.
"""

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

import attrs

from freeq_proto.irc import BODY_LIMIT, ModeKind, lower_ascii, parse_isupport

Fold: TypeAlias = Callable[[str], str]
"""Makes names equal that the server takes for one."""

_RFC1459_STRICT: Final = str.maketrans({chr(code): chr(code + 32) for code in range(ord("A"), ord("]") + 1)})
_RFC1459: Final = str.maketrans({chr(code): chr(code + 32) for code in range(ord("A"), ord("^") + 1)})


def fold_rfc1459(text: str) -> str:
    r"""Fold ``A-Z[]\^`` to ``a-z{}|~``."""
    return text.translate(_RFC1459)


def fold_rfc1459_strict(text: str) -> str:
    r"""Fold ``A-Z[]\`` to ``a-z{}|``."""
    return text.translate(_RFC1459_STRICT)


CASEMAPPINGS: Final[Mapping[str, Fold]] = {
    "ascii": lower_ascii,
    "rfc1459": fold_rfc1459,
    "rfc1459-strict": fold_rfc1459_strict,
    "strict-rfc1459": fold_rfc1459_strict,
    "rfc3454": str.casefold,
    "rfc7613": str.casefold,
    "rfc8265": str.casefold,
}
MAX_LINE_LENGTH: Final = 16_384
"""Bytes beyond which a LINELEN is not believed."""

_CASEMAPPING: Final = "CASEMAPPING"
_DEFAULT_PREFIXES: Final = {"o": "@", "v": "+"}
_DEFAULT_CHANMODES: Final = "beI,k,l,imnpst"
_KINDS: Final = (ModeKind.LIST, ModeKind.SETTING, ModeKind.LIMIT, ModeKind.FLAG)


@attrs.define
class Features:
    """The ISUPPORT of one connection."""

    tokens: dict[str, str | None] = attrs.field(factory=dict, init=False)
    """As sent; None for a token without a value."""
    fold: Fold = attrs.field(default=fold_rfc1459, init=False)
    prefixes: Mapping[str, str] = attrs.field(factory=lambda: dict(_DEFAULT_PREFIXES), init=False)
    """What stands before a member's nick, by mode letter, highest rank first."""
    channel_modes: Mapping[str, ModeKind] = attrs.field(init=False)
    """All of them, with those that rank members."""
    channel_types: str = attrs.field(default="#&", init=False)
    status_prefixes: str = attrs.field(default="", init=False)
    """What may stand before a channel as a target: only members of that rank hear it."""
    line_length: int = attrs.field(default=BODY_LIMIT, init=False)
    """Bytes of a line without its tags, with CR LF."""

    def __attrs_post_init__(self) -> None:
        self._read()

    def learn(self, params: list[str], limit: int, *, settled: bool = False) -> None:
        """Take in one 005 line; ``limit`` tokens are kept.

        The first CASEMAPPING counts, and none once we are registered (``settled``): names that are equal stay so.
        """
        for name, value in parse_isupport(params).items():
            if name.removeprefix("-") == _CASEMAPPING and (settled or _CASEMAPPING in self.tokens):
                continue
            if name.startswith("-"):
                self.tokens.pop(name[1:], None)
            elif name in self.tokens or len(self.tokens) < limit:
                self.tokens[name] = value
        self._read()

    def _read(self) -> None:
        self.fold = CASEMAPPINGS.get(lower_ascii(self.text(_CASEMAPPING)), fold_rfc1459)
        self.prefixes = self._prefixes()
        self.channel_modes = self._channel_modes()
        # An empty value is a meaning here: a server without channels, or without STATUSMSG.
        self.channel_types = self.text("CHANTYPES") if "CHANTYPES" in self.tokens else "#&"
        self.status_prefixes = self.text("STATUSMSG")
        self.line_length = min(max(self.number("LINELEN") or BODY_LIMIT, BODY_LIMIT), MAX_LINE_LENGTH)

    def _prefixes(self) -> Mapping[str, str]:
        if "PREFIX" not in self.tokens:
            return dict(_DEFAULT_PREFIXES)
        letters, closed, symbols = self.text("PREFIX").removeprefix("(").partition(")")
        if not closed or len(letters) != len(symbols):
            return {} if not letters else dict(_DEFAULT_PREFIXES)
        return dict(zip(letters, symbols, strict=True))

    def _channel_modes(self) -> Mapping[str, ModeKind]:
        groups = (self.text("CHANMODES") or _DEFAULT_CHANMODES).split(",")
        modes = {letter: kind for kind, letters in zip(_KINDS, groups, strict=False) for letter in letters}
        return modes | dict.fromkeys(self.prefixes, ModeKind.PREFIX)

    def text(self, name: str) -> str:
        """The value of a token; "" if it has none or was not sent."""
        return self.tokens.get(name) or ""

    def number(self, name: str) -> int | None:
        """The value of a token as a number, or None."""
        text = self.text(name)
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None

    def has(self, name: str) -> bool:
        """Whether a token was sent."""
        return name in self.tokens

    def is_channel(self, target: str) -> bool:
        """Whether a target is a channel, by its first character."""
        return target[:1] != "" and target[0] in self.channel_types

    def channel_of(self, target: str) -> str | None:
        """The channel that a target is or addresses a part of (STATUSMSG), or None."""
        if self.is_channel(target):
            return target
        rest = target.lstrip(self.status_prefixes) if self.status_prefixes else target
        return rest if rest != target and self.is_channel(rest) else None

    def target_limit(self, command: str) -> int | None:
        """How many targets a command takes at once (TARGMAX), or None for any number."""
        for pair in self.text("TARGMAX").split(","):
            name, _, limit = pair.partition(":")
            if name.upper() == command and limit.isascii() and limit.isdigit() and len(limit) < 10:
                return max(1, int(limit))
        return None
