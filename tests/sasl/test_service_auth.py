"""The method ``service-auth``, server side: each check has a token that fails it and no other."""

from collections.abc import Callable
from typing import Final

import attrs
import pytest

from freeq_proto.boundary import Fetched, KeyType, Now
from freeq_proto.identity import Did, JsonValue, PrivateKey, encode_base64url, encode_json, parse_did, sign_jwt, verify
from freeq_proto.sasl import (
    Binding,
    Detail,
    Refused,
    Reply,
    ServerExchange,
    SignedToken,
    TokenMemory,
    binding_hash,
)
from tests.sasl.support import NOW, SERVER, Clock, Session, at, context, failed, signed_in
from tests.sasl.world import ALICE, ATPROTO_KEY, BOB, PDS, PLC, Pds, World, document_of

AUDIENCE: Final = f"did:web:{SERVER}#irc"
METHOD: Final = "blue.irc.auth"
END_POINT: Final = bytes(range(32))
SECONDS: Final = NOW.unix_ms // 1000


@attrs.define
class Case:
    """A session on a server that takes tokens, and the PDS that makes them."""

    world: World = attrs.field(factory=lambda: World(Clock()))
    settings: dict[str, object] = attrs.field(factory=dict)
    did: Did = ALICE
    session: Session = attrs.field(init=False)
    pds: Pds = attrs.field(init=False)
    challenge: bytes = b""

    def __attrs_post_init__(self) -> None:
        self.pds = Pds(self.world, self.did)
        self.world.publish(document_of(self.did))
        settings = {"confidential": True, "end_point": END_POINT, "methods": ("crypto", "service-auth")}
        self.session = Session(ServerExchange(context(self.world, **settings | self.settings)), self.world)
        self.challenge = self.session.challenge()

    def tag(self, binding: Binding | None = None) -> str:
        return f"n{binding_hash(self.challenge, binding or Binding())}"

    def token(self, audience: str = AUDIENCE, method: str = METHOD, **claims: JsonValue) -> str:
        return self.pds.token(audience, method, **claims)

    def answer(self, token: str, members: dict[str, JsonValue] | None = None, now: Now = NOW) -> Reply:
        answer: dict[str, JsonValue] = {"did": self.did, "method": "service-auth", "signature": token}
        return self.session.answer(answer | (members or {}), now)


def refused(reply: Reply) -> Detail:
    """Assert that ``reply`` refuses with a detail, and return it."""
    failed(reply)
    assert isinstance(reply, Refused)
    assert reply.detail is not None
    assert reply.detail.context[0] == "service-auth"
    assert reply.detail.text in reply.reason
    return reply.detail


# --- what is accepted -----------------------------------------------------------------------------------------------


def test_the_three_forms() -> None:
    binding = Binding("tls-server-end-point", END_POINT)
    makers: list[tuple[Callable[[Case], str], dict[str, JsonValue]]] = [
        (lambda case: case.token(method=f"{METHOD}.{case.tag(binding)}"), {"cb": "tls-server-end-point"}),
        (lambda case: case.token(method=f"{METHOD}.{case.tag()}"), {"cb": "none"}),
        (lambda case: case.token(method=f"{METHOD}.{case.tag()}"), {}),
        (lambda case: case.token(f"{AUDIENCE}.{case.tag(binding)}"), {"cb": "tls-server-end-point"}),
        (lambda case: case.token(), {}),
        (lambda case: case.token(f"did:web:{SERVER}"), {}),
        (lambda case: case.token(f"did:web:{SERVER}", f"{METHOD}.{case.tag()}"), {}),
    ]
    for make, members in makers:
        case = Case(settings={"bindings": ("lxm", "aud", "none")})
        reply = signed_in(case.answer(make(case), members))
        assert (reply.success.account, reply.success.method) == (ALICE, "service-auth")
        assert reply.success.document is not None
        assert reply.success.document.pds == PDS


