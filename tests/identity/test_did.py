"""https://atproto.com/specs/did, "AT Protocol DID Identifier Syntax" and its examples."""

import pytest

from freeq_proto.identity import MAX_DID_LENGTH, Did, InvalidDidError, did_method, did_web_url, parse_did

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
    # https://web.plc.directory/spec/v0.1/did-plc: 24 characters of base32 in lower case
    "did:plc:z72i7hdynmk6r22z27h6tvu",
    "did:plc:z72i7hdynmk6r22z27h6tvurr",
    "did:plc:Z72i7hdynmk6r22z27h6tvur",
    "did:plc:z72i7hdynmk6r22z27h6tvu1",
    "did:plc:z72i7hdynmk6r22z27h6tvu:",
    # https://w3c-ccg.github.io/did-method-web/, §3.1
    "did:web:192.0.2.1",
    "did:web:localhost:8080:",
    "did:web:example.org%3A0",
    "did:web:example.org%3A65536",
    "did:web:example.org%3A",
    "did:web:example.org%2Fpath",
    "did:web:-example.org",
    "did:web:example..org",
    "did:web:example.org:..:secret",
    "did:web:example.org:%2e%2e:secret",
    "did:web:example.org::alice",
    "did:web:user%40example.org",
    "did:web:" + "a" * 64 + ".org",
    "did:web:" + "a." * 126 + "aa",
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
    longest = "did:example:" + "a" * (MAX_DID_LENGTH - 12)
    assert len(parse_did(longest)) == MAX_DID_LENGTH
    with pytest.raises(InvalidDidError, match="longer"):
        parse_did(longest + "a")


@pytest.mark.parametrize(
    ("did", "url"),
    [  # https://w3c-ccg.github.io/did-method-web/, §3.2, and https://atproto.com/specs/did for localhost
        ("did:web:w3c-ccg.github.io", "https://w3c-ccg.github.io/.well-known/did.json"),
        ("did:web:w3c-ccg.github.io:user:alice", "https://w3c-ccg.github.io/user/alice/did.json"),
        ("did:web:example.com%3A3000:user:alice", "https://example.com:3000/user/alice/did.json"),
        ("did:web:Example.COM%3a443", "https://example.com:443/.well-known/did.json"),
        ("did:web:localhost", "http://localhost/.well-known/did.json"),
        ("did:web:localhost%3A8080", "http://localhost:8080/.well-known/did.json"),
        ("did:web:localhost.example", "https://localhost.example/.well-known/did.json"),
    ],
)
def test_where_the_document_of_a_did_web_is(did: str, url: str) -> None:
    assert did_web_url(parse_did(did)) == url


@pytest.mark.parametrize("did", ["did:plc:z72i7hdynmk6r22z27h6tvur", "did:web:a/b", "did:web:a\n"])
def test_what_is_no_did_web_has_no_such_place(did: str) -> None:
    with pytest.raises(InvalidDidError):
        did_web_url(Did(did))
