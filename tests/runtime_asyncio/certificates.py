"""Certificates that tests need: chains, clients', and one whose key its holder does not have."""

import base64
import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import NameOID

NOW = datetime.datetime.now(datetime.UTC)
DAY = datetime.timedelta(days=1)


def issue(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: str = "",
    issuer_key: ec.EllipticCurvePrivateKey | None = None,
    *,
    authority: bool = False,
    expired: bool = False,
) -> x509.Certificate:
    """A certificate for a host, signed by itself unless there is an issuer.

    With all that RFC 5280 asks for, which Python 3.13 checks.
    """
    signer = issuer_key or key
    usage = x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    return (
        x509.CertificateBuilder()
        .subject_name(named(name))
        .issuer_name(named(issuer or name))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - 2 * DAY)
        .not_valid_after(NOW - DAY if expired else NOW + DAY)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .sign(signer, hashes.SHA256())
    )


def named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def chain_of_three(folder: Path) -> tuple[Path, bytes, tuple[Path, Path]]:
    """The file of a root, an authority below it (PEM), and the files of a certificate for localhost below that."""
    root, between, leaf = new_key(), new_key(), new_key()
    above = issue("between", between, "root", root, authority=True).public_bytes(Encoding.PEM)
    own = issue("localhost", leaf, "between", between).public_bytes(Encoding.PEM)
    files = folder / "root.pem", folder / "chain.pem", folder / "chain.key"
    files[0].write_bytes(issue("root", root, authority=True).public_bytes(Encoding.PEM))
    files[1].write_bytes(own + above)
    files[2].write_bytes(key_pem(leaf))
    return files[0], above, files[1:]


def client_files(folder: Path, *, expired: bool = False) -> tuple[x509.Certificate, Path]:
    """A certificate that nobody else signed, and the file of it and its key."""
    key = new_key()
    certificate = issue("alice", key, expired=expired)
    path = folder / "client.pem"
    path.write_bytes(certificate.public_bytes(Encoding.PEM) + key_pem(key))
    return certificate, path


def forged_key(secret: ec.EllipticCurvePrivateKey, public: ec.EllipticCurvePublicKey) -> bytes:
    """An ECPrivateKey (PEM, RFC 5915 section 3) of one key's secret that names another's public half."""
    scalar = secret.private_numbers().private_value.to_bytes(32, "big")
    point = public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    p256 = bytes.fromhex("06082a8648ce3d030107")
    body = b"\x02\x01\x01\x04\x20" + scalar + b"\xa0" + bytes([len(p256)]) + p256 + b"\xa1\x44\x03\x42\x00" + point
    der = b"\x30" + bytes([len(body)]) + body
    return b"-----BEGIN EC PRIVATE KEY-----\n" + base64.encodebytes(der) + b"-----END EC PRIVATE KEY-----\n"
