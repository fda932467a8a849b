"""Tags: escaping, splitting, joining (IRCv3 message-tags)."""

import pytest

from freeq_proto.boundary import LocalProtocolError
from freeq_proto.irc import escape_value, format_tags, is_client_only, is_valid_key, parse_tags, unescape_value

ESCAPED = [
    ("", ""),
    ("plain", "plain"),
    ("two words", r"two\swords"),
    ("a;b", r"a\:b"),
    ("\\", r"\\"),
    ("\r\n", r"\r\n"),
    ("\\s", r"\\s"),
    ("\\\\ ;", r"\\\\\s\:"),
    ("+:=,æ", "+:=,æ"),
]


@pytest.mark.parametrize(("value", "escaped"), ESCAPED)
def test_escaping(value: str, escaped: str) -> None:
    """message-tags, "Escaping values"."""
    assert escape_value(value) == escaped
    assert unescape_value(escaped) == value


@pytest.mark.parametrize(
    ("escaped", "value"),
    [
        ("lone\\", "lone"),
        ("\\", ""),
        (r"\1\b", "1b"),
        (r"\\\\", r"\\"),
        (r"\\n", r"\n"),
        (r"\\\n", "\\\n"),
        ("\\é", "é"),
    ],
)
def test_unescaping_what_nobody_should_send(escaped: str, value: str) -> None:
    """message-tags: a lone backslash at the end gives nothing, one before another character vanishes."""
    assert unescape_value(escaped) == value


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("", {}),
        ("a", {"a": ""}),
        ("a=", {"a": ""}),
        ("a=b", {"a": "b"}),
        ("a=b=c", {"a": "b=c"}),
        ("a=b;c;d=e", {"a": "b", "c": "", "d": "e"}),
        ("a=1;b=2;a=3", {"a": "3", "b": "2"}),  # of a repeated key the last counts
        ("a=1;a", {"a": ""}),
        ("x/a=1;a=2", {"x/a": "1", "a": "2"}),  # the vendor is part of an opaque key
        (r"a=\\n;b=\s", {"a": r"\n", "b": " "}),
        (";;a;;", {"a": ""}),
        ("=x;a", {"a": ""}),
        ("+draft/reply=1", {"+draft/reply": "1"}),
        ("b\x1fd=\x1d", {"b\x1fd": "\x1d"}),  # not white space
        ("k_y=1", {"k_y": "1"}),  # outside the grammar, and kept
    ],
)
def test_splitting(text: str, tags: dict[str, str]) -> None:
    """message-tags, "Format"."""
    assert parse_tags(text) == tags


def test_joining_keeps_order_and_leaves_out_empty_values() -> None:
    assert format_tags({"time": "t", "flag": "", "+a/b": "c d"}) == r"time=t;flag;+a/b=c\sd"


@pytest.mark.parametrize(
    "tags", [{"": "a"}, {"a b": ""}, {"a=b": ""}, {"a;b": ""}, {"a\n": ""}, {"a\r": ""}, {"a\0": ""}]
)
def test_keys_that_no_line_can_carry(tags: dict[str, str]) -> None:
    with pytest.raises(LocalProtocolError, match="key"):
        format_tags(tags)


def test_a_value_that_no_line_can_carry() -> None:
    with pytest.raises(LocalProtocolError, match="NUL"):
        format_tags({"a": "\0"})


@pytest.mark.parametrize("key", ["time", "+a", "draft/reply", "+example.com/a-b", "xn--e1afmkfd.org/foo", "9"])
def test_valid_keys(key: str) -> None:
    assert is_valid_key(key)


@pytest.mark.parametrize("key", ["", "+", "a_b", "a b", "/a", "a/", "a/b/c", "++a", "é", "a+", "a\n", "a.b"])
def test_invalid_keys(key: str) -> None:
    assert not is_valid_key(key)


def test_client_only_tags_start_with_a_plus() -> None:
    assert is_client_only("+draft/react")
    assert not is_client_only("draft/react")
