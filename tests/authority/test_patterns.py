"""Whom a list entry means: hostmasks, and accounts by extended ban."""

import attrs
import pytest

from freeq_proto.authority import Pattern, Principal, PrincipalId, guest, is_guest

DID = "did:plc:abc"
SIGNED_IN = Principal(PrincipalId(DID), "Nick!~user@x7.y8.z9.cloak", DID)
AS_GUEST = attrs.evolve(SIGNED_IN, id=guest("z6Mk", 3, 14), account=None)


@pytest.mark.parametrize(
    ("text", "canonical", "key"),
    [
        ("nick", "nick!*@*", "nick!*@*"),
        ("Nick", "Nick!*@*", "nick!*@*"),
        ("*@host", "*!*@host", "*!*@host"),
        ("nick!user", "nick!user@*", "nick!user@*"),
        ("a**b", "a*b!*@*", "a*b!*@*"),
        ("~a:did:plc:X", "~a:did:plc:X", "~a:did:plc:X"),
        ("~a:did:plc:X*", "~a:did:plc:X*", "~a:did:plc:x*"),
        ("~account:did:plc:x", "~a:did:plc:x", "~a:did:plc:x"),
        (DID, f"~a:{DID}", f"~a:{DID}"),
        ("~A:x", "~A:x!*@*", "~a:x!*@*"),
        ("~a:", "~a:", "~a:"),
    ],
)
def test_every_text_is_some_pattern(text: str, canonical: str, key: str) -> None:
    pattern = Pattern.parse(text)
    assert (pattern.text, pattern.key) == (canonical, key)
    assert Pattern.parse(canonical) == pattern


@pytest.mark.parametrize(
    ("text", "signed_in", "as_guest"),
    [
        ("nick", True, True),
        ("NICK!~USER@*", True, True),
        ("*!*@*.y8.z9.cloak", True, True),
        ("?ick", True, True),
        ("nic", False, False),
        ("*", True, True),
        (DID, True, False),
        ("~a:did:plc:*", True, False),
        ("~account:*", True, False),
        ("~a:did:plc:other", False, False),
        ("~a:", False, False),
        ("~a:did:plc:ABC", False, False),
        ("DID:plc:abc", False, False),
        ("did:plc:ABC", False, False),
        ("~a:did:plc:AB?", True, False),
        ("~x:unknown", False, False),
    ],
)
def test_whom_a_pattern_means(text: str, signed_in: bool, as_guest: bool) -> None:
    pattern = Pattern.parse(text)
    assert pattern.matches(SIGNED_IN) is signed_in
    assert pattern.matches(AS_GUEST) is as_guest


def test_a_did_is_compared_letter_for_letter() -> None:
    """https://www.w3.org/TR/did-1.0/#did-syntax: DIDs that differ in case are two; a list holds both."""
    web = Principal(PrincipalId("did:web:x.example:Bob"), "Nick!~user@x7.y8.z9.cloak", "did:web:x.example:Bob")
    assert Pattern.parse("did:web:x.example:Bob").matches(web)
    assert not Pattern.parse("~a:did:web:x.example:bob").matches(web)
    assert Pattern.parse("did:web:x.example:Bob").key != Pattern.parse("did:web:x.example:bob").key


def test_patterns_are_equal_when_they_mean_and_read_the_same() -> None:
    assert Pattern.parse("nick") == Pattern.parse("nick!*@*")
    assert Pattern.parse("did:plc:x") == Pattern.parse("~a:did:plc:x")
    assert Pattern.parse("did:plc:x").key != Pattern.parse("did:plc:x!*@*x").key


def test_a_guest_is_one_session_of_one_server() -> None:
    assert guest("z6Mk", 3, 14) == "guest:z6Mk/3.14"
    assert is_guest(guest("z6Mk", 3, 14))
