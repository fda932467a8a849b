"""https://atproto.com/specs/did, "AT Protocol DID Identifier Syntax" and its examples."""

import pytest

from freeq_proto.identity import MAX_DID_LENGTH, InvalidDidError, did_method, parse_did

VALID = [
    ("did:plc:z72i7hdynmk6r22z27h6tvur", "plc"),
    ("did:web:blueskyweb.xyz", "web"),
    ("did:web:localhost%3A8080", "web"),
    ("did:method:val:two", "method"),
    ("did:m:v", "m"),
    ("did:method::::val", "method"),
    ("did:method:-:_:.", "method"),
    ("did:key:zQ3shZc2QzApp2oymGvQbzP8eKheVshBHbU4ZYjeXqwSKEn6N", "key"),
]

INVALID = [
    "",
    "did",
    "did:",
    "did:key:",
    "did:METHOD:val",
    "did:m123:val",
    "DID:method:val",
    "did:method:",
    "did:method:val:",
    "did:method:val%",
    "did:method:val/two",
    "did:method:val?two",
    "did:method:val#two",
    "did::val",
    " did:m:v",
    "did:m:v\n",
    "did:m:v ",
    "did:m:v\0",
    "did:m:\u0661",
    "did:m:é",
    "at://did:m:v",
]


@pytest.mark.parametrize(("text", "method"), VALID)
def test_valid_dids(text: str, method: str) -> None:
    did = parse_did(text)
    assert did == text
    assert did_method(did) == method


@pytest.mark.parametrize("text", INVALID)
def test_invalid_dids(text: str) -> None:
    with pytest.raises(InvalidDidError):
        parse_did(text)


def test_the_length_limit() -> None:
    longest = "did:web:" + "a" * (MAX_DID_LENGTH - 8)
    assert len(parse_did(longest)) == MAX_DID_LENGTH
    with pytest.raises(InvalidDidError, match="longer"):
        parse_did(longest + "a")
