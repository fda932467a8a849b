"""Compact JWS (RFC 7515) of JSON claims (RFC 7519), with the algorithms of RFC 7518, RFC 8037 and RFC 8812."""

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freeq_proto.boundary import KeyType, VerifySignature
from freeq_proto.identity import (
    InvalidJwtError,
    Jwt,
    PrivateKey,
    PublicKey,
    algorithm_of,
    coordinates,
    decode_base64url,
    encode_base64url,
    parse_jwt,
    public_key_of_point,
    sign_jwt,
    verify,
    verify_job,
)

KEYS = {key_type: PrivateKey(key_type, b"\x07" * 32) for key_type in KeyType}
P256 = KEYS[KeyType.P256]
TOKEN = sign_jwt({"typ": "JWT"}, {"iss": "did:web:alice.example", "iat": 1_800_000_000}, P256)

# RFC 7515 §A.3: a key, and a token that it signed.
RFC_X = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
RFC_Y = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
RFC_D = "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"
RFC_TOKEN = (
    "eyJhbGciOiJFUzI1NiJ9"
    ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
)


def holds(job: VerifySignature) -> bool:
    return any(verify(PublicKey(key_type, data), job.signature, job.message) for key_type, data in job.keys)


def part(value: object) -> str:
    return encode_base64url(value if isinstance(value, bytes) else json.dumps(value).encode())


def token(header: object, claims: object = None, signature: bytes = bytes(64)) -> str:
    return f"{part(header)}.{part({} if claims is None else claims)}.{encode_base64url(signature)}"


def test_the_vector_of_the_rfc() -> None:
    point = b"\x04" + decode_base64url(RFC_X) + decode_base64url(RFC_Y)
    key = public_key_of_point(KeyType.P256, point)
    assert key == PrivateKey(KeyType.P256, decode_base64url(RFC_D)).public_key
    assert coordinates(key) == (point[1:33], point[33:])
    jwt = parse_jwt(RFC_TOKEN)
    assert jwt.header == {"alg": "ES256"}
    assert jwt.claims == {"iss": "joe", "exp": 1300819380, "http://example.com/is_root": True}
    assert holds(verify_job(jwt, key))


@pytest.mark.parametrize(("key_type", "name"), [("ED25519", "EdDSA"), ("SECP256K1", "ES256K"), ("P256", "ES256")])
def test_what_is_signed_verifies(key_type: str, name: str) -> None:
    key = KEYS[KeyType[key_type]]
    jwt = parse_jwt(sign_jwt({"typ": "JWT"}, {"sub": "ä"}, key))
    assert jwt.header == {"typ": "JWT", "alg": name}
    assert jwt.algorithm == algorithm_of(key.type) == name
    assert jwt.claims == {"sub": "ä"}
    assert holds(verify_job(jwt, key.public_key))
    assert not holds(verify_job(jwt, PrivateKey(key.type, b"\x08" * 32).public_key))


def test_the_algorithm_is_that_of_the_key() -> None:
    """RFC 8725 §3.1: nothing but the key that was looked up says how a token is verified."""
    for key in KEYS.values():
        jwt = parse_jwt(sign_jwt({}, {}, key))
        for other in KEYS.values():
            if other is not key:
                with pytest.raises(InvalidJwtError):
                    verify_job(jwt, other.public_key)


@pytest.mark.parametrize(
    "rewrite",
    [
        lambda jwt: token({"typ": "JWT", "alg": "ES256"}, {"iss": "did:web:mallory.example"}, jwt.signature),
        lambda jwt: token({"alg": "ES256"}, jwt.claims, jwt.signature),
        lambda jwt: TOKEN.rsplit(".", 1)[0] + "." + encode_base64url(jwt.signature[32:] + jwt.signature[:32]),
        lambda jwt: TOKEN.rsplit(".", 1)[0] + "." + encode_base64url(bytes(64)),
    ],
)
def test_a_rewritten_token_does_not_verify(rewrite: Callable[[Jwt], str]) -> None:
    assert holds(verify_job(parse_jwt(TOKEN), P256.public_key))
    assert not holds(verify_job(parse_jwt(rewrite(parse_jwt(TOKEN))), P256.public_key))


def with_other_last_bits(text: str) -> str:
    """The same bytes to a careless decoder: 64 bytes leave four bits of the last character unused."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return text[:-1] + alphabet[alphabet.index(text[-1]) + 1]


MALFORMED = [
    "",
    ".",
    "..",
    "...",
    TOKEN.rsplit(".", 1)[0],
    TOKEN.rsplit(".", 1)[0] + ".",
    TOKEN + ".",
    TOKEN + ".e30",
    TOKEN + "=",
    TOKEN + "\n",
    " " + TOKEN,
    with_other_last_bits(TOKEN),
    TOKEN.replace(".", ".\u0660", 1),
    token({"alg": "none"}),
    token({"alg": "none"}, signature=b""),
    token({"alg": "None"}),
    token({"alg": "HS256"}),
    token({"alg": "es256"}),
    token({"alg": ["ES256"]}),
    token({"alg": None}),
    token({}),
    token([]),
    token({"alg": "ES256"}, [1]),
    token({"alg": "ES256"}, 7),
    token({"alg": "ES256"}, b"not JSON"),
    token({"alg": "ES256"}, b'{"sub":1,"sub":2}'),
    token(b'{"alg":"ES256","alg":"ES256K"}'),
    token({"alg": "ES256", "crit": ["b64"], "b64": False}),
    token({"alg": "ES256", "crit": []}),
    token({"alg": "ES256"}, signature=bytes(63)),
    token({"alg": "ES256"}, signature=bytes(65)),
    token({"alg": "ES256"}, {"a": "b" * 2048}),
]


@pytest.mark.parametrize("text", MALFORMED, ids=range(len(MALFORMED)))
def test_what_is_not_read_at_all(text: str) -> None:
    with pytest.raises(InvalidJwtError):
        parse_jwt(text)


def test_the_limit_is_the_callers() -> None:
    long = sign_jwt({}, {"a": "b" * 3000}, P256)
    assert parse_jwt(long, len(long)).claims == {"a": "b" * 3000}
    with pytest.raises(InvalidJwtError, match="longer"):
        parse_jwt(long, len(long) - 1)


@given(st.text(alphabet="eyJ0.-_=A\n\0é", max_size=80) | st.binary(max_size=60).map(lambda data: token(data, data)))
def test_any_text_is_a_token_or_the_remote_error(text: str) -> None:
    try:
        jwt = parse_jwt(text)
    except InvalidJwtError:
        return
    assert jwt.algorithm in ("ES256", "ES256K", "EdDSA")


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=8) | st.integers(-(2**63), 2**64 - 1), max_size=4))
def test_claims_come_back_as_they_were_signed(claims: dict[str, str | int]) -> None:
    try:
        text = sign_jwt({"typ": "JWT"}, dict(claims), P256)
    except UnicodeEncodeError:  # a lone surrogate has no UTF-8
        return
    jwt = parse_jwt(text)
    assert jwt.claims == claims
    assert holds(verify_job(jwt, P256.public_key))
