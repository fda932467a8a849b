"""What the vectors are made of: keys, documents, challenges, answers and tokens, written with primitives alone."""

import base64
import hashlib
from typing import Final

from freeq_proto.boundary import KeyType
from freeq_proto.identity import (
    Did,
    JsonValue,
    PrivateKey,
    encode_base64url,
    encode_json,
    encode_multibase,
    format_multikey,
    public_key_to_did_key,
)

Members = dict[str, JsonValue]

SERVER: Final = "irc.example.org"
SERVER_DID: Final = f"did:web:{SERVER}"
ISSUED: Final = 1_795_336_431
END_POINT: Final = hashlib.sha256(b"the certificate of irc.example.org").digest()
OTHER_END_POINT: Final = hashlib.sha256(b"the certificate of evil.example").digest()
METHODS: Final = ["crypto", "service-auth"]

KEYS: Final = {
    "alice": PrivateKey(KeyType.ED25519, bytes(range(32, 64))),
    "alice secp256k1": PrivateKey(KeyType.SECP256K1, bytes(range(1, 33))),
    "alice P-256": PrivateKey(KeyType.P256, bytes(range(2, 34))),
    "host secp256k1": PrivateKey(KeyType.SECP256K1, bytes(range(3, 35))),
    "host P-256": PrivateKey(KeyType.P256, bytes(range(4, 36))),
    "mallory": PrivateKey(KeyType.ED25519, bytes(range(5, 37))),
    "mallory secp256k1": PrivateKey(KeyType.SECP256K1, bytes(range(6, 38))),
}
ORDER_SECP256K1: Final = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141

ALICE: Final = Did("did:plc:alicealicealicealicealic")
BOB: Final = Did("did:plc:bobbobbobbobbobbobbobbob")
CAROL: Final = Did("did:plc:carolcarolcarolcarolcaro")
WEB: Final = Did("did:web:alice.example.com")
UNKNOWN: Final = Did("did:plc:unknownunknownunknownunk")
NETWORK: Final = Did("did:plc:networknetworknetworknet")
PDS: Final = "https://pds.example.net"


def did_of(key: str) -> Did:
    """The did:key of one of the keys."""
    return public_key_to_did_key(KEYS[key].public_key)


# --- documents ------------------------------------------------------------------------------------------------------


def method(did: str, fragment: str, key: str, controller: str | None = None) -> Members:
    """A verification method as a multikey."""
    return {
        "id": f"{did}#{fragment}",
        "type": "Multikey",
        "controller": did if controller is None else controller,
        "publicKeyMultibase": format_multikey(KEYS[key].public_key),
    }


def method_of_2019(did: str, fragment: str, key: str) -> Members:
    """A verification method as a bare point with a relative id, as the older half of all documents has it."""
    suite = {KeyType.SECP256K1: "EcdsaSecp256k1VerificationKey2019", KeyType.P256: "EcdsaSecp256r1VerificationKey2019"}
    public = KEYS[key].public_key
    multibase = encode_multibase(public.data)
    return {"id": f"#{fragment}", "type": suite[public.type], "controller": did, "publicKeyMultibase": multibase}


def document(did: str, *methods: Members, **members: JsonValue) -> Members:
    """A DID document of an account."""
    service: JsonValue = [{"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": PDS}]
    return {"id": did, "verificationMethod": list(methods), "service": service, **members}


DOCUMENTS: Final[dict[str, Members]] = {
    ALICE: document(ALICE, method(ALICE, "atproto", "host secp256k1"), method(ALICE, "freeq", "alice")),
    BOB: document(
        BOB,
        method_of_2019(BOB, "atproto", "host secp256k1"),
        method(BOB, "freeq", "mallory", controller=ALICE),
        method(BOB, "other", "mallory secp256k1"),
    ),
    CAROL: document(
        CAROL, method(CAROL, "atproto", "host P-256"), authentication=[method(CAROL, "home", "alice secp256k1")]
    ),
    WEB: document(WEB, method(WEB, "atproto", "host secp256k1"), method_of_2019(WEB, "freeq", "alice P-256")),
    NETWORK: {
        "id": NETWORK,
        "service": [{"id": "#irc", "type": "IrcServer", "serviceEndpoint": ["ircs://irc.example.org:6697"]}],
    },
}


# --- challenges and answers -----------------------------------------------------------------------------------------


def nonce_of(name: str) -> bytes:
    """A nonce that follows from a name: what is random elsewhere must not be here."""
    return hashlib.sha256(name.encode()).digest()


def challenge_members(name: str, **changes: JsonValue) -> Members:
    """The members of a challenge; None leaves one out."""
    members: Members = {
        "session_id": "1.7",
        "nonce": encode_base64url(nonce_of(name)),
        "timestamp": ISSUED,
        "server": SERVER,
        "server_id": SERVER_DID,
        "methods": list(METHODS),
        "cb": "tls-server-end-point",
    }
    return {key: value for key, value in (members | changes).items() if value is not None}


def challenge(name: str, **changes: JsonValue) -> bytes:
    """The bytes of a challenge."""
    return encode_json(challenge_members(name, **changes))


def binding_hash(data: bytes, type: str = "none", binding: bytes = b"") -> str:
    """The hash of a challenge and a channel, written out."""
    preimage = b"ATPROTO-CHALLENGE service-auth 1" + b"\0" + type.encode() + b"\0"
    preimage += len(binding).to_bytes(4, "big") + binding + data
    return base64.b32encode(hashlib.sha256(preimage).digest()).decode().lower().replace("=", "")


def token(key: str, claims: JsonValue, header: Members | None = None) -> str:
    """A token with any claims and any header, correctly signed."""
    algorithm = {KeyType.SECP256K1: "ES256K", KeyType.P256: "ES256", KeyType.ED25519: "EdDSA"}[KEYS[key].type]
    parts: list[JsonValue] = [{"typ": "JWT", "alg": algorithm} if header is None else header, claims]
    signing_input = ".".join(encode_base64url(encode_json(part)) for part in parts)
    return f"{signing_input}.{encode_base64url(KEYS[key].sign(signing_input.encode()))}"


def claims_of(did: str, name: str, **changes: JsonValue) -> Members:
    """The claims of a token of the form ``none``; None leaves one out."""
    claims: Members = {
        "iat": ISSUED + 1,
        "iss": did,
        "aud": f"{SERVER_DID}#irc",
        "exp": ISSUED + 61,
        "lxm": "blue.irc.auth",
        "jti": nonce_of(name).hex()[:32],
    }
    return {key: value for key, value in (claims | changes).items() if value is not None}


def high_s(signature: bytes) -> bytes:
    """The other signature of secp256k1 that is as good."""
    return signature[:32] + (ORDER_SECP256K1 - int.from_bytes(signature[32:], "big")).to_bytes(32, "big")
