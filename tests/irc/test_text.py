"""Cutting text at a number of bytes."""

import pytest

from freeq_proto.irc import truncate


@pytest.mark.parametrize(
    ("text", "limit", "cut"),
    [
        ("", 0, ""),
        ("abc", 3, "abc"),
        ("abc", 2, "ab"),
        ("abc", 0, ""),
        ("aé", 2, "a"),
        ("aé", 3, "aé"),
        ("日本", 5, "日"),
        ("😀", 3, ""),
        ("ae\u0301", 3, "a"),  # e and a combining acute accent go together
        ("ae\u0301", 4, "ae\u0301"),
        ("a\u2764\ufe0f", 4, "a"),  # a heart without its variation selector is another heart
        ("a👩\u200d🚀", 8, "a"),  # a family or a profession is one picture
        ("a👩\u200d🚀", 12, "a👩\u200d🚀"),
        ("e" + "\u0301" * 10, 5, "e\u0301\u0301"),  # nothing would be left: cut among the marks
        ("\u0301\u0301", 2, "\u0301"),
    ],
)
def test_cutting(text: str, limit: int, cut: str) -> None:
    assert truncate(text, limit) == cut
