"""https://atproto.com/specs/handle, "Handle Identifier Syntax" and its examples."""

import pytest

from freeq_proto.identity import InvalidHandleError, may_resolve, parse_handle

VALID = [
    "jay.bsky.social",
    "8.cn",
    "name.t--t",
    "XX.LCS.MIT.EDU",
    "a.co",
    "xn--notarealidn.com",
    "xn--fiqa61au8b7zsevnm8ak20mc4a87e.xn--fiqs8s",
    "xn--ls8h.test",
    "example.t",
    "a" * 63 + ".example",
    ".".join(["a" * 61] * 4) + ".abcde",
]

INVALID = [
    "",
    "jo@hn.test",
    "\U0001f4a9.test",
    "john..test",
    "xn--bcher-.tld",
    "john.0",
    "cn.8",
    "www.masełkowski.pl.com",
    "org",
    "name.org.",
    ".name.org",
    "@alice.example.org",
    "alice.example.org\n",
    "alice_b.example.org",
    "-alice.example.org",
    "alice.example.org:80",
    "a" * 64 + ".example",
    "a." * 126 + "abc",
    "ALICE.EXAMPLE.\u212a",  # the Kelvin sign, which is a k in lower case
]


@pytest.mark.parametrize("text", VALID)
def test_valid_handles(text: str) -> None:
    assert parse_handle(text) == text.lower()


@pytest.mark.parametrize("text", INVALID)
def test_invalid_handles(text: str) -> None:
    with pytest.raises(InvalidHandleError):
        parse_handle(text)


@pytest.mark.parametrize(
    ("handle", "public", "private"),
    [
        ("alice.bsky.social", True, True),
        ("alice.test", False, True),
        ("laptop.local", False, True),
        ("blah.arpa", False, False),
        ("handle.invalid", False, False),
        ("alice.onion", False, False),
        ("test.example.org", True, True),
    ],
)
def test_names_that_nobody_can_own(handle: str, public: bool, private: bool) -> None:
    """ "Additional non-syntax restrictions": reserved top-level domains; ``.test`` is for development."""
    assert may_resolve(parse_handle(handle), private_network=False) is public
    assert may_resolve(parse_handle(handle), private_network=True) is private