def test_the_challenge_tells_what_is_taken() -> None:
    members = Case(settings={"bindings": ("lxm",)}).challenge.decode()
    assert '"methods":["crypto","service-auth"]' in members
    assert '"cb":"tls-server-end-point"' in members
    assert '"bind":["lxm"]' in members


def test_the_evidence_can_be_checked_again() -> None:
    case = Case()
    token = case.token()
    evidence = signed_in(case.answer(token)).success.evidence
    assert isinstance(evidence, SignedToken)
    assert (evidence.challenge, evidence.token) == (case.challenge, token)
    signing_input, _, signature = token.rpartition(".")
    assert evidence.key == ATPROTO_KEY.public_key
    assert verify(evidence.key, ATPROTO_KEY.sign(signing_input.encode()), signing_input.encode())
    assert encode_base64url(ATPROTO_KEY.sign(signing_input.encode())) == signature


def test_a_did_web_and_a_p256_key() -> None:
    key = PrivateKey(KeyType.P256, bytes([9]) * 32)
    case = Case(did=parse_did("did:web:alice.example.com"))
    case.world.publish(document_of(case.did, keys={"atproto": key}))
    case.pds.key = key
    assert signed_in(case.answer(case.token())).success.account == "did:web:alice.example.com"


def test_a_signature_with_a_high_s_is_accepted() -> None:
    """Nothing is named by its signature, so its second form opens no way."""
    case = Case()
    signing_input, _, _ = case.token().rpartition(".")
    signature = ATPROTO_KEY.sign(signing_input.encode())
    order = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141
    high = signature[:32] + (order - int.from_bytes(signature[32:], "big")).to_bytes(32, "big")
    signed_in(case.answer(f"{signing_input}.{encode_base64url(high)}"))


@pytest.mark.parametrize("difference", [-30, -29, 0, 29, 30])
def test_the_clock_of_the_pds_may_differ(difference: int) -> None:
    case = Case()
    made = SECONDS + difference
    signed_in(case.answer(case.token(iat=made, exp=made + 60)))


def test_a_header_without_a_type_or_with_the_key_named() -> None:
    for header in ({}, {"typ": "JWT", "kid": "#atproto"}, {"typ": "atproto-service+jwt"}):
        case = Case()
        claims: dict[str, JsonValue] = {
            "iss": ALICE,
            "aud": AUDIENCE,
            "lxm": METHOD,
            "iat": SECONDS,
            "exp": SECONDS + 60,
            "jti": "0" * 16,
        }
        signed_in(case.answer(sign_jwt(header, claims, ATPROTO_KEY)))


# --- step 1: offered, confidential, once, in time -------------------------------------------------------------------


def test_where_it_is_not_offered() -> None:
    case = Case(settings={"methods": ("crypto",)})
    assert "not offered here" in failed(case.answer(case.token()))


def test_where_others_can_read() -> None:
    case = Case(settings={"confidential": False})
    assert '"methods":["crypto"]' in case.challenge.decode()
    assert "not offered here" in failed(case.answer(case.token()))


def test_a_challenge_is_answered_once() -> None:
    case = Case()
    token = case.token(method=f"{METHOD}.{case.tag()}")
    refused(case.answer(case.token(method="blue.irc.other")))
    case.challenge = case.session.challenge()
    assert refused(case.answer(token)).code == "TOKEN_METHOD"


def test_a_challenge_that_has_expired() -> None:
    case = Case()
    answer = encode_base64url(encode_json({"did": ALICE, "method": "service-auth", "signature": case.token()}))
    assert "expired" in failed(case.session.send(answer[:400], at(60)))


# --- steps 2 to 4: a token, of this kind, of this DID ----------------------------------------------------------------


def rewritten(token: str, **claims: JsonValue) -> str:
    """A token whose claims were replaced, under its old signature."""
    header, _, signature = token.split(".")
    return f"{header}.{encode_base64url(encode_json(dict(claims)))}.{signature}"


