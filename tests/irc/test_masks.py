"""Masks: what matches, what it costs, and how a hostmask is completed."""

from collections.abc import Mapping

import attrs
import pytest

from freeq_proto.irc import MASK_LIMIT, Mask, canonical_hostmask, split_hostmask


@pytest.mark.parametrize(
    ("mask", "matches", "fails"),
    [
        ("", [""], ["a"]),
        ("*", ["", "a", "ab c"], []),
        ("?", ["a", "?", "*", "é", "日"], ["", "ab"]),
        ("abc", ["abc", "ABC"], ["ab", "abcd", "xabc"]),
        ("a*", ["a", "ab", "a*"], ["", "ba"]),
        ("*a", ["a", "ba", "aa"], ["", "ab"]),
        ("a*c", ["ac", "abc", "acc", "acbc"], ["a", "c", "acb"]),
        ("a?c", ["abc", "a?c"], ["ac", "abbc"]),
        ("*?", ["a", "ab"], [""]),
        ("??*", ["ab", "abc"], ["a"]),
        ("*a*b*", ["ab", "xaxbx", "aab"], ["ba", "a", "b"]),
        ("a**b", ["ab", "axb"], ["a"]),
        ("*!*@10.0.0.?", ["n!u@10.0.0.1"], ["n!u@10.0.0.12", "n!u@10.0.1.1"]),
        ("bad*@*", ["badguy!u@h", "BADGUY!u@h", "bad@h"], ["notbad!u@h", "badguy"]),
        ("bad!?user@*", ["bad!~user@h"], ["bad!user@h", "bad!~~user@h"]),
        ("[b]!*@*", ["[b]!u@h", "[B]!u@h"], ["b!u@h", "{b}!u@h"]),  # no character class, and ascii folding
        ("a\\*", ["a\\", "a\\b"], ["a*"]),  # nothing escapes
        ("a.c", ["a.c"], ["abc"]),
        ("ÄB*", ["Äb", "ÄB!"], ["äb"]),
        ("a\n*", ["a\n", "a\nb"], ["a"]),
    ],
)
def test_matching(mask: str, matches: list[str], fails: list[str]) -> None:
    """Modern IRC, "Wildcard Expressions"."""
    compiled = Mask.compile(mask)
    assert [text for text in matches if not compiled.matches(text)] == []
    assert [text for text in fails if compiled.matches(text)] == []


def test_masks_that_match_alike_are_equal() -> None:
    assert Mask.compile("A**!*@*") == Mask.compile("a*!*@*")
    assert Mask.compile("a!*@*") != Mask.compile("b!*@*")
    assert hash(Mask.compile("A")) == hash(Mask.compile("a"))


class Counting(dict[str, int]):
    """Counts look-ups: the matcher does one in each step."""

    def __init__(self, entries: Mapping[str, int]) -> None:
        super().__init__(entries)
        self.count = 0

    def get(self, key: str, default: int = 0) -> int:  # type: ignore[override]  # the one form that is used
        self.count += 1
        return super().get(key, default)


@pytest.mark.parametrize("tail", ["b", "*", "?", "?b", "b*c"])
def test_a_hostile_mask_costs_one_step_a_character(tail: str) -> None:
    mask = Mask.compile(("*a" * MASK_LIMIT)[: MASK_LIMIT - len(tail) - 1] + "*" + tail)
    text = "a" * 5000 + tail.replace("*", "").replace("?", "x")
    counting = Counting(mask._accepts)
    attrs.evolve(mask, accepts=counting).matches(text)
    assert 0 < counting.count <= len(text)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("nick", "nick!*@*"),
        ("user@host", "*!user@host"),
        ("nick!user", "nick!user@*"),
        ("nick!user@host", "nick!user@host"),
        ("Nick", "Nick!*@*"),
        ("", "*!*@*"),
        ("*", "*!*@*"),
        ("!", "*!*@*"),
        ("@", "*!*@*"),
        ("@host", "*!*@host"),
        ("nick!", "nick!*@*"),
        ("!user", "*!user@*"),
        ("nick!@host", "nick!*@host"),
        ("nick@", "*!nick@*"),
        ("n**k!**@***", "n*k!*@*"),
        ("a@b@c", "*!a@b@c"),
        ("a!b!c@d", "a!b!c@d"),
        ("a@b!c", "*!a@b!c"),
    ],
)
def test_completing_a_hostmask(text: str, canonical: str) -> None:
    assert canonical_hostmask(text) == canonical
    assert canonical_hostmask(canonical) == canonical


@pytest.mark.parametrize(
    ("source", "parts"),
    [
        ("nick", ("nick", "", "")),
        ("nick!user", ("nick", "user", "")),
        ("nick@host", ("nick", "", "host")),
        ("nick!user@host", ("nick", "user", "host")),
        ("nick!~u@h/a:b::1", ("nick", "~u", "h/a:b::1")),
        ("irc.example.net", ("irc.example.net", "", "")),
        ("", ("", "", "")),
    ],
)
def test_splitting_a_source(source: str, parts: tuple[str, str, str]) -> None:
    """Modern IRC, "Source"."""
    assert split_hostmask(source) == parts
