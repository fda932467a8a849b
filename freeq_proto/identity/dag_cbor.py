"""DAG-CBOR of strings, lists, maps and null, and the CID of it: what an operation of did:plc is made of.

https://ipld.io/specs/codecs/dag-cbor/spec/: CBOR (RFC 8949) in which every value has one encoding: lengths as short as
they can be, map keys in the order of their length and then of their bytes.
"""

import base64
import hashlib
from collections.abc import Iterator

from freeq_proto.boundary import LocalProtocolError
from freeq_proto.identity.encoding import JsonValue

_TEXT, _LIST, _MAP = 3, 4, 5  # RFC 8949 §3.1: major types
_NULL = b"\xf6"
_CID_PREFIX = bytes([0x01, 0x71, 0x12, 0x20])  # CID version 1, dag-cbor, sha2-256, 32 bytes


def encode_dag_cbor(value: JsonValue) -> bytes:
    """Encode ``value``; raises LocalProtocolError for anything but strings, lists, maps and null."""
    return b"".join(_encode(value))


def dag_cbor_cid(value: JsonValue) -> str:
    """The CID of the encoding of ``value``, in base32: ``bafyrei…``."""
    return "b" + base32(_CID_PREFIX + hashlib.sha256(encode_dag_cbor(value)).digest())


def base32(data: bytes) -> str:
    """Base32 in lower case without padding (RFC 4648 §6)."""
    return base64.b32encode(data).decode("ascii").rstrip("=").lower()


def _encode(value: JsonValue) -> Iterator[bytes]:
    match value:
        case None:
            yield _NULL
        case str():
            text = value.encode("utf-8")
            yield _head(_TEXT, len(text)) + text
        case list():
            yield _head(_LIST, len(value))
            for item in value:
                yield from _encode(item)
        case dict():
            yield _head(_MAP, len(value))
            for key in sorted(value, key=_canonical):
                yield from _encode(key)
                yield from _encode(value[key])
        case _:
            raise LocalProtocolError("nothing that an operation is made of")


def _canonical(key: str) -> tuple[int, bytes]:
    encoded = key.encode("utf-8")
    return len(encoded), encoded


def _head(major: int, length: int) -> bytes:
    """The first bytes of an item (RFC 8949 §3): its type, and its length in as few bytes as possible."""
    if length < 24:
        return bytes([major << 5 | length])
    size = next(size for size in range(4) if length < 1 << (8 << size))
    return bytes([major << 5 | 24 + size]) + length.to_bytes(1 << size, "big")