def signed(header: dict[str, JsonValue], claims: JsonValue = None, key: PrivateKey = ATPROTO_KEY) -> str:
    """A token with any header, correctly signed."""
    right: JsonValue = {
        "iss": ALICE,
        "aud": AUDIENCE,
        "lxm": METHOD,
        "iat": SECONDS,
        "exp": SECONDS + 60,
        "jti": "0" * 32,
    }
    parts = [encode_base64url(encode_json(part)) for part in (header, right if claims is None else claims)]
    signing_input = ".".join(parts)
    return f"{signing_input}.{encode_base64url(key.sign(signing_input.encode()))}"


ES256K: Final[dict[str, JsonValue]] = {"typ": "JWT", "alg": "ES256K"}
MALFORMED: Final[dict[str, Callable[[], str]]] = {
    "two parts": lambda: signed(ES256K).rpartition(".")[0],
    "four parts": lambda: signed(ES256K) + ".e30",
    "no signature": lambda: signed(ES256K).rpartition(".")[0] + ".",
    "padding": lambda: signed(ES256K) + "==",
    "the standard alphabet": lambda: signed(ES256K).rpartition(".")[0] + "." + "+" * 86,
    "a long signature": lambda: signed(ES256K) + "AA",
    "too long": lambda: signed({**ES256K, "x": "x" * 2000}),
    "claims that are no object": lambda: signed(ES256K, ["iss"]),
    "equal members": lambda: (
        signed(ES256K).split(".")[0] + "." + encode_base64url(b'{"iss":1,"iss":2}') + "." + "A" * 86
    ),
    "alg none": lambda: signed({"typ": "JWT", "alg": "none"}).rpartition(".")[0] + ".",
    "alg none with a signature": lambda: signed({"typ": "JWT", "alg": "none"}),
    "alg HS256": lambda: signed({"typ": "JWT", "alg": "HS256"}),
    "alg EdDSA": lambda: signed({"typ": "JWT", "alg": "EdDSA"}),
    "alg in lower case": lambda: signed({"typ": "JWT", "alg": "es256k"}),
    "no alg": lambda: signed({"typ": "JWT"}),
    "crit": lambda: signed({**ES256K, "crit": ["b64"], "b64": False}),
    "another key": lambda: signed({**ES256K, "kid": "#freeq"}),
    "an access token": lambda: signed({**ES256K, "typ": "at+jwt"}),
    "an access token, in full": lambda: signed({**ES256K, "typ": "application/AT+JWT"}),
    "a refresh token": lambda: signed({**ES256K, "typ": "refresh+jwt"}),
    "a proof": lambda: signed({**ES256K, "typ": "dpop+jwt"}),
    "a type that is none": lambda: signed({**ES256K, "typ": 1}),
    "no issuer": lambda: signed(ES256K, {"aud": AUDIENCE}),
    "another issuer": lambda: signed(ES256K, {"iss": BOB, "aud": AUDIENCE, "lxm": METHOD}),
    "an issuer with a fragment": lambda: signed(ES256K, {"iss": f"{ALICE}#atproto", "aud": AUDIENCE}),
    "no iat": lambda: signed(ES256K, {"iss": ALICE, "aud": AUDIENCE, "lxm": METHOD, "exp": SECONDS + 60}),
    "no exp": lambda: signed(ES256K, {"iss": ALICE, "aud": AUDIENCE, "lxm": METHOD, "iat": SECONDS}),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_what_is_no_token_for_a_service(name: str) -> None:
    case = Case()
    assert refused(case.answer(MALFORMED[name]())).code == "TOKEN_MALFORMED"
    assert case.world.requests == [], "nothing touches the network before a token makes sense"


@pytest.mark.parametrize(
    "claims",
    [
        {"iat": 1.5 + SECONDS},
        {"iat": str(SECONDS)},
        {"iat": True},
        {"exp": SECONDS + 0.5},
        {"exp": SECONDS},
        {"exp": 0},
        {"exp": SECONDS + 301},
        {"jti": None},
        {"jti": "0" * 15},
        {"jti": "0" * 129},
        {"jti": 12345678901234567},
    ],
    ids=str,
)
def test_claims_that_make_no_sense(claims: dict[str, JsonValue]) -> None:
    case = Case()
    assert refused(case.answer(case.pds.token(AUDIENCE, METHOD, **claims))).code == "TOKEN_MALFORMED"
    assert case.world.requests == []


def test_a_long_answer() -> None:
    case = Case()
    assert refused(case.answer(case.token(), {"padding": "x" * 4000})).code == "TOKEN_MALFORMED"


def test_a_did_key_has_no_host() -> None:
    case = Case()
    did = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"
    assert refused(case.answer(case.token(iss=did), {"did": did})).code == "TOKEN_MALFORMED"


# --- step 5: for this server, this purpose, this challenge, this channel ---------------------------------------------


@pytest.mark.parametrize(
    "audience",
    [
        "did:web:evil.example#irc",
        "did:web:evil.example",
        f"did:web:{SERVER}#chat",
        f"did:web:{SERVER}#irc.n" + "a" * 52,
        f"did:web:{SERVER.upper()}#irc",
        f"did:web:{SERVER}:a#irc",
        "",
        None,
        [AUDIENCE],
        {"": AUDIENCE},
    ],
    ids=str,
)
def test_another_audience(audience: JsonValue) -> None:
    case = Case(settings={"bindings": ("lxm", "aud", "none")})
    detail = refused(case.answer(case.token(aud=audience)))
    assert (detail.code, detail.context) == ("TOKEN_AUDIENCE", ("service-auth", AUDIENCE))
    assert case.world.requests == []


@pytest.mark.parametrize(
    "method",
    [
        None,
        "",
        "com.atproto.server.createAccount",
        "blue.irc.auth.n" + "a" * 52,
        "blue.irc.Auth",
        "blue.irc.auth ",
        ["blue.irc.auth"],
    ],
    ids=str,
)
def test_another_method(method: JsonValue) -> None:
    case = Case()
    assert refused(case.answer(case.token(lxm=method))).code == "TOKEN_METHOD"
    assert case.world.requests == []


def test_forms_that_the_operator_does_not_take() -> None:
    for form, audience, method in (
        ("none", AUDIENCE, METHOD),
        ("lxm", AUDIENCE, "blue.irc.auth.{tag}"),
        ("aud", f"{AUDIENCE}.{{tag}}", METHOD),
    ):
        others = tuple(name for name in ("lxm", "aud", "none") if name != form)
        case = Case(settings={"bindings": others})
        token = case.token(audience.format(tag=case.tag()), method.format(tag=case.tag()))
        assert refused(case.answer(token)).code in ("TOKEN_AUDIENCE", "TOKEN_METHOD")


def test_the_bare_audience_can_be_turned_off() -> None:
    case = Case(settings={"legacy_audience": False})
    assert refused(case.answer(case.token(f"did:web:{SERVER}"))).code == "TOKEN_AUDIENCE"


def test_a_bound_audience_needs_its_fragment() -> None:
    case = Case(settings={"bindings": ("aud",)})
    assert refused(case.answer(case.token(f"did:web:{SERVER}"))).code == "TOKEN_AUDIENCE"


@pytest.mark.parametrize("said", ["tls-exporter", "", 1, ["none"]], ids=str)
def test_a_channel_binding_that_cannot_be_checked(said: JsonValue) -> None:
    case = Case()
    assert refused(case.answer(case.token(), {"cb": said})).code == "TOKEN_BINDING"


def test_a_channel_binding_where_the_channel_is_not_known() -> None:
    case = Case(settings={"end_point": b""})
    assert refused(case.answer(case.token(), {"cb": "tls-server-end-point"})).code == "TOKEN_BINDING"


# --- step 6: now, and once -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("made", "ends", "code"),
    [
        (-31, 29, "TOKEN_CLOCK"),  # made before the challenge
        (31, 91, "TOKEN_CLOCK"),  # made in the future
        (-100, -31, "TOKEN_EXPIRED"),
        (-330, -31, "TOKEN_EXPIRED"),
    ],
)
def test_times(made: int, ends: int, code: str) -> None:
    case = Case()
    detail = refused(case.answer(case.token(iat=SECONDS + made, exp=SECONDS + ends)))
    assert (detail.code, detail.context) == (code, ("service-auth", str(SECONDS)))
    assert case.world.requests == []


