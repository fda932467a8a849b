"""The mechanism as a stranger would write it: from the document alone, with nothing of this project's code.

Straight through and without care for speed. That it agrees with every vector shows that the document says enough.
"""

import base64
import hashlib
import json
import re
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

Json = Any
Key = ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey

_ALPHABET: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_CURVES: Final[dict[str, ec.EllipticCurve]] = {"ES256K": ec.SECP256K1(), "ES256": ec.SECP256R1()}
_MEMBERS: Final = {
    **dict.fromkeys(("session_id", "nonce", "server", "server_id", "origin", "network", "scope", "cb"), str),
    "timestamp": int,
    "methods": list,
    "bind": list,
}


class RefusedError(Exception):
    """Refused, perhaps with a code."""

    def __init__(self, code: str | None = None) -> None:
        super().__init__(code)
        self.code = code


def need(condition: object, code: str | None = None) -> None:
    if not condition:
        raise RefusedError(code)


def base64url(text: str, code: str | None = None) -> bytes:
    """Terms, "base64url"."""
    need(re.fullmatch(r"[A-Za-z0-9_-]*", text) and len(text) % 4 != 1, code)
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    need(base64.urlsafe_b64encode(data).decode().rstrip("=") == text, code)
    return data


def parse(data: bytes, code: str | None = None) -> Json:
    """Terms, "JSON"."""

    def members(pairs: list[tuple[str, Json]]) -> Json:
        need(len(dict(pairs)) == len(pairs), code)
        return dict(pairs)

    try:
        return json.loads(data.decode(), object_pairs_hook=members)
    except ValueError:
        raise RefusedError(code) from None


# --- what a client may answer ---------------------------------------------------------------------------------------


def may_answer(challenge: bytes, dialled: str, now: int) -> Json:
    """Checks 2 to 4 of "What a client may answer"; returns the members."""
    need(len(challenge) <= 299)
    members = parse(challenge)
    need(isinstance(members, dict) and {"session_id", "nonce", "timestamp"} <= members.keys())
    for name, value in members.items():
        need(name in _MEMBERS and type(value) is _MEMBERS[name])
        need(not isinstance(value, list) or all(isinstance(each, str) for each in value))
    need(len(base64url(members["nonce"])) == 32)
    if "server" in members:
        need(members["server"].lower() == dialled.lower())
    else:
        need(members.get("server_id", "").lower() == f"did:web:{dialled.lower()}")
    need(abs(members["timestamp"] - now) <= 300)
    return members


def binding_hash(challenge: bytes, type: str, data: bytes) -> str:
    """Forms."""
    preimage = b"ATPROTO-CHALLENGE service-auth 1\0" + type.encode() + b"\0" + len(data).to_bytes(4, "big") + data
    return base64.b32encode(hashlib.sha256(preimage + challenge).digest()).decode().lower().rstrip("=")


# --- keys -----------------------------------------------------------------------------------------------------------


def base58(text: str) -> bytes:
    number = 0
    for character in text:
        number = number * 58 + _ALPHABET.index(character)
    zeros = len(text) - len(text.lstrip("1"))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")


def multikey(text: str) -> Key:
    data = base58(text.removeprefix("z"))
    if data[:2] == b"\xed\x01":
        need(data[2:] != bytes(32))  # one of the points of small order; a library that refuses all of them is better
        return ed25519.Ed25519PublicKey.from_public_bytes(data[2:])
    curve = {b"\xe7\x01": _CURVES["ES256K"], b"\x80\x24": _CURVES["ES256"]}[data[:2]]
    return ec.EllipticCurvePublicKey.from_encoded_point(curve, data[2:])


def key_of(method: Json) -> Key:
    suites = {
        "EcdsaSecp256k1VerificationKey2019": _CURVES["ES256K"],
        "EcdsaSecp256r1VerificationKey2019": _CURVES["ES256"],
    }
    if method["type"] == "Multikey":
        return multikey(method["publicKeyMultibase"])
    point = base58(method["publicKeyMultibase"].removeprefix("z"))
    return ec.EllipticCurvePublicKey.from_encoded_point(suites[method["type"]], point)


def fragment(method: Json, did: str) -> str:
    return str(method["id"].removeprefix(did).removeprefix("#"))


