"""What is wrong with a certificate and its key, found before a client finds it."""

import datetime
from collections.abc import Iterator
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

SIZE_LIMIT = 1 << 20
"""Bytes of a PEM file."""


def flaws(certificate: Path, key: Path, at: datetime.datetime) -> Iterator[tuple[str, str]]:
    """What keeps the two files from serving at the time ``at``: which of the two ("certificate", "key"), and why."""
    own = _read(certificate)
    private = _read(key)
    for name, content in (("certificate", own), ("key", private)):
        if isinstance(content, str):
            yield name, content
    chain: list[x509.Certificate] = []
    if isinstance(own, bytes):
        try:
            chain = x509.load_pem_x509_certificates(own)
        except ValueError:
            yield "certificate", f"{certificate} holds no certificate in PEM"
    public = None
    if isinstance(private, bytes):
        try:
            public = load_pem_private_key(private, None).public_key()
        except TypeError:
            yield "key", f"{key} is encrypted; allowed is a key without a passphrase"
        except (ValueError, UnsupportedAlgorithm):
            yield "key", f"{key} holds no private key in PEM"
    if not chain:
        return
    if public is not None and _spki(chain[0].public_key()) != _spki(public):
        yield "key", f"{key} is not the key of the first certificate in {certificate}"
    if at > chain[0].not_valid_after_utc:
        yield "certificate", f"{certificate} expired on {chain[0].not_valid_after_utc:%Y-%m-%d %H:%M} UTC"
    if at < chain[0].not_valid_before_utc:
        yield "certificate", f"{certificate} is not valid before {chain[0].not_valid_before_utc:%Y-%m-%d %H:%M} UTC"


def _read(path: Path) -> bytes | str:
    """The file, or why it cannot be read."""
    try:
        with path.open("rb") as file:
            data = file.read(SIZE_LIMIT + 1)
    except OSError as error:
        return f"{path} cannot be read: {error.strerror}"
    return data if len(data) <= SIZE_LIMIT else f"{path} is too long; allowed are {SIZE_LIMIT} bytes"


def _spki(key: object) -> bytes:
    public_bytes = getattr(key, "public_bytes", None)
    assert public_bytes is not None
    data: bytes = public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return data
