"""The method ``service-auth``, server side, until the network is asked: each check has a token that fails it alone."""

from collections.abc import Callable
from typing import Final

import pytest

from freeq_proto.boundary import KeyType
from freeq_proto.identity import JsonValue, PrivateKey, encode_base64url, encode_json, parse_did, sign_jwt, verify
from freeq_proto.sasl import (
    Binding,
    SignedToken,
)
from tests.sasl.support import SERVER, at, failed, signed_in
from tests.sasl.tokens import AUDIENCE, END_POINT, METHOD, SECONDS, Case, refused, signed
from tests.sasl.world import ALICE, ATPROTO_KEY, BOB, PDS, document_of

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
        {"aud": None},
        {"aud": [AUDIENCE]},
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
