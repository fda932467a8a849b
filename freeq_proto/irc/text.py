"""Text that must fit: cutting at a number of bytes without breaking what a reader sees."""

import unicodedata
from typing import Final

_ZERO_WIDTH_JOINER: Final = "\u200d"


def truncate(text: str, limit: int) -> str:
    """Cut ``text`` to at most ``limit`` bytes of UTF-8.

    Never splits a character, and cuts before a base character rather than between it and its combining marks, its
    variation selector or what a ZERO WIDTH JOINER ties to it. Only where nothing would be left (a base with more marks
    than fit) it cuts among the marks. ``limit`` is not negative. A lone surrogate raises ``UnicodeEncodeError``.
    """
    encoded = text.encode()
    if len(encoded) <= limit:
        return text
    fitting = encoded[:limit].decode(errors="ignore")  # what is ignored is the one character that was split
    end = len(fitting)
    while end and _joined(text[end - 1], text[end]):
        end -= 1
    return fitting[:end] or fitting


def _joined(before: str, after: str) -> bool:
    """Whether a reader sees two neighbours as one."""
    return after == _ZERO_WIDTH_JOINER or before == _ZERO_WIDTH_JOINER or unicodedata.category(after).startswith("M")