def good(key: Key, signature: bytes, message: bytes) -> bool:
    try:
        if isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, message)
        else:
            r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
            key.verify(encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


# --- what a server makes of an answer -------------------------------------------------------------------------------


def verify(vector: Json, documents: Json) -> str:
    """Returns the DID that was proved; raises RefusedError."""
    need(vector["answered"] - vector["issued"] < 60)
    data, challenge = base64url(vector["answer"]), base64url(vector["challenge"])
    answer = parse(data)
    need(isinstance(answer, dict))
    did, signature, method = answer.get("did"), answer.get("signature"), answer.get("method") or "crypto"
    need(method in vector["server"]["methods"])
    need(isinstance(did, str) and did.startswith("did:") and isinstance(signature, str))
    if method == "crypto":
        verify_crypto(did, signature, challenge, documents)
    else:
        need(len(data) <= 4096, "TOKEN_MALFORMED")
        verify_service_auth(vector, answer, challenge, documents)
    return str(did)


def verify_crypto(did: str, signature: str, challenge: bytes, documents: Json) -> None:
    """The method crypto."""
    decoded = base64url(signature)
    need(len(decoded) == 64)
    if did.startswith("did:key:"):
        keys = [multikey(did.removeprefix("did:key:"))]
    else:
        need(did in documents, "IDENTITY_UNAVAILABLE")
        document = documents[did]
        listed = [*document.get("authentication", []), *document.get("assertionMethod", [])]
        own = [each for each in document["verificationMethod"] if fragment(each, did) == "freeq"]
        methods = [each for each in [*listed, *own] if each["controller"] == did and fragment(each, did) != "atproto"]
        keys = [key_of(each) for each in methods]
    need(any(good(key, decoded, challenge) for key in keys))


def verify_service_auth(vector: Json, answer: Json, challenge: bytes, documents: Json) -> None:
    """Verifying a service-auth answer, step by step."""
    malformed, server, did = "TOKEN_MALFORMED", vector["server"], answer["did"]
    token = answer["signature"]
    need(len(token) <= 2048 and token.count(".") == 2, malformed)
    signing_input, _, last = token.rpartition(".")
    header, claims = (parse(base64url(part, malformed), malformed) for part in signing_input.split("."))
    signature = base64url(last, malformed)
    # 3
    need(header.get("alg") in _CURVES and "crit" not in header, malformed)
    need(header.get("kid", "#atproto") == "#atproto", malformed)
    kind = str(header.get("typ", "JWT")).lower().removeprefix("application/")
    need(kind not in ("at+jwt", "refresh+jwt", "dpop+jwt"), malformed)
    # 4
    need(claims.get("iss") == did and isinstance(claims.get("aud"), str), malformed)
    # 5
    binding = answer.get("cb") or "none"
    end_point = bytes.fromhex(server["end_point"])
    need(binding == "none" or (binding == "tls-server-end-point" and end_point), "TOKEN_BINDING")
    tag = "n" + binding_hash(challenge, binding, end_point if binding != "none" else b"")
    full, method = f"{server['server_id']}#irc", "blue.irc.auth"
    forms = {"lxm": (full, f"{method}.{tag}"), "none": (full, method), "aud": (f"{full}.{tag}", method)}
    taken = {pair: form for form, pair in forms.items() if form in server["bind"]}
    if server["legacy_audience"]:
        bare = {(server["server_id"], lxm): form for (_, lxm), form in taken.items() if form != "aud"}
        taken |= bare
    need(claims["aud"] in [audience for audience, _ in taken], "TOKEN_AUDIENCE")
    need((claims["aud"], claims.get("lxm")) in taken, "TOKEN_METHOD")
    unbound = taken[claims["aud"], claims["lxm"]] == "none"
    # 6
    made, ends, now = claims.get("iat"), claims.get("exp"), vector["answered"]
    need(type(made) is int and type(ends) is int and 0 < ends - made <= 300, malformed)
    need(ends >= now - 30, "TOKEN_EXPIRED")
    need(made <= now + 30, "TOKEN_CLOCK")
    if unbound:
        need(made >= parse(challenge)["timestamp"] - 30, "TOKEN_CLOCK")
        need(isinstance(claims.get("jti"), str) and 16 <= len(claims["jti"]) <= 128, malformed)
        need([did, claims["jti"]] not in vector.get("used", []), "TOKEN_REPLAYED")
    # 7
    need(did in documents, "IDENTITY_UNAVAILABLE")
    first = next(each for each in documents[did]["verificationMethod"] if fragment(each, did) == "atproto")
    key = key_of(first)
    assert isinstance(key, ec.EllipticCurvePublicKey)
    need(first["controller"] == did and key.curve.name == _CURVES[header["alg"]].name, "TOKEN_SIGNATURE")
    # 8 and 10
    need(len(signature) == 64 and good(key, signature, signing_input.encode()), "TOKEN_SIGNATURE")
    need(not vector.get("inactive"), "ACCOUNT_INACTIVE")
