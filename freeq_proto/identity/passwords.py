"""Passwords, kept as Argon2id PHC strings (RFC 9106).

Hashing takes about a sixth of a second and 64 MiB on purpose: it is a job (:mod:`freeq_proto.boundary.compute`), never
done within a turn.
"""

import re
from typing import Final

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from freeq_proto.boundary import LocalProtocolError

SALT_LENGTH: Final = 16
"""Bytes of a salt (RFC 9106 §4)."""

# RFC 9106 §4, second recommended option: 64 MiB, three passes, four lanes, a tag of 32 bytes.
_MEMORY_KIB: Final = 64 * 1024
_ITERATIONS: Final = 3
_LANES: Final = 4
_TAG_LENGTH: Final = 32

# Costs that a configuration may ask for: a slip of the pen there must not stop a server for minutes.
_MAX_MEMORY_KIB: Final = 1024 * 1024
_MAX_ITERATIONS: Final = 32
_MAX_LANES: Final = 16

_PHC: Final = re.compile(
    r"\$argon2id\$v=19\$m=([1-9][0-9]{0,7}),t=([1-9][0-9]?),p=([1-9][0-9]?)\$[A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{16,86}"
)


def is_phc(text: str) -> bool:
    """Whether ``text`` is an Argon2id PHC string (version 19) of bearable cost: at most 1 GiB, 32 passes, 16 lanes."""
    match = _PHC.fullmatch(text)
    if match is None:
        return False
    memory, iterations, lanes = (int(cost) for cost in match.groups())
    return 8 * lanes <= memory <= _MAX_MEMORY_KIB and iterations <= _MAX_ITERATIONS and lanes <= _MAX_LANES


def hash_password(password: str, salt: bytes) -> str:
    """Return the PHC string of ``password`` under ``salt``, which must be :data:`SALT_LENGTH` fresh random bytes."""
    if len(salt) != SALT_LENGTH:
        raise LocalProtocolError(f"a salt is {SALT_LENGTH} bytes")
    argon2 = Argon2id(
        salt=salt,
        length=_TAG_LENGTH,
        iterations=_ITERATIONS,
        lanes=_LANES,
        memory_cost=_MEMORY_KIB,
        ad=None,
        secret=None,
    )
    return argon2.derive_phc_encoded(_encode(password))


def verify_password(phc: str, password: str) -> bool:
    """Whether ``password`` is the one of ``phc``; False too where ``phc`` is not :func:`is_phc`."""
    if not is_phc(phc):
        return False
    try:
        Argon2id.verify_phc_encoded(_encode(password), phc)
    except (InvalidKey, ValueError):  # a wrong password; base64 with a wrong tail, which is_phc does not look for
        return False
    return True


def _encode(password: str) -> bytes:
    # A password typed on a line that was not UTF-8 may hold lone surrogates: it is wrong, not an error.
    return password.encode("utf-8", "surrogatepass")
