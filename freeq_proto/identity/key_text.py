"""Private keys as text: what a key file holds, the same for every program that keeps one.

One line, the multibase form of a private multikey (https://www.w3.org/TR/cid-1.0/#Multikey), whose prefixes are those
of the multicodec table: 0x1300 (Ed25519), 0x1301 (secp256k1), 0x1306 (P-256). Lines before it may be comments
(``#``). The text says of which type the key is, so it is the same DID whoever reads it.
"""

from typing import Final

from freeq_proto.boundary import KeyType, LocalProtocolError
from freeq_proto.identity.encoding import InvalidEncodingError, decode_multibase, encode_multibase
from freeq_proto.identity.keys import InvalidKeyError, PrivateKey

KEY_TEXT_LIMIT: Final = 4096
"""Characters of a key's text, comments included."""

_PREFIXES: Final = {KeyType.ED25519: b"\x80\x26", KeyType.SECP256K1: b"\x81\x26", KeyType.P256: b"\x86\x26"}


def format_private_key(key: PrivateKey, *comments: str) -> str:
    """Write a key as text, after ``comments`` of one line each."""
    lines = [f"# {comment}" for comment in comments]
    return "".join(f"{line}\n" for line in (*lines, encode_multibase(_PREFIXES[key.type] + key.data)))


def parse_private_key(text: str) -> PrivateKey:
    """Read the key that :func:`format_private_key` wrote. Raises InvalidKeyError, which does not quote the text."""
    lines = [line.strip(" \t\r") for line in text[: KEY_TEXT_LIMIT + 1].split("\n")]
    found = [line for line in lines if line and not line.startswith("#")]
    if len(text) > KEY_TEXT_LIMIT or len(found) != 1:
        raise InvalidKeyError("not the text of one private key")
    try:
        data = decode_multibase(found[0])
        for key_type, prefix in _PREFIXES.items():
            if data.startswith(prefix):
                return PrivateKey(key_type, data.removeprefix(prefix))
    except (InvalidEncodingError, LocalProtocolError) as error:
        raise InvalidKeyError(f"not a private key: {error}") from None
    raise InvalidKeyError("not a private key of a type that is known here")
