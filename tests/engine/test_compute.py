"""The one function that does jobs."""

import pytest

from freeq_proto.boundary import Computed, HashPassword, KeyType, LocalProtocolError, VerifyPassword, VerifySignature
from freeq_proto.engine.compute import perform
from freeq_proto.identity import PrivateKey

MINE = PrivateKey(KeyType.ED25519, b"\x01" * 32)
OTHER = PrivateKey(KeyType.SECP256K1, b"\x02" * 32)


def named(key: PrivateKey) -> tuple[KeyType, bytes]:
    return key.public_key.type, key.public_key.data


@pytest.mark.parametrize("key", [MINE, OTHER, PrivateKey(KeyType.P256, b"\x03" * 32)])
def test_verify_signature(key: PrivateKey) -> None:
    assert perform(VerifySignature((named(key),), key.sign(b"m"), b"m")) == Computed(True)
    assert perform(VerifySignature((named(key),), key.sign(b"m"), b"n")) == Computed(False)


def test_any_key_will_do_and_no_key_never() -> None:
    keys = ((KeyType.P256, b"not a key"), named(OTHER), named(MINE))
    assert perform(VerifySignature(keys, MINE.sign(b"m"), b"m")) == Computed(True)
    assert perform(VerifySignature(keys[:2], MINE.sign(b"m"), b"m")) == Computed(False)
    assert perform(VerifySignature((), MINE.sign(b"m"), b"m")) == Computed(False)


def test_a_key_under_another_type_does_not_verify() -> None:
    assert perform(VerifySignature(((KeyType.P256, OTHER.public_key.data),), OTHER.sign(b"m"), b"m")) == Computed(False)


def test_passwords() -> None:
    phc = perform(HashPassword("secret", b"s" * 16)).value
    assert isinstance(phc, str)
    assert perform(HashPassword("secret", b"s" * 16)) == Computed(phc)
    assert perform(VerifyPassword(phc, "secret")) == Computed(True)
    assert perform(VerifyPassword(phc, "Secret")) == Computed(False)


@pytest.mark.parametrize("phc", ["", "secret", "$argon2id$v=19$m=4294967295,t=9,p=1$c2FsdHNhbHRzYWx0$c2FsdHNhbHRzYWx0"])
def test_a_bad_phc_string_is_a_false_answer(phc: str) -> None:
    assert perform(VerifyPassword(phc, "secret")) == Computed(False)


def test_a_short_salt_is_the_callers_bug() -> None:
    with pytest.raises(LocalProtocolError):
        perform(HashPassword("secret", b"short"))
