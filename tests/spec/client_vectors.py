"""Vectors of clients: whom they ask for a token, for what, and what they answer."""

from freeq_proto.identity import JsonValue, encode_base64url, encode_json
from tests.spec.parts import (
    ALICE,
    END_POINT,
    ISSUED,
    NETWORK,
    SERVER,
    SERVER_DID,
    Members,
    binding_hash,
    challenge,
    claims_of,
    token,
)

EVIL = "evil.example"
TLS = "tls-server-end-point"
L = "blue.irc.auth"


def vector(
    name: str,
    asked: bytes,
    calls: list[tuple[str, str, int]],
    *,
    dialled: str = SERVER,
    end_point: bytes = END_POINT,
    cb: str = TLS,
    reason: str | None = None,
    said: Members | None = None,
) -> JsonValue:
    """One vector: the last call brings the token, unless a ``reason`` says that nothing is answered."""
    answer: Members = {"valid": False, "reason": reason}
    if calls and calls[-1][2] == 200:
        audience, method, _ = calls[-1]
        claims = claims_of(ALICE, name, **{"aud": audience, "lxm": method, **(said or {})})
        proof = token("host secp256k1", claims)
        if reason is None:
            members: Members = {"did": ALICE, "method": "service-auth", "signature": proof, "cb": cb}
            answer = {"token": proof, "valid": True, "answer": encode_base64url(encode_json(members))}
        else:
            answer = {"token": proof, **answer}
    return {
        "name": name,
        "did": ALICE,
        "dialled": dialled,
        "end_point": end_point.hex(),
        "now": ISSUED,
        "challenge": encode_base64url(asked),
        "calls": [{"aud": audience, "lxm": method, "status": status} for audience, method, status in calls],
        **answer,
    }


NAME = "a client"
AUDIENCE = f"{SERVER_DID}#irc"
USUAL = challenge(NAME)
CHANNEL = f"{L}.n{binding_hash(USUAL, TLS, END_POINT)}"


def answered() -> list[JsonValue]:
    """Clients that get a token and show it."""
    without = challenge(NAME, cb=None)
    every = challenge(NAME, bind=["lxm", "aud", "none"])
    tag = f"n{binding_hash(every, TLS, END_POINT)}"
    elsewhere = challenge(NAME, server=EVIL, server_id=None)
    listed = challenge(NAME, server_id=NETWORK)
    alone = f"{L}.n{binding_hash(USUAL)}"
    return [
        vector("bound to challenge and channel", USUAL, [(AUDIENCE, CHANNEL, 200)]),
        vector("a client that knows no channel", USUAL, [(AUDIENCE, alone, 200)], end_point=b"", cb="none"),
        vector(
            "a server that knows no channel", without, [(AUDIENCE, f"{L}.n{binding_hash(without)}", 200)], cb="none"
        ),
        vector("a PDS without fragments", USUAL, [(AUDIENCE, CHANNEL, 500), (SERVER_DID, CHANNEL, 200)]),
        vector("a session for one server", USUAL, [(AUDIENCE, CHANNEL, 403), (AUDIENCE, L, 200)]),
        vector(
            "a session for every server, and a server that takes aud",
            every,
            [(AUDIENCE, f"{L}.{tag}", 403), (f"{AUDIENCE}.{tag}", L, 200)],
        ),
        vector("only unbound tokens are taken", challenge(NAME, bind=["none"]), [(AUDIENCE, L, 200)]),
        vector(
            "a server DID whose document names the host",
            listed,
            [(f"{NETWORK}#irc", f"{L}.n{binding_hash(listed, TLS, END_POINT)}", 200)],
        ),
        vector(
            "a challenge that was passed on under another name: the token is for the host that was dialled",
            elsewhere,
            [(f"did:web:{EVIL}#irc", f"{L}.n{binding_hash(elsewhere, TLS, END_POINT)}", 200)],
            dialled=EVIL,
        ),
    ]


def unanswered() -> list[JsonValue]:
    """Clients that answer nothing."""
    stolen = challenge(NAME, server=EVIL)
    foreign = challenge(NAME, server=EVIL, server_id=NETWORK)
    not_its_own = "server_id is not its DID"
    return [
        vector("a challenge that was passed on", USUAL, [], dialled=EVIL, reason="server is not the host dialled"),
        vector("a server that claims the DID of another", stolen, [], dialled=EVIL, reason=not_its_own),
        vector("a server DID whose document does not name it", foreign, [], dialled=EVIL, reason=not_its_own),
        vector("crypto alone is taken", challenge(NAME, methods=["crypto"]), [], reason="the method is not taken"),
        vector(
            "a session that may do nothing",
            USUAL,
            [(AUDIENCE, CHANNEL, 403), (AUDIENCE, L, 403)],
            reason="the PDS gives no token",
        ),
        vector(
            "a PDS that gives another token",
            USUAL,
            [(AUDIENCE, CHANNEL, 200)],
            said={"lxm": "com.atproto.server.createAccount"},
            reason="the token is not what was asked for",
        ),
    ]


def token_vectors() -> list[JsonValue]:
    """All of them."""
    return [*answered(), *unanswered()]
