"""Vectors of answers: what a server sent, what came back, and what is to be made of it."""

from collections.abc import Iterator

from freeq_proto.identity import JsonValue, encode_base64url, encode_json, encode_multibase
from tests.spec.parts import (
    ALICE,
    BOB,
    CAROL,
    END_POINT,
    ISSUED,
    KEYS,
    METHODS,
    OTHER_END_POINT,
    SERVER,
    SERVER_DID,
    UNKNOWN,
    WEB,
    Members,
    binding_hash,
    challenge,
    claims_of,
    did_of,
    high_s,
    token,
)


def vector(
    name: str,
    answer: "JsonValue | bytes",
    *,
    reason: str | None = None,
    code: str | None = None,
    server: Members | None = None,
    answered: int = ISSUED + 2,
    **more: JsonValue,
) -> Members:
    """One vector; valid unless a ``reason`` is given."""
    settings: Members = {
        "name": SERVER,
        "server_id": SERVER_DID,
        "methods": list(METHODS),
        "bind": ["lxm", "none"],
        "legacy_audience": True,
        "end_point": END_POINT.hex(),
        **(server or {}),
    }
    asked = challenge_of(name, settings)
    outcome: Members = {"valid": True} if reason is None else {"valid": False, "reason": reason}
    return {
        "name": name,
        "server": settings,
        "issued": ISSUED,
        "challenge": encode_base64url(asked),
        "answered": answered,
        "answer": encode_base64url(answer if isinstance(answer, bytes) else encode_json(answer)),
        **outcome,
        **({} if code is None else {"code": code}),
        **more,
    }


def challenge_of(name: str, server: Members | None = None) -> bytes:
    """The challenge of the vector ``name`` on a server with these settings."""
    settings: Members = server or {}
    tokens = "service-auth" in list(settings.get("methods", METHODS))  # type: ignore[arg-type]  # it is a list
    bind = settings.get("bind", ["lxm", "none"])
    return challenge(
        name,
        methods=settings.get("methods", list(METHODS)),
        cb="tls-server-end-point" if settings.get("end_point", "x") and tokens else None,
        bind=None if bind == ["lxm", "none"] else bind,
    )


# --- crypto ---------------------------------------------------------------------------------------------------------


def crypto(did: str, signature: bytes, **changes: JsonValue) -> Members:
    """An answer by ``crypto``; None leaves a member out."""
    answer: Members = {"did": did, "method": "crypto", "signature": encode_base64url(signature)}
    return {key: value for key, value in (answer | changes).items() if value is not None}


def signed(name: str, key: str, did: str | None = None, **changes: JsonValue) -> Members:
    """An answer with a good signature over the challenge of the vector ``name``."""
    return crypto(did or did_of(key), KEYS[key].sign(challenge_of(name)), **changes)


def valid_crypto() -> Iterator[Members]:
    """Everything that signs in with a key."""
    for name, key, did in (
        ("crypto: did:key, Ed25519", "alice", None),
        ("crypto: did:key, secp256k1", "alice secp256k1", None),
        ("crypto: did:key, P-256", "alice P-256", None),
        ("crypto: did:plc, verification method #freeq", "alice", ALICE),
        ("crypto: did:plc, inline method in authentication", "alice secp256k1", CAROL),
        ("crypto: did:web, bare point of 2019, relative id", "alice P-256", WEB),
    ):
        yield vector(name, signed(name, key, did), signer=key)
    name = "crypto: method absent"
    yield vector(name, signed(name, "alice", method=None))
    name = "crypto: unknown members and null are ignored"
    yield vector(name, signed(name, "alice", pds_url=None) | {"x": {"y": []}, "dpop_proof": None})
    name = "crypto: the higher s"
    key = "alice secp256k1"
    yield vector(name, crypto(did_of(key), high_s(KEYS[key].sign(challenge_of(name)))))


