"""Argon2id PHC strings: RFC 9106 §4 for the parameters."""

import pytest

from freeq_proto.boundary import LocalProtocolError
from freeq_proto.identity import hash_password, is_phc, verify_password

# A vector of the reference implementation (phc-winner-argon2, test.c), cheap: verifying costs what the string says.
PHC = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"


def test_hash_and_verify() -> None:
    phc = hash_password("correct horse", b"0123456789abcdef")
    assert phc.startswith("$argon2id$v=19$m=65536,t=3,p=4$MDEyMzQ1Njc4OWFiY2RlZg$")
    assert is_phc(phc)
    assert verify_password(phc, "correct horse")
    assert not verify_password(phc, "correct horse ")


def test_verify_a_string_made_elsewhere() -> None:
    assert verify_password(PHC, "password")
    assert not verify_password(PHC, "Password")


@pytest.mark.parametrize("password", ["", "é" * 1_000, "\udcff", "\0"])
def test_odd_passwords_are_wrong_not_errors(password: str) -> None:
    assert not verify_password(PHC, password)


NEVER_PHC = [
    "",
    "password",
    "\0",
    PHC + "\n",
    PHC + "=",
    " " + PHC,
    PHC.replace("argon2id", "argon2i"),
    PHC.replace("v=19", "v=16"),
    PHC.replace("m=256", "m=\u0663\u0662"),
    PHC.replace("m=256", "m=3_2"),
    PHC.replace("m=256", "m=7"),
    PHC.replace("m=256", "m=0"),
    PHC.replace("p=1", "p=0"),
    PHC.replace("p=1", "p=17"),
    PHC.replace("t=2", "t=33"),
    PHC.replace("m=256", "m=4294967295"),
    PHC.replace("m=256", "m=1048577"),
    PHC.replace("m=256", "m=" + "9" * 5_000),
]


@pytest.mark.parametrize("text", NEVER_PHC, ids=range(len(NEVER_PHC)))
def test_malformed_and_unbearable_strings_are_refused(text: str) -> None:
    assert not is_phc(text)
    assert not verify_password(text, "password")


def test_a_hash_with_a_wrong_tail_is_a_wrong_password() -> None:
    assert not verify_password(PHC[:-1] + "F", "password")
    assert not verify_password(PHC.replace("$nf65", "$nf652"), "password")


@pytest.mark.parametrize("salt", [b"", bytes(15), bytes(17)])
def test_the_salt_is_sixteen_bytes(salt: bytes) -> None:
    with pytest.raises(LocalProtocolError):
        hash_password("x", salt)
