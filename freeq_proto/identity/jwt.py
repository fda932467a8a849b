"""JSON Web Tokens in compact form (RFC 7515, RFC 7519), read strictly and signed.

A token is parsed here and verified elsewhere: who may have signed it is known only after its issuer was looked up. So
nothing of a :class:`Jwt` is true before the job of :func:`verify_job` has said so. The key is always one that the
caller found; ``jwk``, ``jku`` and ``x5u`` of a header choose nothing, and the algorithm must be that of the key.
"""

from collections.abc import Mapping
from typing import Final

import attrs

from freeq_proto.boundary import KeyType, RemoteProtocolError, VerifySignature
from freeq_proto.identity.encoding import (
    InvalidEncodingError,
    JsonValue,
    decode_base64url,
    encode_base64url,
    encode_json,
    parse_json,
)
from freeq_proto.identity.keys import SIGNATURE_LENGTH, PrivateKey, PublicKey

JWT_LIMIT: Final = 2048
"""Characters of a token unless a caller says otherwise; those of a PDS have about 400."""

_ALGORITHMS: Final = {
    KeyType.ED25519: "EdDSA",  # RFC 8037 §3.1
    KeyType.SECP256K1: "ES256K",  # RFC 8812 §3.2
    KeyType.P256: "ES256",  # RFC 7518 §3.4
}


class InvalidJwtError(RemoteProtocolError):
    """A peer's text is not a token that this library reads, or not one for the key at hand. Never quotes the text."""


@attrs.frozen
class Jwt:
    """A token as it was written. Whether its signature is good is another question."""

    header: dict[str, JsonValue]
    claims: dict[str, JsonValue]
    signing_input: bytes = attrs.field(repr=False)
    """What the signature is over (RFC 7515 §5.1): the first two parts as they stood."""
    signature: bytes = attrs.field(repr=False)

    @property
    def algorithm(self) -> str:
        """The ``alg`` of the header; one that signs with a key pair."""
        return str(self.header["alg"])


def parse_jwt(text: str, limit: int = JWT_LIMIT) -> Jwt:
    """Read a compact JWS whose payload is a JSON object, of at most ``limit`` characters. Raises InvalidJwtError.

    Refused: an ``alg`` other than ES256, ES256K and EdDSA (``none`` among them), any ``crit`` (RFC 7515 §4.1.11: no
    extension is understood here), equal members, base64url that is not canonical, and a signature of a wrong length.
    """
    if len(text) > limit:
        raise InvalidJwtError(f"a token longer than {limit} characters")
    parts = text.split(".", 3)
    if len(parts) != 3:
        raise InvalidJwtError("not a signed token of three parts")
    try:
        header, claims = (_object(part, limit) for part in parts[:2])
        signature = decode_base64url(parts[2])
    except InvalidEncodingError as error:
        raise InvalidJwtError(f"a malformed token: {error}") from None
    if header.get("alg") not in _ALGORITHMS.values():
        raise InvalidJwtError("a token that is not signed by ES256, ES256K or EdDSA")
    if "crit" in header:
        raise InvalidJwtError("a token with critical extensions")
    if len(signature) != SIGNATURE_LENGTH:
        raise InvalidJwtError(f"a token whose signature is not {SIGNATURE_LENGTH} bytes")
    return Jwt(header, claims, f"{parts[0]}.{parts[1]}".encode("ascii"), signature)


def verify_job(jwt: Jwt, key: PublicKey) -> VerifySignature:
    """Return the job that tells whether ``key`` signed ``jwt``. Raises InvalidJwtError if ``alg`` does not fit the key.

    High-S signatures pass: signers of service tokens are not held to low-S, and no token is named by its signature.
    """
    if jwt.algorithm != algorithm_of(key.type):
        raise InvalidJwtError("a token whose algorithm is not that of the key")
    return VerifySignature(((key.type, key.data),), jwt.signature, jwt.signing_input)


def sign_jwt(header: Mapping[str, JsonValue], claims: Mapping[str, JsonValue], key: PrivateKey) -> str:
    """Return a compact JWS of ``claims``; ``alg`` follows from the key and is put last into the header."""
    parts = ({**header, "alg": algorithm_of(key.type)}, dict(claims))
    signing_input = ".".join(encode_base64url(encode_json(part)) for part in parts)
    return f"{signing_input}.{encode_base64url(key.sign(signing_input.encode('ascii')))}"


def algorithm_of(key_type: KeyType) -> str:
    """Return the JOSE name of the algorithm that keys of this type sign with."""
    return _ALGORITHMS[key_type]


def _object(part: str, limit: int) -> dict[str, JsonValue]:
    value = parse_json(decode_base64url(part), limit)
    if not isinstance(value, dict):
        raise InvalidEncodingError("not a JSON object")
    return value
