"""Names: folding, and what may be one."""

import pytest

from freeq_proto.irc import (
    CHANNEL_LIMIT,
    NICK_LIMIT,
    USERNAME_LIMIT,
    Folded,
    fold,
    is_channel_name,
    is_nick,
    is_username,
    lower_ascii,
)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Dan", b"dan"),
        ("AZaz09", b"azaz09"),
        ("[]\\^", b"[]\\^"),  # CASEMAPPING=rfc1459 would change these
        ("#ÄÖ", "#ÄÖ".encode()),
        ("#İK", "#İk".encode()),  # a dotted capital I stays; the K is an ASCII one
        ("#\u212a", "#\u212a".encode()),  # KELVIN SIGN, whose Unicode lower case is an ASCII k
        ("", b""),
    ],
)
def test_only_ascii_letters_are_folded(text: str, folded: bytes) -> None:
    """Modern IRC, RPL_ISUPPORT CASEMAPPING: ascii."""
    assert fold(text) == folded
    assert lower_ascii(text).encode() == folded


def test_a_folded_name_finds_no_unfolded_one() -> None:
    members: dict[Folded, int] = {fold("Alice"): 1}
    assert fold("aLICE") in members
    unfolded: list[object] = ["alice", "aLICE"]
    assert not [name for name in unfolded if name in members]


@pytest.mark.parametrize("nick", ["a", "Alice", "alice-9", "[a]", "\\`_^{|}", "_", "A" * NICK_LIMIT])
def test_nicks(nick: str) -> None:
    """RFC 2812 §2.3.1."""
    assert is_nick(nick)


@pytest.mark.parametrize(
    "text",
    ["", "9a", "-a", "a b", "a!b", "a@b", "a.b", "#a", "a,b", "a*", "å", "a\n", "a\x00", "~a", "A" * (NICK_LIMIT + 1)],
)
def test_no_nicks(text: str) -> None:
    assert not is_nick(text)


@pytest.mark.parametrize("name", ["#", "#a", "##a", "#æøå", "#日本語", "#a:b", "#" + "é" * 31 + "e"])
def test_channel_names(name: str) -> None:
    """Modern IRC, "Channels"."""
    assert is_channel_name(name)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "&a",
        "#a b",
        "#a,b",
        "#\x07",
        "#\x1f",
        "#\x7f",
        "#\x00",
        "#a\n",
        "#a\r",
        "#\x85",
        "#\ud800",
        "#" + "é" * 32,
    ],
)
def test_no_channel_names(text: str) -> None:
    assert not is_channel_name(text)


def test_the_limit_of_a_channel_name_is_in_bytes() -> None:
    assert is_channel_name("#" + "a" * (CHANNEL_LIMIT - 1))
    assert not is_channel_name("#" + "a" * CHANNEL_LIMIT)
    assert not is_channel_name("#" + "é" * (CHANNEL_LIMIT // 2))


@pytest.mark.parametrize("text", ["a", "~alice", "a.b-c_d", "0", "a" * USERNAME_LIMIT])
def test_usernames(text: str) -> None:
    assert is_username(text)


@pytest.mark.parametrize("text", ["", "~", "a~", "a b", "a@b", "a!b", "é", "a\n", "a" * (USERNAME_LIMIT + 1)])
def test_no_usernames(text: str) -> None:
    assert not is_username(text)
