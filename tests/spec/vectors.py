"""The test vectors of the specification, made anew: ``python -m tests.spec.vectors`` writes them."""

import json
from pathlib import Path
from typing import Final

from freeq_proto.identity import (
    JsonValue,
    encode_base64url,
    encode_json,
    format_multikey,
    public_key_to_did_key,
)
from freeq_proto.sasl import split_payload
from tests.spec.answer_vectors import answer_vectors
from tests.spec.client_vectors import token_vectors
from tests.spec.parts import (
    DOCUMENTS,
    END_POINT,
    ISSUED,
    KEYS,
    NETWORK,
    SERVER,
    Members,
    binding_hash,
    challenge,
)

FILE: Final = Path(__file__).parents[2] / "docs" / "spec" / "atproto-challenge-vectors.json"


def keys() -> JsonValue:
    return {
        name: {
            "type": key.type.value.removesuffix("-pub"),
            "private": key.data.hex(),
            "public": format_multikey(key.public_key),
            "did": public_key_to_did_key(key.public_key),
        }
        for name, key in KEYS.items()
    }


def framing() -> list[JsonValue]:
    """Payloads around the length of a chunk."""
    return [
        {"payload": payload, "arguments": list(split_payload(payload))}
        for payload in ("", "QQ", "A" * 399, "A" * 400, "A" * 401, "A" * 684, "A" * 800)
    ]


def hashes() -> list[JsonValue]:
    """The hash with and without a channel."""
    return [
        {
            "challenge": encode_base64url(data),
            "type": type,
            "data": binding.hex(),
            "hash": binding_hash(data, type, binding),
        }
        for data in (b"{}", challenge("a hash"))
        for type, binding in (("none", b""), ("tls-server-end-point", END_POINT))
    ]


def challenges() -> list[JsonValue]:
    """What a client may answer, and what it must not."""
    name = "a challenge"
    good = challenge(name)

    def vector(what: str, data: bytes, reason: str | None = None, now: int = ISSUED, dialled: str = SERVER) -> Members:
        outcome: Members = {"valid": True} if reason is None else {"valid": False, "reason": reason}
        return {"name": what, "dialled": dialled, "now": now, "challenge": encode_base64url(data), **outcome}

    full = challenge(name, origin="z6Mk" + "o" * 44, network="freeq", scope="login", methods=None, bind=["lxm"])
    missing = [
        vector(f"without {each}", challenge(name, **{each: None}), "a required member is missing")
        for each in ("session_id", "nonce", "timestamp")
    ]
    return [
        vector("as servers send it", good),
        vector("every text member, and bind", full),
        vector("the name in other letters", good, dialled="IRC.Example.ORG"),
        vector("the name in server_id alone", challenge(name, server=None)),
        vector("a DID of another kind beside the name", challenge(name, server_id=NETWORK)),
        vector("the client's clock is 300 seconds behind", good, now=ISSUED - 300),
        vector("white space", good.replace(b",", b", ")),
        *missing,
        vector("for another server", good, "server is not the host that was dialled", dialled="evil.example"),
        vector(
            "for a server whose name begins alike",
            challenge(name, server=f"{SERVER}.evil.example"),
            "server is not the host that was dialled",
        ),
        vector("with neither name nor DID", challenge(name, server=None, server_id=None), "it names no server"),
        vector(
            "the name in a server_id of another method",
            challenge(name, server=None, server_id=NETWORK),
            "it names no server",
        ),
        vector("old", good, "timestamp", now=ISSUED + 301),
        vector("from the future", good, "timestamp", now=ISSUED - 301),
        vector("a timestamp as text", challenge(name, timestamp=str(ISSUED)), "timestamp is not an integer"),
        vector("a timestamp with a fraction", challenge(name, timestamp=float(ISSUED)), "timestamp is not an integer"),
        vector("a member that no challenge has", challenge(name, aud="evil"), "it has an unknown member"),
        vector("a member twice", good[:-1] + b',"server":"evil.example"}', "a name appears twice"),
        vector("a short nonce", challenge(name, nonce=encode_base64url(bytes(31))), "nonce is not 32 bytes"),
        vector("methods as text", challenge(name, methods="crypto"), "methods is not an array of strings"),
        vector("a number in methods", challenge(name, methods=["crypto", 1]), "methods is not an array of strings"),
        vector("too long", challenge(name, session_id="1" * 200), "longer than 299 bytes"),
        vector("not an object", encode_json([json.loads(good)]), "not an object"),
        vector("the head of a token", b'{"alg":"ES256K","typ":"JWT"}', "a required member is missing"),
        vector("nothing", b"", "not JSON"),
    ]


def vectors() -> Members:
    """Everything in the file."""
    return {
        "specification": "SASL mechanism ATPROTO-CHALLENGE, docs/spec/atproto-challenge.md",
        "keys": keys(),
        "documents": dict(DOCUMENTS),
        "framing": framing(),
        "hashes": hashes(),
        "challenges": challenges(),
        "answers": answer_vectors(),
        "tokens": token_vectors(),
    }


def text() -> str:
    """The file as it should be."""
    return json.dumps(vectors(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
