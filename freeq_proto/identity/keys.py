"""Public and private keys: multikeys, did:key, signing and verifying.

Three key types, as in https://atproto.com/specs/cryptography plus Ed25519. A :class:`PublicKey` is checked when it is
made, so whatever holds one holds nothing that would pass every check, and of the ECDSA curves a point. Private keys
come from given bytes; nothing here draws randomness, and ECDSA nonces are derived from key and message (RFC 6979), so
the same inputs give the same signature.
"""

import functools
from typing import Final

import attrs
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from freeq_proto.boundary import Entropy, KeyType, LocalProtocolError, RemoteProtocolError
from freeq_proto.identity.did import Did, did_method, parse_did
from freeq_proto.identity.encoding import InvalidEncodingError, decode_multibase, encode_multibase

SIGNATURE_LENGTH: Final = 64
"""Bytes of a signature of every key type: Ed25519 (RFC 8032), or ECDSA's ``r || s`` of 32 bytes each."""


class InvalidKeyError(RemoteProtocolError):
    """A peer's key is malformed, of an unknown type, or not a point of its curve."""


@attrs.frozen
class _Curve:
    """What tells the two ECDSA key types apart."""

    curve: ec.EllipticCurve
    order: int


_CURVES: Final = {
    # SEC 2 §2.4.1 and §2.4.2
    KeyType.SECP256K1: _Curve(
        ec.SECP256K1(), 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141
    ),
    KeyType.P256: _Curve(ec.SECP256R1(), 0xFFFFFFFF_00000000_FFFFFFFF_FFFFFFFF_BCE6FAAD_A7179E84_F3B9CAC2_FC632551),
}

_MULTICODEC: Final = {  # unsigned varints of the multicodec table's codes 0xed, 0xe7 and 0x1200
    KeyType.ED25519: b"\xed\x01",
    KeyType.SECP256K1: b"\xe7\x01",
    KeyType.P256: b"\x80\x24",
}

_ECDSA: Final = ec.ECDSA(hashes.SHA256())
_ECDSA_DETERMINISTIC: Final = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)


@attrs.frozen
class PublicKey:
    """A public key; construction raises InvalidKeyError for ``data`` that is not a key of ``type`` in its one spelling.

    Of an Ed25519 key, whether it is a point is left to verification: under one that is not, nothing verifies.
    """

    type: KeyType
    data: bytes
    """Ed25519: 32 bytes (RFC 8032 §5.1.2); secp256k1 and P-256: the compressed point, 33 bytes (SEC 1 §2.3.3)."""

    def __attrs_post_init__(self) -> None:
        """Refuse what no signature could be checked against, and what would pass every check."""
        if self.type is KeyType.ED25519:
            _check_ed25519_key(self.data)
        else:
            _load_compressed_point(self.type, self.data)


@attrs.frozen
class PrivateKey:
    """A private key from 32 given bytes; raises LocalProtocolError if they are not one."""

    type: KeyType
    data: bytes = attrs.field(repr=False)
    """Ed25519: the seed (RFC 8032 §5.1.5); secp256k1 and P-256: the scalar, big-endian."""

    def __attrs_post_init__(self) -> None:
        """Refuse a wrong length and a scalar of zero or beyond the order of the curve."""
        if len(self.data) != 32:
            raise LocalProtocolError("a private key is 32 bytes")
        if self.type is not KeyType.ED25519 and not 0 < int.from_bytes(self.data, "big") < _CURVES[self.type].order:
            raise LocalProtocolError("not a scalar of the curve")

    @classmethod
    def derive(cls, type: KeyType, entropy: Entropy) -> "PrivateKey":
        """Make a new key of 48 random bytes: enough that reducing them modulo the order leaves no bias to speak of.

        FIPS 186-5 §A.2.1, "Key Pair Generation using Extra Random Bits"; for Ed25519 the first 32 bytes are the seed.
        """
        drawn = entropy(48)
        if type is KeyType.ED25519:
            return cls(type, drawn[:32])
        scalar = int.from_bytes(drawn, "big") % (_CURVES[type].order - 1) + 1
        return cls(type, scalar.to_bytes(32, "big"))

    @property
    def public_key(self) -> PublicKey:
        """The public key that belongs to it."""
        if self.type is KeyType.ED25519:
            return PublicKey(self.type, self._ed25519().public_key().public_bytes_raw())
        point = self._ecdsa().public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
        return PublicKey(self.type, point)

    def sign(self, message: bytes) -> bytes:
        """Sign ``message``: 64 bytes, the same for the same inputs, and low-S as AT Protocol requires of signers."""
        if self.type is KeyType.ED25519:
            return self._ed25519().sign(message)
        r, s = decode_dss_signature(self._ecdsa().sign(message, _ECDSA_DETERMINISTIC))
        s = min(s, _CURVES[self.type].order - s)
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def _ed25519(self) -> ed25519.Ed25519PrivateKey:
        return ed25519.Ed25519PrivateKey.from_private_bytes(self.data)

    def _ecdsa(self) -> ec.EllipticCurvePrivateKey:
        return ec.derive_private_key(int.from_bytes(self.data, "big"), _CURVES[self.type].curve)


