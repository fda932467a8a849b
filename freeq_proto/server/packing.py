"""Many short words in few lines: what a reply lists, cut where a line is full."""

from collections.abc import Iterable, Iterator
from typing import Final

PACKED_BYTES: Final = 370
"""Bytes of a list that leave room for the longest source, numeric, client and one more name on a line of 510."""


def pack(words: Iterable[str], separator: str = " ", limit: int = PACKED_BYTES) -> Iterator[str]:
    """Join ``words`` by ``separator`` (ASCII) into texts of at most ``limit`` bytes of UTF-8.

    A longer word is a text of its own. No words, no text.
    """
    line: list[str] = []
    size = 0
    for word in words:
        length = len(word.encode()) + len(separator)
        if line and size + length > limit + len(separator):
            yield separator.join(line)
            line.clear()
            size = 0
        line.append(word)
        size += length
    if line:
        yield separator.join(line)