def invalid_crypto() -> Iterator[Members]:
    """Everything that does not."""
    name = "crypto: another key"
    yield vector(name, signed(name, "mallory", did_of("alice")), reason="the signature is not one of this DID")
    name = "crypto: another curve"
    yield vector(name, signed(name, "alice P-256", did_of("alice")), reason="the signature is not one of this DID")
    name = "crypto: over another challenge"
    other = crypto(did_of("alice"), KEYS["alice"].sign(challenge_of("of another connection")))
    yield vector(name, other, reason="the signature is over the challenge of another connection")
    name = "crypto: over the text instead of the bytes"
    text = encode_base64url(challenge_of(name)).encode()
    yield vector(name, crypto(did_of("alice"), KEYS["alice"].sign(text)), reason="the signature is over base64")
    name = "crypto: the key of the host"
    yield vector(name, signed(name, "host secp256k1", ALICE), reason="#atproto is not the user's key")
    name = "crypto: a key with another controller"
    yield vector(name, signed(name, "mallory", BOB), reason="the controller of the key is not the DID")
    name = "crypto: a key with another fragment"
    yield vector(name, signed(name, "mallory secp256k1", BOB), reason="the key is in no section and not #freeq")
    small = "did:key:" + encode_multibase(b"\xed\x01" + bytes(32))
    yield vector("crypto: a key of small order", crypto(small, bytes(64)), reason="any signature fits such a key")
    name = "crypto: 63 bytes"
    yield vector(name, crypto(did_of("alice"), bytes(63)), reason="the signature is not 64 bytes")
    name = "crypto: a signature with padding"
    padded = signed(name, "alice")
    yield vector(name, padded | {"signature": f"{padded['signature']}=="}, reason="base64url has no padding")
    name = "crypto: equal members"
    data = encode_json(signed(name, "alice"))
    yield vector(name, data[:-1] + b',"did":"x"}', reason="a name appears twice in the object")
    name = "crypto: too late"
    yield vector(name, signed(name, "alice"), answered=ISSUED + 60, reason="the challenge has expired")
    yield vector("crypto: not an object", ["did"], reason="the answer is not an object")
    yield vector("crypto: no DID", crypto("alice", bytes(64)), reason="did is not a DID")
    name = "crypto: a method that is not offered"
    yield vector(name, signed(name, "alice", method="pds-session"), reason="the method is not offered here")
    name = "crypto: nobody answers"
    yield vector(name, signed(name, "alice", UNKNOWN), reason="the document cannot be had", code="IDENTITY_UNAVAILABLE")


# --- service-auth ---------------------------------------------------------------------------------------------------


def shown(did: str, proof: str, **changes: JsonValue) -> Members:
    """An answer by ``service-auth``."""
    return {"did": did, "method": "service-auth", "signature": proof, **changes}


def bound(name: str, type: str = "none", binding: bytes = b"", server: Members | None = None) -> str:
    """The tag that binds a token to the challenge of the vector ``name``."""
    return "n" + binding_hash(challenge_of(name, server), type, binding)


TLS = "tls-server-end-point"
ALL_FORMS: Members = {"bind": ["lxm", "aud", "none"]}


def valid_tokens() -> Iterator[Members]:
    """Every token that signs in."""
    name = "service-auth: lxm, channel bound"
    lxm = f"blue.irc.auth.{bound(name, TLS, END_POINT)}"
    yield vector(name, shown(ALICE, token("host secp256k1", claims_of(ALICE, name, lxm=lxm)), cb=TLS))
    name = "service-auth: lxm"
    claims = claims_of(ALICE, name, lxm=f"blue.irc.auth.{bound(name)}")
    yield vector(name, shown(ALICE, token("host secp256k1", claims), cb="none"))
    name = "service-auth: lxm, bare audience"
    claims = claims_of(ALICE, name, lxm=f"blue.irc.auth.{bound(name)}", aud=SERVER_DID)
    yield vector(name, shown(ALICE, token("host secp256k1", claims)))
    name = "service-auth: lxm, older than the challenge, without jti"
    claims = claims_of(ALICE, name, lxm=f"blue.irc.auth.{bound(name)}", iat=ISSUED - 200, jti=None)
    yield vector(name, shown(ALICE, token("host secp256k1", claims)))
    name = "service-auth: aud, channel bound"
    claims = claims_of(ALICE, name, aud=f"{SERVER_DID}#irc.{bound(name, TLS, END_POINT, ALL_FORMS)}")
    yield vector(name, shown(ALICE, token("host secp256k1", claims), cb=TLS), server=ALL_FORMS)
    name = "service-auth: none"
    yield vector(name, shown(ALICE, token("host secp256k1", claims_of(ALICE, name))))
    name = "service-auth: none, bare audience"
    yield vector(name, shown(ALICE, token("host secp256k1", claims_of(ALICE, name, aud=SERVER_DID))))
    name = "service-auth: none, P-256"
    yield vector(name, shown(CAROL, token("host P-256", claims_of(CAROL, name))))
    name = "service-auth: none, bare point of 2019"
    yield vector(name, shown(BOB, token("host secp256k1", claims_of(BOB, name))))
    name = "service-auth: none, did:web"
    yield vector(name, shown(WEB, token("host secp256k1", claims_of(WEB, name))))
    name = "service-auth: none, the clock of the PDS is 30 seconds behind"
    yield vector(name, shown(ALICE, token("host secp256k1", claims_of(ALICE, name, iat=ISSUED - 30))))
    name = "service-auth: none, the higher s"
    good = token("host secp256k1", claims_of(ALICE, name))
    signing_input = good.rpartition(".")[0]
    other = high_s(KEYS["host secp256k1"].sign(signing_input.encode()))
    yield vector(name, shown(ALICE, f"{signing_input}.{encode_base64url(other)}"))
    header: Members = {"typ": "JWT", "alg": "ES256K", "kid": "#atproto"}
    name = "service-auth: none, kid"
    yield vector(name, shown(ALICE, token("host secp256k1", claims_of(ALICE, name), header)))


