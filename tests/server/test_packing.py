"""Lists in lines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freeq_proto.irc import HOST_LIMIT, NICK_LIMIT, USERNAME_LIMIT
from freeq_proto.server.packing import PACKED_BYTES, pack


@pytest.mark.parametrize(
    ("words", "lines"),
    [
        ([], []),
        (["a"], ["a"]),
        (["aa", "bb", "cc"], ["aa bb", "cc"]),
        (["aaa", "bb"], ["aaa", "bb"]),
        (["longer-than-five", "b"], ["longer-than-five", "b"]),
        (["é", "é", "é"], ["é é", "é"]),  # bytes of UTF-8, not characters
    ],
)
def test_words_fill_lines(words: list[str], lines: list[str]) -> None:
    assert list(pack(words, limit=5)) == lines


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters=","), min_size=1, max_size=12)))
def test_nothing_is_lost_and_lines_fit(words: list[str]) -> None:
    lines = list(pack(words, ",", limit=12))
    assert [word for line in lines for word in line.split(",")] == words
    assert all(len(line.encode()) <= 12 or "," not in line for line in lines)


def test_the_usual_limit_leaves_room_for_the_rest_of_a_line() -> None:
    """512 bytes with CR LF (RFC 1459 section 2.3); 734 has the longest rest: a limit and a text besides two names."""
    rest = f":{'s' * HOST_LIMIT} 319 {'n' * NICK_LIMIT} {'n' * NICK_LIMIT} :"
    assert len(rest) + PACKED_BYTES <= 510
    rest = f":{'s' * HOST_LIMIT} 734 {'n' * NICK_LIMIT} 100 :Monitor list is full"
    assert len(rest) + PACKED_BYTES <= 510
    assert NICK_LIMIT + USERNAME_LIMIT + HOST_LIMIT + 4 < PACKED_BYTES, "one entry of USERHOST fits"