def test_a_bound_token_may_be_older_than_the_challenge() -> None:
    """The hash already says that it was not."""
    case = Case()
    token = case.token(method=f"{METHOD}.{case.tag()}", iat=SECONDS - 100, exp=SECONDS + 100)
    signed_in(case.answer(token))


def test_an_unbound_token_signs_in_once() -> None:
    memory = TokenMemory()
    world = World(Clock())
    first, second = (Case(world, settings={"tokens": memory}) for _ in range(2))
    token = first.token()
    signed_in(first.answer(token))
    asked = len(world.requests)
    assert refused(second.answer(token)).code == "TOKEN_REPLAYED"
    assert len(world.requests) == asked


def test_two_connections_that_use_one_token_at_the_same_time() -> None:
    """Both pass the look into the memory; only one takes the token."""
    memory = TokenMemory()
    world = World(Clock())
    first, second = (Case(world, settings={"tokens": memory}) for _ in range(2))
    token = first.token()
    answer = encode_base64url(encode_json({"did": ALICE, "method": "service-auth", "signature": token}))
    *lines, last = [answer[at : at + 400] for at in range(0, len(answer), 400)]
    for line in lines:
        first.session.send(line)
    flow = first.session.exchange.receive(last, NOW)
    request = next(flow)  # it waits for the document
    signed_in(second.answer(token))
    assert refused(world.finish(flow, request)).code == "TOKEN_REPLAYED"


