"""Lists of words in CAP messages.

https://ircv3.net/specs/extensions/capability-negotiation#multiline-replies-to-cap-ls-and-cap-list
"""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freeq_proto.caps.lists import MESSAGE_BYTES, fits, packed, reply, words

WORDS = st.lists(st.text(alphabet="abcdefgh/=-", min_size=1, max_size=120), max_size=40)


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        (["a b"], ["a", "b"]),
        (["a", "b c"], ["a", "b", "c"]),
        ([" a  b "], ["a", "b"]),
        ([""], []),
        ([], []),
        (["a\x1fb\tc"], ["a\x1fb\tc"]),
    ],
)
def test_words_are_separated_by_spaces_alone(parameters: list[str], expected: list[str]) -> None:
    assert words(parameters) == expected


def test_a_message_fits_to_the_byte() -> None:
    line = f":{63 * 's'} CAP {31 * 'n'} LS :"
    room = 510 - len(line)
    assert fits(["LS", room * "x"])
    assert not fits(["LS", (room + 1) * "x"])
    assert not fits(["LS", room * "é"])


def test_no_words_make_one_message_with_an_empty_list() -> None:
    # "If no capabilities are available, an empty parameter MUST be sent."
    assert packed(["REQ"], []) == [["REQ", ""]]
    assert reply("LS", []) == [["LS", ""]]


def test_what_fits_one_line_is_one_line_without_an_asterisk() -> None:
    room = MESSAGE_BYTES - len("LS :")
    assert reply("LS", ["a" * (room - 2), "b"]) == [["LS", "a" * (room - 2) + " b"]]
    assert [message[:-1] for message in reply("LS", ["a" * (room - 1), "b"])] == [["LS", "*"], ["LS"]]


@given(WORDS)
def test_a_reply_loses_nothing_and_every_line_fits(listed: list[str]) -> None:
    messages = reply("LIST", listed)
    assert [word for message in messages for word in words(message[-1:])] == listed
    assert all(fits(message) for message in messages)
    assert all(message[:-1] == ["LIST", "*"] for message in messages[:-1])
    assert messages[-1][:-1] == ["LIST"]


@given(WORDS)
def test_no_two_neighbours_would_have_fitted_one_line(listed: list[str]) -> None:
    messages = packed(["NEW"], listed)
    for one, other in pairwise(messages):
        assert not fits([*one, words(other[-1:])[0]])