def malformed_tokens() -> Iterator[Members]:
    """What fails in steps 2 to 4 and 6, and is no token of the kind that is needed."""

    def made(name: str, reason: str, header: Members | None = None, **changes: JsonValue) -> Members:
        proof = token("host secp256k1", claims_of(ALICE, name, **changes), header)
        return vector(name, shown(ALICE, proof), reason=reason, code="TOKEN_MALFORMED")

    es256k: Members = {"typ": "JWT", "alg": "ES256K"}
    name = "service-auth: alg none"
    unsigned = token("host secp256k1", claims_of(ALICE, name), {"typ": "JWT", "alg": "none"}).rpartition(".")[0] + "."
    yield vector(name, shown(ALICE, unsigned), reason="step 3: alg", code="TOKEN_MALFORMED")
    yield made("service-auth: alg HS256", "step 3: alg", {"typ": "JWT", "alg": "HS256"})
    yield made("service-auth: crit", "step 3: crit", {**es256k, "crit": ["exp"]})
    yield made("service-auth: another kid", "step 3: kid", {**es256k, "kid": "#freeq"})
    yield made("service-auth: an access token", "step 3: typ", {**es256k, "typ": "at+jwt"})
    yield made("service-auth: another iss", "step 4: iss is not did", iss=BOB)
    yield made("service-auth: several audiences", "step 4: aud is an array", aud=[f"{SERVER_DID}#irc"])
    yield made("service-auth: no jti", "step 6: jti", jti=None)
    yield made("service-auth: a short jti", "step 6: jti", jti="0" * 15)
    yield made("service-auth: good for too long", "step 6: exp - iat", exp=ISSUED + 302)
    yield made("service-auth: exp 0", "step 6: exp - iat", exp=0)
    yield made("service-auth: a fraction", "step 6: iat is not an integer", iat=ISSUED + 0.5)
    name = "service-auth: two parts"
    two = token("host secp256k1", claims_of(ALICE, name)).rpartition(".")[0]
    yield vector(name, shown(ALICE, two), reason="step 2: parts", code="TOKEN_MALFORMED")


def unfit_tokens() -> Iterator[Members]:
    """What fails in step 5: made for something else."""

    def made(name: str, reason: str, code: str, server: Members | None = None, **changes: JsonValue) -> Members:
        proof = token("host secp256k1", claims_of(ALICE, name, **changes))
        return vector(name, shown(ALICE, proof), reason=reason, code=code, server=server)

    audience, method = "TOKEN_AUDIENCE", "TOKEN_METHOD"
    yield made("service-auth: for another server", "aud", audience, aud="did:web:evil.example#irc")
    yield made("service-auth: for another service", "aud: the fragment", audience, aud=f"{SERVER_DID}#chat")
    bare_off: Members = {"legacy_audience": False}
    yield made("service-auth: bare audience, turned off", "aud: no fragment", audience, bare_off, aud=SERVER_DID)
    yield made("service-auth: without lxm", "lxm is absent: good for every method", method, lxm=None)
    yield made("service-auth: another lxm", "lxm", method, lxm="com.atproto.server.getSession")
    name = "service-auth: none, where only lxm is taken"
    yield made(name, "the form is not taken", method, {"bind": ["lxm"]})
    name = "service-auth: bound to another challenge"
    lxm = f"blue.irc.auth.{bound('of another connection')}"
    yield made(name, "the hash is over another challenge", method, lxm=lxm)
    name = "service-auth: relayed by a server with another certificate"
    lxm = f"blue.irc.auth.{bound(name, TLS, OTHER_END_POINT)}"
    proof = token("host secp256k1", claims_of(ALICE, name, lxm=lxm))
    yield vector(name, shown(ALICE, proof, cb=TLS), reason="the channel is another", code=method)
    name = "service-auth: relayed, and cb struck out"
    lxm = f"blue.irc.auth.{bound(name, TLS, OTHER_END_POINT)}"
    proof = token("host secp256k1", claims_of(ALICE, name, lxm=lxm))
    yield vector(name, shown(ALICE, proof), reason="cb is covered by the hash", code=method)
    name = "service-auth: a channel binding that the server does not know"
    proof = token("host secp256k1", claims_of(ALICE, name))
    unknown = shown(ALICE, proof, cb="tls-exporter")
    yield vector(name, unknown, reason="cb", code="TOKEN_BINDING")


