"""tls-server-end-point (RFC 5929 section 4.1)."""

import datetime
import hashlib

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from freeq_proto.boundary import tls_server_end_point

RSA = rsa.generate_private_key(65537, 2048)
EC = ec.generate_private_key(ec.SECP256R1())
PSS = padding.PSS(padding.MGF1(hashes.SHA384()), padding.PSS.DIGEST_LENGTH)


def certificate(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey,
    algorithm: hashes.SHA256 | hashes.SHA384 | hashes.SHA512 | None,
    rsa_padding: padding.PSS | None = None,
) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "irc.example")])
    now = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now)
    return builder.sign(key, algorithm, rsa_padding=rsa_padding).public_bytes(Encoding.DER)


@pytest.mark.parametrize(
    ("der", "function"),
    [
        (certificate(EC, hashes.SHA256()), "sha256"),
        (certificate(EC, hashes.SHA384()), "sha384"),
        (certificate(RSA, hashes.SHA512()), "sha512"),
        (certificate(RSA, hashes.SHA384(), PSS), "sha384"),
    ],
)
def test_the_hash_is_that_of_the_signature(der: bytes, function: str) -> None:
    assert tls_server_end_point(der) == hashlib.new(function, der).digest()


@pytest.mark.parametrize("oid", [bytes.fromhex("2a864886f70d010105"), bytes.fromhex("2a864886f70d010104")])
def test_sha_256_stands_in_for_weak_functions(oid: bytes) -> None:
    """sha1WithRSAEncryption and md5WithRSAEncryption (RFC 3279 section 2.2.1), written over sha256WithRSAEncryption."""
    der = certificate(RSA, hashes.SHA256()).replace(bytes.fromhex("2a864886f70d01010b"), oid)
    assert tls_server_end_point(der) == hashlib.sha256(der).digest()


def test_it_is_undefined_without_a_hash_function_that_can_be_named() -> None:
    assert tls_server_end_point(certificate(ed25519.Ed25519PrivateKey.generate(), None)) == b""


@pytest.mark.parametrize("der", [b"", b"\x30\x00", b"no certificate"])
def test_what_is_no_certificate_has_none(der: bytes) -> None:
    assert tls_server_end_point(der) == b""