def test_a_full_memory_refuses_unbound_tokens_only() -> None:
    memory = TokenMemory(limit=1)
    memory.spend(BOB, "0" * 32, 10**15, NOW)
    case = Case(settings={"tokens": memory})
    assert refused(case.answer(case.token())).code == "SERVER_BUSY"
    case.challenge = case.session.challenge()
    signed_in(case.answer(case.token(method=f"{METHOD}.{case.tag()}")))


def test_a_token_that_fails_is_not_remembered() -> None:
    """Or anybody could use up the names of others' tokens."""
    memory = TokenMemory()
    case = Case(settings={"tokens": memory})
    token = case.token()
    forged = token[:-4] + ("AAAA" if token[-4:] != "AAAA" else "BBBB")
    assert refused(case.answer(forged)).code in ("TOKEN_SIGNATURE", "TOKEN_MALFORMED")
    assert len(memory) == 0


# --- steps 7 and 8: signed by the key of the DID, as it is now -------------------------------------------------------


def test_swapped_keys() -> None:
    case = Case()
    case.pds.key = PrivateKey(KeyType.SECP256K1, bytes([4]) * 32)
    assert refused(case.answer(case.token())).code == "TOKEN_SIGNATURE"


def test_the_wrong_curve() -> None:
    case = Case()
    case.pds.key = PrivateKey(KeyType.P256, bytes([3]) * 32)
    assert refused(case.answer(case.token())).code == "TOKEN_SIGNATURE"
    case.challenge = case.session.challenge()
    relabelled = signed({"typ": "JWT", "alg": "ES256K"}, key=case.pds.key)
    assert refused(case.answer(relabelled)).code == "TOKEN_SIGNATURE"