def refused_tokens() -> Iterator[Members]:
    """What fails in steps 6 to 10: too late, twice, not signed, not active."""
    for name, reason, code, changes in (
        ("service-auth: expired", "exp", "TOKEN_EXPIRED", {"iat": ISSUED - 100, "exp": ISSUED - 29}),
        ("service-auth: before the challenge", "iat", "TOKEN_CLOCK", {"iat": ISSUED - 31, "exp": ISSUED + 29}),
        ("service-auth: from the future", "iat", "TOKEN_CLOCK", {"iat": ISSUED + 33, "exp": ISSUED + 93}),
    ):
        claims = claims_of(ALICE, name, **changes)
        yield vector(name, shown(ALICE, token("host secp256k1", claims)), reason=f"step 6: {reason}", code=code)
    name = "service-auth: used before"
    claims = claims_of(ALICE, name)
    proof = shown(ALICE, token("host secp256k1", claims))
    yield vector(name, proof, reason="step 6: jti", code="TOKEN_REPLAYED", used=[[ALICE, claims["jti"]]])
    for name, key, did, reason in (
        ("service-auth: another key", "mallory secp256k1", ALICE, "step 8: the signature"),
        ("service-auth: the user's key instead of the host's", "alice secp256k1", CAROL, "step 7: alg does not fit"),
        ("service-auth: another curve", "host P-256", ALICE, "step 7: alg does not fit the key"),
    ):
        signed_token = token(key, claims_of(did, name))
        yield vector(name, shown(did, signed_token), reason=reason, code="TOKEN_SIGNATURE")
    name = "service-auth: rewritten claims"
    header, _, signature = token("host secp256k1", claims_of(BOB, name)).split(".")
    forged = f"{header}.{encode_base64url(encode_json(claims_of(ALICE, name)))}.{signature}"
    yield vector(name, shown(ALICE, forged), reason="step 8: the signature", code="TOKEN_SIGNATURE")
    name = "service-auth: r and s are 0"
    empty = token("host secp256k1", claims_of(ALICE, name)).rpartition(".")[0] + "." + encode_base64url(bytes(64))
    yield vector(name, shown(ALICE, empty), reason="step 8: the signature", code="TOKEN_SIGNATURE")
    name = "service-auth: nobody answers"
    proof = shown(UNKNOWN, token("host secp256k1", claims_of(UNKNOWN, name)))
    yield vector(name, proof, reason="step 7: no document", code="IDENTITY_UNAVAILABLE")
    name = "service-auth: taken down"
    proof = shown(ALICE, token("host secp256k1", claims_of(ALICE, name)))
    yield vector(name, proof, reason="step 10", code="ACCOUNT_INACTIVE", inactive=True)
    name = "service-auth: where others can read"
    proof = shown(ALICE, token("host secp256k1", claims_of(ALICE, name)))
    plain: Members = {"methods": ["crypto"], "end_point": ""}
    yield vector(name, proof, reason="step 1: not offered without TLS", server=plain)


def answer_vectors() -> list[JsonValue]:
    """All of them."""
    return [
        *valid_crypto(),
        *invalid_crypto(),
        *valid_tokens(),
        *malformed_tokens(),
        *unfit_tokens(),
        *refused_tokens(),
    ]
