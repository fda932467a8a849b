"""Framing: lines out of a stream, in every feeding; and the limits."""

from collections.abc import Callable

import pytest

from freeq_proto.irc import (
    AUTHENTICATE_LIMIT,
    BODY_LIMIT,
    CLIENT_TAGS_LIMIT,
    MAX_LINE,
    OVERLONG,
    SERVER_TAGS_LIMIT,
    LineFramer,
    line_fits,
)

LIMIT = 8


def whole(stream: bytes) -> list[bytes]:
    return LineFramer(LIMIT).push(stream)


def byte_by_byte(stream: bytes) -> list[bytes]:
    framer = LineFramer(LIMIT)
    return [line for index in range(len(stream)) for line in framer.push(stream[index : index + 1])]


def with_trailing_data(stream: bytes) -> list[bytes]:
    return LineFramer(LIMIT).push(stream + b"tail")


@pytest.mark.parametrize("feed", [whole, byte_by_byte, with_trailing_data])
@pytest.mark.parametrize(
    ("stream", "lines"),
    [
        (b"", []),
        (b"a\r\n", [b"a"]),
        (b"a\n", [b"a"]),
        (b"a\r\nb\nc\r\n", [b"a", b"b", b"c"]),
        (b"\r\n\n\r\na\r\n", [b"a"]),  # empty lines are ignored
        (b"a\rb\r\n", [b"a\rb"]),  # a bare CR ends nothing
        (b"a\r\r\n", [b"a\r"]),
        (b"\r\r\n", [b"\r"]),
        (b" \n", [b" "]),
        (b"a\x0b\x0c\x1c\x85b\r\n", [b"a\x0b\x0c\x1c\x85b"]),  # nothing else ends a line either
        (b"12345678\r\n", [b"12345678"]),
        (b"12345678\n", [b"12345678"]),
        (b"123456789\r\na\n", [OVERLONG, b"a"]),
        (b"123456789\na\n", [OVERLONG, b"a"]),
        (b"12345678\r\r\na\n", [OVERLONG, b"a"]),
        (b"a\n" + b"x" * 100 + b"\nb\n" + b"y" * 100 + b"\r\nc\n", [b"a", OVERLONG, b"b", OVERLONG, b"c"]),
    ],
)
def test_lines(feed: Callable[[bytes], list[bytes]], stream: bytes, lines: list[bytes]) -> None:
    """Modern IRC, "Message Format": CR LF ends a line, a lone LF is accepted, an empty message is ignored."""
    assert feed(stream) == lines


def test_an_unfinished_line_is_given_up_once_and_not_kept() -> None:
    framer = LineFramer(LIMIT)
    assert framer.push(b"x" * 9) == []  # the ninth byte might have been a CR
    assert framer.push(b"x") == [OVERLONG]
    for _ in range(5):
        assert framer.push(b"x" * 1000) == []
    assert framer.push(b"x\na\n") == [b"a"]


def test_a_line_equal_to_the_sentinel_is_still_a_line() -> None:
    lines = LineFramer().push(OVERLONG + b"\r\n")
    assert lines == [OVERLONG]
    assert lines[0] is not OVERLONG


def test_the_framer_keeps_every_line_that_could_fit() -> None:
    longest = b"@" + b"a" * (SERVER_TAGS_LIMIT - 2) + b" " + b"b" * (BODY_LIMIT - 2)
    assert line_fits(longest, from_client=False, authenticating=False)
    assert LineFramer().push(longest + b"\r\n") == [longest]
    assert LineFramer().push(b"a" * MAX_LINE + b"\r\n") == [b"a" * MAX_LINE]
    assert LineFramer().push(b"a" * (MAX_LINE + 1) + b"\r\n")[0] is OVERLONG


def test_the_rest_of_a_line_has_512_bytes_with_its_terminator() -> None:
    """RFC 1459 §2.3; IRCv3 message-tags, "Size limit"."""
    for tags in (b"", b"@a=b "):
        for from_client in (True, False):
            assert line_fits(tags + b"x" * 510, from_client=from_client, authenticating=False)
            assert not line_fits(tags + b"x" * 511, from_client=from_client, authenticating=False)


@pytest.mark.parametrize(("from_client", "limit"), [(True, CLIENT_TAGS_LIMIT), (False, SERVER_TAGS_LIMIT)])
def test_tags_have_a_limit_of_their_own(from_client: bool, limit: int) -> None:
    """IRCv3 message-tags, "Size limit": with the leading ``@`` and the trailing space."""
    data = b"t" * (limit - 2)
    assert line_fits(b"@" + data + b" " + b"x" * 510, from_client=from_client, authenticating=False)
    assert not line_fits(b"@" + data + b"t PING", from_client=from_client, authenticating=False)
    assert not line_fits(b"@" + data + b"tt", from_client=from_client, authenticating=False)


def test_only_an_authenticate_line_may_be_longer_and_only_while_signing_in() -> None:
    line = b"AUTHENTICATE ".ljust(AUTHENTICATE_LIMIT - 2, b"x")
    for text in (line, line.replace(b"AUTH", b"auth"), b"@label=1 " + line):
        assert line_fits(text, from_client=True, authenticating=True)
        assert not line_fits(text, from_client=True, authenticating=False)
        assert not line_fits(text + b"x", from_client=True, authenticating=True)
    assert not line_fits(b"PRIVMSG #c :".ljust(600, b"x"), from_client=True, authenticating=True)
    assert not line_fits(b"AUTHENTICATES ".ljust(600, b"x"), from_client=True, authenticating=True)


def test_what_was_not_kept_fits_nothing() -> None:
    assert not line_fits(OVERLONG, from_client=True, authenticating=True)
