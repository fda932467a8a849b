"""Files with a private key, made once and for their owner's eyes alone; what is in them, ``freeq_proto`` knows.

The one exception are 64 hexadecimal digits: so the configuration of a PDS holds its rotation key, of secp256k1.
"""

import os
from pathlib import Path
from typing import Final

from freeq_proto.boundary import Entropy, KeyType, LocalProtocolError
from freeq_proto.identity import (
    KEY_TEXT_LIMIT,
    InvalidKeyError,
    PrivateKey,
    format_private_key,
    parse_private_key,
    public_key_to_did_key,
)

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
    public = public_key_to_did_key(key.public_key)
    text = format_private_key(key, comment, f"Whoever has this file can be you. Its public half: {public}")
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise KeyFileError(f"{path}: the key cannot be kept here: {error.strerror}") from None


def read_key_file(path: Path) -> PrivateKey:
    """The key in ``path``. Raises KeyFileError."""
    try:
        return parse_private_key(_text(path))
    except InvalidKeyError:
        raise KeyFileError(
            f"{path}: holds no private key; allowed is one line that begins with z, as `freeq` itself writes it"
        ) from None


def read_rotation_key(path: Path) -> PrivateKey:
    """The key in ``path``, which may be 64 hexadecimal digits of secp256k1. Raises KeyFileError."""
    text = _text(path).strip(" \t\r\n")
    if len(text) == _HEX_LENGTH and not text.startswith("z"):
        try:
            return PrivateKey(KeyType.SECP256K1, bytes.fromhex(text))
        except (ValueError, LocalProtocolError):
            raise KeyFileError(f"{path}: holds 64 characters, and no key in hexadecimal digits") from None
    return read_key_file(path)


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(KEY_TEXT_LIMIT + 1).decode("ascii", "replace")
    except OSError as error:
        raise KeyFileError(f"{path}: cannot be read: {error.strerror}") from None