def verify(key: PublicKey, signature: bytes, message: bytes) -> bool:
    """Whether ``key`` made ``signature`` (:data:`SIGNATURE_LENGTH` bytes) over ``message``; never raises.

    ECDSA signatures with a high S are accepted. AT Protocol asks signers for low-S, but wallets and WebCrypto do not
    normalize, so real clients send both. The second form would matter only where a signature names what it signs: here
    a challenge is used once, and nothing is identified by its signature.
    """
    if len(signature) != SIGNATURE_LENGTH:
        return False
    try:
        if key.type is KeyType.ED25519:
            ed25519.Ed25519PublicKey.from_public_bytes(key.data).verify(signature, message)
        else:
            r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
            _load_compressed_point(key.type, key.data).verify(encode_dss_signature(r, s), message, _ECDSA)
    except InvalidSignature:
        return False
    return True


# --- multikey and did:key -------------------------------------------------------------------------------------------


def format_multikey(key: PublicKey) -> str:
    """Write a key as a multikey: ``z6Mk…`` (Ed25519), ``zQ3s…`` (secp256k1), ``zDn…`` (P-256)."""
    return encode_multibase(_MULTICODEC[key.type] + key.data)


def parse_multikey(text: str) -> PublicKey:
    """Read a multikey (``publicKeyMultibase`` of type ``Multikey``, the body of a did:key). Raises InvalidKeyError."""
    try:
        decoded = decode_multibase(text)
    except InvalidEncodingError as error:
        raise InvalidKeyError(str(error)) from None
    for key_type, prefix in _MULTICODEC.items():
        if decoded.startswith(prefix):
            return PublicKey(key_type, decoded.removeprefix(prefix))
    raise InvalidKeyError("a multikey of a type other than Ed25519, secp256k1 and P-256")


def did_key_to_public_key(did: Did) -> PublicKey:
    """Return the key that a did:key is. Raises InvalidKeyError, also for DIDs of other methods."""
    if did_method(did) != "key":
        raise InvalidKeyError("not a did:key")
    return parse_multikey(did.removeprefix("did:key:"))


def public_key_to_did_key(key: PublicKey) -> Did:
    """Return the did:key of a key (https://w3c-ccg.github.io/did-key-spec/, "Format")."""
    return parse_did(f"did:key:{format_multikey(key)}")


def public_key_of_point(key_type: KeyType, data: bytes) -> PublicKey:
    """Return the ECDSA key whose point is ``data``, compressed or not (SEC 1 §2.3.3). Raises InvalidKeyError.

    The suites of 2019 (``EcdsaSecp256k1VerificationKey2019`` and its P-256 sister) write it so, without multicodec.
    """
    if key_type is KeyType.ED25519:
        raise LocalProtocolError("an Ed25519 key has one form")
    if len(data) != 65:
        return PublicKey(key_type, data)
    point = _load_point(key_type, data)
    return PublicKey(key_type, point.public_bytes(Encoding.X962, PublicFormat.CompressedPoint))


def coordinates(key: PublicKey) -> tuple[bytes, bytes]:
    """Return x and y of an ECDSA key's point, 32 bytes each: what a JWK holds (RFC 7518 §6.2.1)."""
    if key.type is KeyType.ED25519:
        raise LocalProtocolError("an Ed25519 key has no coordinates")
    point = _load_compressed_point(key.type, key.data).public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return point[1:33], point[33:]


# --- points ---------------------------------------------------------------------------------------------------------


def _load_compressed_point(key_type: KeyType, data: bytes) -> ec.EllipticCurvePublicKey:
    # `from_encoded_point` takes uncompressed points too; one key must have one spelling.
    if len(data) != 33:
        raise InvalidKeyError("not a compressed point of 33 bytes")
    return _load_point(key_type, data)


@functools.lru_cache(maxsize=512)  # a sign-in loads its key twice: where it is read, and where it verifies
def _load_point(key_type: KeyType, data: bytes) -> ec.EllipticCurvePublicKey:
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(_CURVES[key_type].curve, data)
    except ValueError:
        raise InvalidKeyError("not a point of its curve") from None
    except UnsupportedAlgorithm:
        raise InvalidKeyError("a curve that this system's cryptography does not offer") from None


_FIELD: Final = 2**255 - 19
_ORDER_EIGHT_Y: Final = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
# The y coordinates of the eight points of order 1, 2, 4 and 8.
_SMALL_ORDER_Y: Final = (1, _FIELD - 1, 0, _ORDER_EIGHT_Y, _FIELD - _ORDER_EIGHT_Y)


def _check_ed25519_key(data: bytes) -> None:
    """Check what the library does not (RFC 8032 §5.1.3): that the key has one spelling, and a large order.

    Under a key of small order one signature fits every message: whoever published it would prove nothing with it, and
    anybody could sign in as its did:key. Whether y belongs to a point at all costs a square root to know; no signature
    verifies under a y that does not, so it is left to each verification.
    """
    if len(data) != 32:
        raise InvalidKeyError("not an Ed25519 key of 32 bytes")
    y = int.from_bytes(data, "little") & (2**255 - 1)
    if y >= _FIELD:
        raise InvalidKeyError("not a canonical Ed25519 key")
    if y in _SMALL_ORDER_Y:
        raise InvalidKeyError("an Ed25519 key of small order")