def test_rewritten_claims() -> None:
    case = Case(did=BOB)
    token = Pds(case.world, ALICE).token(AUDIENCE, METHOD)
    claims: dict[str, JsonValue] = {
        "iss": BOB,
        "aud": AUDIENCE,
        "lxm": METHOD,
        "iat": SECONDS,
        "exp": SECONDS + 60,
        "jti": "0" * 32,
    }
    case.world.publish(document_of(BOB, keys={"atproto": PrivateKey(KeyType.SECP256K1, bytes([8]) * 32)}))
    assert refused(case.answer(rewritten(token, **claims))).code == "TOKEN_SIGNATURE"


@pytest.mark.parametrize("alike", ["0" * 64, "f" * 128])
def test_numbers_that_no_signature_has(alike: str) -> None:
    """r and s are between one and the order of the curve."""
    case = Case()
    signing_input = case.token().rpartition(".")[0]
    signature = bytes.fromhex(alike.ljust(128, "0"))
    assert refused(case.answer(f"{signing_input}.{encode_base64url(signature)}")).code == "TOKEN_SIGNATURE"


def test_a_key_that_was_rotated_after_a_document_was_remembered() -> None:
    case = Case()
    signed_in(case.answer(case.token()))
    case.world.publish(document_of(ALICE, keys={"atproto": PrivateKey(KeyType.SECP256K1, bytes([4]) * 32)}))
    later = at(5)
    case.challenge = case.session.challenge(later)
    assert refused(case.answer(case.token(), now=later)).code == "TOKEN_SIGNATURE"


@pytest.mark.parametrize(
    "document",
    [
        document_of(ALICE, keys={"freeq": ATPROTO_KEY}),
        document_of(ALICE, keys={}),
        document_of(ALICE, keys={}) | {"verificationMethod": [{"id": f"{ALICE}#atproto", "type": "Multikey"}]},
    ],
    ids=["#freeq only", "none", "not a key"],
)
def test_a_document_without_the_key(document: dict[str, JsonValue]) -> None:
    case = Case()
    case.world.publish(document)
    assert refused(case.answer(case.token())).code == "TOKEN_SIGNATURE"


def test_a_document_of_another_did() -> None:
    case = Case()
    case.world.publish(document_of(BOB))
    case.world.web[f"{PLC}/{ALICE}"] = case.world.web[f"{PLC}/{BOB}"]
    assert refused(case.answer(case.token())).code == "TOKEN_SIGNATURE"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (None, "IDENTITY_UNAVAILABLE"),
        (Fetched(503), "IDENTITY_UNAVAILABLE"),
        (Fetched(404), "TOKEN_SIGNATURE"),
        (Fetched(302, (("location", "http://127.0.0.1/"),)), "TOKEN_SIGNATURE"),
    ],
    ids=["no answer", "503", "404", "redirect"],
)
def test_a_directory_that_does_not_help(answer: Fetched | None, code: str) -> None:
    case = Case()
    del case.world.web[f"{PLC}/{ALICE}"]
    if answer is not None:
        case.world.web[f"{PLC}/{ALICE}"] = answer
    assert refused(case.answer(case.token())).code == code


# --- step 10 ---------------------------------------------------------------------------------------------------------


def test_an_account_that_was_taken_down() -> None:
    case = Case()
    case.pds.active = False
    assert refused(case.answer(case.token())).code == "ACCOUNT_INACTIVE"


def test_a_deleted_account() -> None:
    case = Case()
    case.world.web[f"{PDS}/xrpc/com.atproto.sync.getRepoStatus"] = Fetched(400, (), b'{"error":"RepoNotFound"}')
    assert refused(case.answer(case.token())).code == "ACCOUNT_INACTIVE"


def test_a_host_that_does_not_answer_stops_nobody() -> None:
    case = Case()
    del case.world.web[f"{PDS}/xrpc/com.atproto.sync.getRepoStatus"]
    signed_in(case.answer(case.token()))
