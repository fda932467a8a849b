"""What several tests of the command need: a checked text, a certificate, a password's hash."""

import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

from freeq_cli.check import check
from freeq_cli.rules import check_rules
from freeq_cli.source import parse_source

FOLDER = Path("/no/such/folder")
NOON = datetime.datetime(2026, 6, 15, 12, tzinfo=datetime.UTC)
PHC = "$argon2id$v=19$m=65536,t=3,p=4$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
KEY = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32))
OTHER_KEY = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(31) + b"\1")


def problems(text: str, base: Path = FOLDER) -> list[str]:
    """Everything that is wrong with the file ``freeq.toml`` of this text, at :data:`NOON`."""
    source = parse_source(text, "freeq.toml", base)
    checked = check(source)
    return [str(problem) for problem in (*checked.problems, *check_rules(source, checked, NOON))]


def certificate(key: ed25519.Ed25519PrivateKey = KEY, *, days: tuple[int, int] = (-1, 1)) -> bytes:
    """A certificate in PEM that is valid between so many days from :data:`NOON`."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "irc.example")])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOON + datetime.timedelta(days=days[0]))
        .not_valid_after(NOON + datetime.timedelta(days=days[1]))
        .sign(key, None)
        .public_bytes(Encoding.PEM)
    )


def private_key(key: ed25519.Ed25519PrivateKey = KEY, passphrase: bytes = b"") -> bytes:
    """A key in PEM."""
    encryption: KeySerializationEncryption = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
