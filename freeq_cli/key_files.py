"""Files with a private key: a line of base58 as other tools of AT Protocol write it, for its owner's eyes alone.

The line is the multibase form of a private multikey (https://www.w3.org/TR/cid-1.0/#Multikey), whose prefixes are those
of the multicodec table: 0x1300 (Ed25519), 0x1301 (secp256k1), 0x1306 (P-256). Lines before it may be comments (``#``).
"""

import os
from pathlib import Path
from typing import Final

from freeq_proto.boundary import Entropy, KeyType, LocalProtocolError
from freeq_proto.identity import (
    InvalidEncodingError,
    PrivateKey,
    decode_multibase,
    encode_multibase,
    public_key_to_did_key,
)

SIZE_LIMIT: Final = 4096
"""Bytes of a key file."""

_PREFIXES: Final = {KeyType.ED25519: b"\x80\x26", KeyType.SECP256K1: b"\x81\x26", KeyType.P256: b"\x86\x26"}
_HEX_LENGTH: Final = 64


class KeyFileError(Exception):
    """A key file cannot be used; the message names it and says what to do."""


def new_key(entropy: Entropy) -> PrivateKey:
    """A key that every directory of did:plc takes, and every OpenSSL knows."""
    return PrivateKey.derive(KeyType.P256, entropy)


def write_key_file(path: Path, key: PrivateKey, comment: str) -> None:
    """Make the file ``path``, which only its owner may read, and have ``key`` in it on the disk. Raises KeyFileError.

    A file that is there already is never written over.
    """
    text = (
        f"# {comment}\n# Whoever has this file can be you. Its public half: {public_key_to_did_key(key.public_key)}\n"
    )
    text += encode_multibase(_PREFIXES[key.type] + key.data) + "\n"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise KeyFileError(f"{path}: the key cannot be kept here: {error.strerror}") from None


def read_key_file(path: Path) -> PrivateKey:
    """The key in ``path``. Raises KeyFileError.

    64 hexadecimal digits are taken for a secp256k1 key, as the configuration of a PDS holds its rotation key.
    """
    try:
        with path.open("rb") as file:
            data = file.read(SIZE_LIMIT + 1)
    except OSError as error:
        raise KeyFileError(f"{path}: cannot be read: {error.strerror}") from None
    lines = [line.strip(b" \t\r") for line in data[:SIZE_LIMIT].split(b"\n")]
    found = [line for line in lines if line and not line.startswith(b"#")]
    if len(data) <= SIZE_LIMIT and len(found) == 1:
        key = _parse(found[0])
        if key is not None:
            return key
    raise KeyFileError(
        f"{path}: holds no private key; allowed is one line that begins with z, or 64 hexadecimal digits"
    )


def _parse(line: bytes) -> PrivateKey | None:
    try:
        text = line.decode("ascii")
        if len(text) == _HEX_LENGTH and not text.startswith("z"):
            return PrivateKey(KeyType.SECP256K1, bytes.fromhex(text))
        data = decode_multibase(text)
        for key_type, prefix in _PREFIXES.items():
            if data.startswith(prefix):
                return PrivateKey(key_type, data[len(prefix) :])
    except (UnicodeError, ValueError, InvalidEncodingError, LocalProtocolError):
        pass
    return None
