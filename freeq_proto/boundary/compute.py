"""The closed vocabulary of pure work that a runtime may do beside the loop.

The jobs are values; ``freeq_proto.engine.perform`` is the one pure function that does them.
"""

import enum
from typing import TypeAlias

import attrs


class KeyType(enum.Enum):
    """Public keys that the core verifies with, by their multicodec names."""

    ED25519 = "ed25519-pub"
    SECP256K1 = "secp256k1-pub"
    P256 = "p256-pub"


@attrs.frozen
class VerifySignature:
    """``Computed(True)`` if any of ``keys`` made ``signature`` over ``message``."""

    keys: tuple[tuple[KeyType, bytes], ...]
    """Ed25519: 32 bytes; secp256k1 and P-256: the compressed point, 33 bytes."""
    signature: bytes
    """Ed25519: 64 bytes; ECDSA: ``r || s``, 32 bytes each, over SHA-256."""
    message: bytes


@attrs.frozen
class VerifyPassword:
    """``Computed(True)`` if ``password`` is the one of ``phc`` (an Argon2id PHC string)."""

    phc: str = attrs.field(repr=False)
    password: str = attrs.field(repr=False)


@attrs.frozen
class HashPassword:
    """``Computed(phc)``: the Argon2id PHC string of ``password`` under a ``salt`` of 16 random bytes."""

    password: str = attrs.field(repr=False)
    salt: bytes


Job: TypeAlias = VerifySignature | VerifyPassword | HashPassword
