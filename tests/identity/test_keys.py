"""Multikeys, did:key and signatures: https://atproto.com/specs/cryptography, did:key, RFC 8032, SEC 1."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from hypothesis import given
from hypothesis import strategies as st

from freeq_proto.boundary import KeyType, LocalProtocolError
from freeq_proto.identity import (
    InvalidKeyError,
    PrivateKey,
    PublicKey,
    did_key_to_public_key,
    encode_multibase,
    format_multikey,
    parse_did,
    parse_multikey,
    public_key_to_did_key,
    verify,
)

TYPES = list(KeyType)
ORDER = {
    KeyType.SECP256K1: 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141,
    KeyType.P256: 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
}

# The public keys of the scalar 1 are the base points (SEC 2 §2.4); the Ed25519 key is RFC 8032 §7.1, TEST 1.
VECTORS = [
    (
        KeyType.ED25519,
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "z6Mk",
    ),
    (
        KeyType.SECP256K1,
        "00" * 31 + "01",
        "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
        "zQ3s",
    ),
    (
        KeyType.P256,
        "00" * 31 + "01",
        "036b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296",
        "zDn",
    ),
]


def key_of(key_type: KeyType, fill: int = 7) -> PrivateKey:
    return PrivateKey(key_type, bytes([fill]) * 32)


@pytest.mark.parametrize(("key_type", "private", "public", "prefix"), VECTORS)
def test_public_keys_of_known_private_keys(key_type: KeyType, private: str, public: str, prefix: str) -> None:
    key = PrivateKey(key_type, bytes.fromhex(private)).public_key
    assert key == PublicKey(key_type, bytes.fromhex(public))
    assert format_multikey(key).startswith(prefix)
    did = public_key_to_did_key(key)
    assert did == "did:key:" + format_multikey(key)
    assert did_key_to_public_key(did) == key


@pytest.mark.parametrize(
    ("multikey", "key_type"),
    [  # examples of https://atproto.com/specs/cryptography and https://atproto.com/specs/did
        ("zDnaembgSGUhZULN2Caob4HLJPaxBh92N7rtH21TErzqf8HQo", KeyType.P256),
        ("zQ3shqwJEJyMBsBXCWyCBpUBMqxcon9oHB7mCvx4sSpMdLJwc", KeyType.SECP256K1),
        ("zQ3shXjHeiBuRCKmM36cuYnm7YEMzhGnCmCyW92sRJ9pribSF", KeyType.SECP256K1),
        # did:key specification, §"Ed25519 X25519"
        ("z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK", KeyType.ED25519),
    ],
)
def test_published_multikeys(multikey: str, key_type: KeyType) -> None:
    key = parse_multikey(multikey)
    assert key.type is key_type
    assert format_multikey(key) == multikey


def test_the_rfc_8032_vector() -> None:
    """RFC 8032 §7.1, TEST 1: the empty message."""
    key = PrivateKey(KeyType.ED25519, bytes.fromhex(VECTORS[0][1]))
    signature = bytes.fromhex(
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
        "d25bf5f0595bbe24655141438e7a100b"
    )
    assert key.sign(b"") == signature
    assert verify(key.public_key, signature, b"")


def test_the_rfc_6979_vector() -> None:
    """RFC 6979 §A.2.5, P-256 with SHA-256, message "sample"; S is written low here."""
    scalar = bytes.fromhex("C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721")
    r = bytes.fromhex("EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716")
    s = int("F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8", 16)
    key = PrivateKey(KeyType.P256, scalar)
    assert key.sign(b"sample") == r + (ORDER[KeyType.P256] - s).to_bytes(32, "big")
    assert verify(key.public_key, r + s.to_bytes(32, "big"), b"sample")


@pytest.mark.parametrize("key_type", TYPES)
@given(message=st.binary(max_size=64), fill=st.integers(1, 200))
def test_what_a_key_signs_verifies_with_it_alone(key_type: KeyType, message: bytes, fill: int) -> None:
    key = key_of(key_type, fill)
    signature = key.sign(message)
    assert len(signature) == 64
    assert signature == key.sign(message)
    assert verify(key.public_key, signature, message)
    assert not verify(key.public_key, signature, message + b"\0")
    assert not verify(key_of(key_type, fill + 1).public_key, signature, message)


@pytest.mark.parametrize("key_type", [KeyType.SECP256K1, KeyType.P256])
def test_signatures_are_low_s_and_both_forms_verify(key_type: KeyType) -> None:
    key = key_of(key_type)
    for number in range(8):
        signature = key.sign(bytes([number]))
        s = int.from_bytes(signature[32:], "big")
        assert s <= ORDER[key_type] // 2
        high = signature[:32] + (ORDER[key_type] - s).to_bytes(32, "big")
        assert verify(key.public_key, high, bytes([number]))


@pytest.mark.parametrize("key_type", TYPES)
@pytest.mark.parametrize("signature", [b"", bytes(63), bytes(64), b"\xff" * 64, bytes(65), bytes(10_000)])
def test_malformed_signatures_do_not_verify(key_type: KeyType, signature: bytes) -> None:
    assert not verify(key_of(key_type).public_key, signature, b"message")


def test_a_signature_of_one_curve_does_not_verify_on_another() -> None:
    keys = [key_of(key_type) for key_type in TYPES]
    for signer in keys:
        for other in keys:
            assert verify(other.public_key, signer.sign(b"m"), b"m") is (signer is other)


@given(st.binary(max_size=40), st.sampled_from(TYPES))
def test_arbitrary_bytes_are_a_key_or_the_remote_error(data: bytes, key_type: KeyType) -> None:
    try:
        key = PublicKey(key_type, data)
    except InvalidKeyError:
        return
    assert parse_multikey(format_multikey(key)) == key


SECP256K1_BASE = bytes.fromhex(VECTORS[1][2])
UNCOMPRESSED = bytes.fromhex(
    "0479be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
    "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8"
)
FIELD = 2**255 - 19


@pytest.mark.parametrize(
    ("key_type", "data"),
    [
        (KeyType.ED25519, b""),
        (KeyType.ED25519, bytes(31)),
        (KeyType.ED25519, (FIELD + 3).to_bytes(32, "little")),  # y not reduced
        (KeyType.ED25519, b"\xff" * 32),
        (KeyType.SECP256K1, b""),
        (KeyType.SECP256K1, SECP256K1_BASE + b"\0"),
        (KeyType.SECP256K1, b"\x04" + SECP256K1_BASE[1:]),
        (KeyType.SECP256K1, b"\x02" + bytes(31) + b"\x05"),  # no y belongs to x = 5
        (KeyType.SECP256K1, b"\x02" + b"\xff" * 32),  # x not reduced
        (KeyType.SECP256K1, UNCOMPRESSED),
        (KeyType.SECP256K1, b"\0"),  # the point at infinity
        (KeyType.SECP256K1, bytes(33)),
        (KeyType.P256, b"\x02" + bytes(31) + b"\x01"),
    ],
)
def test_what_is_not_a_point_is_not_a_key(key_type: KeyType, data: bytes) -> None:
    with pytest.raises(InvalidKeyError):
        PublicKey(key_type, data)


def test_under_what_is_no_point_nothing_verifies() -> None:
    """RFC 8032 §5.1.3: no x belongs to y = 2."""
    key = PublicKey(KeyType.ED25519, (2).to_bytes(32, "little"))
    assert not verify(key, bytes(64), b"")
    assert not verify(key, (2).to_bytes(32, "little") + bytes(32), b"message")


ORDER_EIGHT = [
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
]
SMALL_ORDER = [
    *(y.to_bytes(32, "little") for y in (0, 1, FIELD - 1)),
    *(bytes.fromhex(point) for point in ORDER_EIGHT),
]


@pytest.mark.parametrize("sign", [0, 0x80])
@pytest.mark.parametrize("point", SMALL_ORDER)
def test_ed25519_keys_of_small_order_are_refused(point: bytes, sign: int) -> None:
    with pytest.raises(InvalidKeyError, match="small order"):
        PublicKey(KeyType.ED25519, point[:31] + bytes([point[31] | sign]))


def test_why_small_order_matters() -> None:
    """Under the identity as key, R = identity and S = 0 sign every message; RFC 8032 alone lets that pass."""
    identity = (1).to_bytes(32, "little")
    ed25519.Ed25519PublicKey.from_public_bytes(identity).verify(identity + bytes(32), b"any message at all")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "z",
        "z1",
        "6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK",
        "uUGhaXg",
        encode_multibase(b"\xec\x01" + bytes(32)),  # x25519-pub: cannot sign
        encode_multibase(b"\xed\x01" + SECP256K1_BASE),  # one type's prefix, another's bytes
        encode_multibase(b"\xe7\x01" + bytes.fromhex(VECTORS[0][2])),
        encode_multibase(b"\xed" + bytes.fromhex(VECTORS[0][2])),
        encode_multibase(b"\xe7\x01" + UNCOMPRESSED),
        "z" * 5_000_000,
    ],
    ids=range(11),
)
def test_what_is_not_a_multikey_is_refused(text: str) -> None:
    with pytest.raises(InvalidKeyError):
        parse_multikey(text)


@pytest.mark.parametrize("text", ["did:plc:z72i7hdynmk6r22z27h6tvur", "did:key:1:z6Mk", "did:key:abc", "did:web:z6Mk"])
def test_other_dids_are_no_did_key(text: str) -> None:
    with pytest.raises(InvalidKeyError):
        did_key_to_public_key(parse_did(text))


@pytest.mark.parametrize("key_type", TYPES)
def test_private_keys_are_validated_and_not_shown(key_type: KeyType) -> None:
    assert "\\x07" not in repr(key_of(key_type))
    for data in (b"", bytes(31), bytes(33)):
        with pytest.raises(LocalProtocolError):
            PrivateKey(key_type, data)


@pytest.mark.parametrize("key_type", [KeyType.SECP256K1, KeyType.P256])
def test_scalars_are_of_the_curve(key_type: KeyType) -> None:
    for scalar in (0, ORDER[key_type], 2**256 - 1):
        with pytest.raises(LocalProtocolError):
            PrivateKey(key_type, scalar.to_bytes(32, "big"))
    assert PrivateKey(key_type, (ORDER[key_type] - 1).to_bytes(32, "big")).public_key.type is key_type
