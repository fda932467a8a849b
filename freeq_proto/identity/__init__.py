"""Who somebody is: DIDs, keys and the strict encodings that both are written in.

This room knows the syntax of DIDs, public keys as multikeys and did:key, signatures, Argon2id passwords, and decoders
that accept one spelling of a value and no other. It refuses to know what a proof is for: no sign-in mechanism, no
session, no IRC. It draws no randomness: keys and salts come from bytes that the caller hands in.
"""

from freeq_proto.identity.did import MAX_DID_LENGTH, Did, InvalidDidError, did_method, parse_did
from freeq_proto.identity.encoding import (
    MAX_BASE58_LENGTH,
    MAX_JSON_DEPTH,
    InvalidEncodingError,
    JsonValue,
    decode_base58btc,
    decode_base64,
    decode_base64_any,
    decode_base64url,
    decode_multibase,
    encode_base58btc,
    encode_base64,
    encode_base64url,
    encode_json,
    encode_multibase,
    parse_json,
)
from freeq_proto.identity.keys import (
    SIGNATURE_LENGTH,
    InvalidKeyError,
    PrivateKey,
    PublicKey,
    did_key_to_public_key,
    format_multikey,
    parse_multikey,
    public_key_to_did_key,
    verify,
)
from freeq_proto.identity.passwords import SALT_LENGTH, hash_password, is_phc, verify_password

__all__ = [
    "MAX_BASE58_LENGTH",
    "MAX_DID_LENGTH",
    "MAX_JSON_DEPTH",
    "SALT_LENGTH",
    "SIGNATURE_LENGTH",
    "Did",
    "InvalidDidError",
    "InvalidEncodingError",
    "InvalidKeyError",
    "JsonValue",
    "PrivateKey",
    "PublicKey",
    "decode_base58btc",
    "decode_base64",
    "decode_base64_any",
    "decode_base64url",
    "decode_multibase",
    "did_key_to_public_key",
    "did_method",
    "encode_base58btc",
    "encode_base64",
    "encode_base64url",
    "encode_json",
    "encode_multibase",
    "format_multikey",
    "hash_password",
    "is_phc",
    "parse_did",
    "parse_json",
    "parse_multikey",
    "public_key_to_did_key",
    "verify",
    "verify_password",
]
