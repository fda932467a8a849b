"""Masks: names with the wildcards ``*`` and ``?`` (Modern IRC, "Wildcard Expressions").

Theory of operation. A matcher that backtracks can be made to work for ever (``*a*a*a*b`` against ``aaaa…``), so this
one does not. It is an automaton whose set of states is the bits of one integer: bit ``i`` says that the first ``i``
tokens of the mask (stars not counted) can match what was read so far. One character of the text moves all states:

- a state whose next token accepts the character moves on: ``(states & accepts[character]) << 1``;
- a state at which the mask has a star may stay: ``states & stars``.

The text matches if the last state is reached when it ends. The bound: one step for each character of the text, and each
step is four operations on integers of as many bits as the mask has tokens. What the mask holds decides nothing.

A backslash is an ordinary character: nicks may hold it, so no character of a mask can be escaped.
"""

import re
from collections.abc import Mapping
from typing import Final, Self

import attrs

from freeq_proto.irc.folding import lower_ascii

MASK_LIMIT: Final = 200
"""Bytes of UTF-8 of the longest mask that is worth keeping. Callers check it; a longer one compiles too."""

_STARS: Final = re.compile(r"\*{2,}")


@attrs.frozen
class Mask:
    """A compiled mask. Two are equal if they match the same way: if their folded, collapsed texts are equal."""

    text: str
    """As compiled: folded, and with ``**`` collapsed."""
    _suffix: str = attrs.field(eq=False, repr=False)
    """What follows the last wildcard: it refuses most texts at once."""
    _accepts: Mapping[str, int] = attrs.field(eq=False, repr=False)
    _accepts_any: int = attrs.field(eq=False, repr=False)
    _stars: int = attrs.field(eq=False, repr=False)
    _final: int = attrs.field(eq=False, repr=False)

    @classmethod
    def compile(cls, text: str) -> Self:
        """Compile ``text``; every text is a mask. Meant for at most ``MASK_LIMIT`` bytes: the cost is quadratic."""
        text = collapse_stars(lower_ascii(text))
        literals: dict[str, int] = {}
        accepts_any = stars = 0
        final = 1
        for token in text:
            if token == "*":
                stars |= final
                continue
            if token == "?":
                accepts_any |= final
            else:
                literals[token] = literals.get(token, 0) | final
            final <<= 1
        accepts = {token: states | accepts_any for token, states in literals.items()}
        suffix = text[max(text.rfind("*"), text.rfind("?")) + 1 :]
        return cls(text, suffix, accepts, accepts_any, stars, final)

    def matches(self, text: str) -> bool:
        """Whether the mask matches the whole of ``text``, whose ASCII letters are folded first.

        ``?`` is one character (a code point), not one byte.
        """
        text = lower_ascii(text)
        if not text.endswith(self._suffix):
            return False
        accepts, accepts_any, stars = self._accepts, self._accepts_any, self._stars
        states = 1
        for character in text:
            states = ((states & accepts.get(character, accepts_any)) << 1) | (states & stars)
            if not states:
                return False
        return states & self._final != 0


def collapse_stars(text: str) -> str:
    """Replace every run of ``*`` by one: it matches the same."""
    return _STARS.sub("*", text)


def canonical_hostmask(text: str) -> str:
    """Complete ``text`` to ``nick!user@host``; a missing or empty part becomes ``*``, and runs of ``*`` are collapsed.

    ``nick`` becomes ``nick!*@*``, ``user@host`` becomes ``*!user@host``, ``nick!user`` becomes ``nick!user@*``. Total
    and idempotent; the case is kept.
    """
    before_host, has_host, host = text.partition("@")
    nick, has_user, user = before_host.partition("!")
    if has_host and not has_user:
        nick, user = "", before_host
    return collapse_stars(f"{nick or '*'}!{user or '*'}@{host or '*'}")


def split_hostmask(text: str) -> tuple[str, str, str]:
    """Split a message's source into nick, username and host; what is missing is ``""``.

    A source without ``!`` and ``@`` may be a server's name as well as a nick: the grammar cannot tell.
    """
    before_host, _, host = text.partition("@")
    nick, _, user = before_host.partition("!")
    return nick, user, host
