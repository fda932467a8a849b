"""ATPROTO-CHALLENGE, method ``crypto``: every way to prove a DID, and every way not to."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freeq_proto.boundary import KeyType
from freeq_proto.identity import (
    InvalidEncodingError,
    JsonValue,
    PrivateKey,
    encode_base64url,
    encode_json,
    encode_multibase,
    public_key_to_did_key,
    verify,
)
from freeq_proto.sasl import ServerExchange, SignedChallenge, UnacceptableChallengeError, respond_crypto
from tests.sasl.support import (
    DID,
    KEY,
    KEYS,
    NOW,
    SERVER,
    Session,
    at,
    context,
    failed,
    response_to,
    signed_in,
)

OTHER_KEY = PrivateKey(KeyType.ED25519, bytes([8]) * 32)


@pytest.mark.parametrize("key_type", list(KeyType))
def test_each_key_type_signs_in(key_type: KeyType) -> None:
    session = Session()
    challenge = session.challenge()
    reply = signed_in(session.answer(response_to(challenge, KEYS[key_type])))
    assert reply.mechanism == "ATPROTO-CHALLENGE"
    assert reply.success.account == public_key_to_did_key(KEYS[key_type].public_key)
    assert reply.success.method == "crypto"


def test_the_evidence_proves_the_sign_in_again() -> None:
    session = Session()
    challenge = session.challenge()
    evidence = signed_in(session.answer(response_to(challenge))).success.evidence
    assert isinstance(evidence, SignedChallenge)
    assert evidence.challenge == challenge
    assert public_key_to_did_key(evidence.key) == DID
    assert verify(evidence.key, evidence.signature, evidence.challenge)


def test_an_absent_method_means_crypto() -> None:
    session = Session()
    response = response_to(session.challenge())
    del response["method"]
    assert signed_in(session.answer(response)).success.method == "crypto"


def test_null_is_absent_and_unknown_members_are_ignored() -> None:
    session = Session()
    response = response_to(session.challenge()) | {"method": None, "pds_url": None, "x": {"y": [1]}, "dpop_proof": 3}
    signed_in(session.answer(response))


@pytest.mark.parametrize("padded", [True, False], ids=["padded", "unpadded"])
@pytest.mark.parametrize("alphabet", [b"+/", b"-_"], ids=["standard", "url"])
@pytest.mark.parametrize("shift", [0, 1, 2])
def test_the_answer_comes_in_four_spellings(alphabet: bytes, padded: bool, shift: int) -> None:
    session = Session()
    response = {"filler": "x" * shift + "\u07ff\u07ff\u07ff>>>"} | response_to(session.challenge())
    text = base64.b64encode(encode_json(response), alphabet).decode()
    assert alphabet.decode()[0] in text
    assert alphabet.decode()[1] in text
    signed_in(session.send_all(text if padded else text.rstrip("=")))


def test_an_answer_of_several_lines() -> None:
    session = Session()
    signed_in(session.answer(response_to(session.challenge()) | {"pds_url": "x" * 3_000}))


# --- a signature that proves nothing --------------------------------------------------------------------------------

NOT_SIGNED = "SASL authentication failed (the signature is not one of this DID over this challenge)"


def test_a_signature_by_another_key() -> None:
    session = Session()
    assert failed(session.answer(response_to(session.challenge(), OTHER_KEY, did=DID))) == NOT_SIGNED


@pytest.mark.parametrize("key_type", [KeyType.SECP256K1, KeyType.P256])
def test_a_signature_of_another_curve(key_type: KeyType) -> None:
    session = Session()
    assert failed(session.answer(response_to(session.challenge(), KEYS[key_type], did=DID))) == NOT_SIGNED


def test_a_signature_over_other_bytes() -> None:
    session = Session()
    challenge = session.challenge()
    assert failed(session.answer(response_to(challenge + b" "))) == NOT_SIGNED
    assert failed(session.answer(response_to(encode_base64url(session.challenge()).encode()))) == NOT_SIGNED


def test_a_signature_made_for_another_connection() -> None:
    victim, attacker = Session(), Session()
    attacker.exchange = ServerExchange(context(session_id="session-2"))
    response = response_to(victim.challenge())
    attacker.challenge()
    assert failed(attacker.answer(response)) == NOT_SIGNED
    signed_in(victim.answer(response))


def test_a_signature_made_for_another_server() -> None:
    here, there = Session(), Session()
    there.exchange = ServerExchange(context(server_name="other.example.org"))
    response = response_to(there.challenge())
    here.challenge()
    assert failed(here.answer(response)) == NOT_SIGNED


def test_a_challenge_is_used_once() -> None:
    session = Session()
    response = response_to(session.challenge())
    signed_in(session.answer(response))
    session.challenge()
    assert failed(session.answer(response)) == NOT_SIGNED


def test_a_failed_challenge_is_used_up() -> None:
    session = Session()
    challenge = session.challenge()
    failed(session.answer(response_to(challenge, OTHER_KEY, did=DID)))
    session.challenge()
    assert failed(session.answer(response_to(challenge))) == NOT_SIGNED


def test_a_runtime_that_does_not_answer() -> None:
    session = Session()
    session.world.works = False
    response = response_to(session.challenge())
    assert failed(session.answer(response)) == "SASL authentication failed (the signature could not be checked in time)"


# --- an answer that is none -----------------------------------------------------------------------------------------

SIGNATURE = encode_base64url(KEY.sign(b""))
STANDARD_SIGNATURE = base64.b64encode(b"\xff" * 64).decode().rstrip("=")
SMALL_ORDER = "did:key:" + encode_multibase(b"\xed\x01" + bytes(32))
OVERLONG = "did:key:" + encode_multibase(b"\xed\x01" + KEY.public_key.data + b"\0")
NO_KEY = "not a usable did:key"
NOT_PLC = "not a did:plc: 24 characters of base32 follow the method"
BAD: list[tuple[JsonValue, str]] = [
    ([], "bad response: not a JSON object"),
    ("did", "bad response: not a JSON object"),
    (None, "bad response: not a JSON object"),
    ({}, "bad response: did and signature must be strings"),
    ({"did": DID}, "bad response: did and signature must be strings"),
    ({"did": 1, "signature": SIGNATURE}, "bad response: did and signature must be strings"),
    ({"did": DID, "signature": None}, "bad response: did and signature must be strings"),
    ({"did": DID, "signature": "%"}, "bad response: the signature is not base64url without padding"),
    ({"did": DID, "signature": SIGNATURE + "=="}, "bad response: the signature is not base64url without padding"),
    ({"did": DID, "signature": STANDARD_SIGNATURE}, "bad response: the signature is not base64url without padding"),
    ({"did": DID, "signature": "A" * 85 + "B"}, "bad response: the signature is not base64url without padding"),
    ({"did": DID, "signature": ""}, "bad response: the signature is not 64 bytes"),
    ({"did": DID, "signature": "AAAA"}, "bad response: the signature is not 64 bytes"),
    ({"did": "alice", "signature": SIGNATURE}, "not a DID"),
    ({"did": "", "signature": SIGNATURE}, "not a DID"),
    ({"did": DID + " ", "signature": SIGNATURE}, "not a DID"),
    ({"did": DID + "#" + DID[8:], "signature": SIGNATURE}, "not a DID"),
    ({"did": "did:web:" + "a" * 3_000, "signature": SIGNATURE}, "a DID longer than 2048 characters"),
    ({"did": "did:example:a", "signature": SIGNATURE}, "a DID of a method other than plc, web and key"),
    ({"did": "did:plc:z72i7hdynmk6r22z27h6tvu", "signature": SIGNATURE}, NOT_PLC),
    ({"did": "did:key:abc", "signature": SIGNATURE}, f"{NO_KEY}: multibase other than base58btc (z)"),
    ({"did": OVERLONG, "signature": SIGNATURE}, f"{NO_KEY}: not an Ed25519 key of 32 bytes"),
    ({"did": SMALL_ORDER, "signature": SIGNATURE}, f"{NO_KEY}: an Ed25519 key of small order"),
    ({"did": DID, "signature": SIGNATURE, "method": "service-auth"}, "the method service-auth is not offered here"),
    ({"did": DID, "signature": "a.b.c", "method": "pds-session"}, "the method pds-session is not offered here"),
    ({"did": DID, "signature": "a.b.c", "method": "pds-oauth"}, "the method pds-oauth is not offered here"),
    ({"did": "", "signature": "token", "method": "web-token"}, "the method web-token is not offered here"),
    ({"did": DID, "signature": SIGNATURE, "method": "CRYPTO"}, "unknown method"),
    ({"did": DID, "signature": SIGNATURE, "method": ""}, "unknown method"),
    ({"did": DID, "signature": SIGNATURE, "method": ["crypto"]}, "unknown method"),
    ({"did": DID, "signature": SIGNATURE, "method": 0}, "unknown method"),
]


@pytest.mark.parametrize(("response", "reason"), BAD, ids=range(len(BAD)))
def test_malformed_answers_are_told_what_is_wrong(response: JsonValue, reason: str) -> None:
    session = Session()
    session.challenge()
    assert failed(session.answer(response)) == f"SASL authentication failed ({reason})"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"{", "not JSON"),
        (b"\xff", "JSON that is not Unicode text"),
        (b'{"did":"a","did":"b"}', "JSON object with two equal member names"),
        (b"[" * 10_000, "JSON nested deeper than 32"),
        (b'{"a":' * 2_000 + b"1" + b"}" * 2_000, "JSON nested deeper than 32"),
    ],
    ids=range(5),
)
def test_hostile_json(data: bytes, reason: str) -> None:
    session = Session()
    session.challenge()
    assert failed(session.send_all(encode_base64url(data))) == f"SASL authentication failed ({reason})"


# --- client ---------------------------------------------------------------------------------------------------------


def test_the_client_answers_what_the_server_accepts() -> None:
    session = Session()
    payload = encode_base64url(session.challenge())
    answer = respond_crypto(payload, DID, KEY, SERVER, at(0.2))
    assert answer == respond_crypto(payload, DID, KEY, SERVER, at(0.2))
    assert signed_in(session.send_all(answer)).success.account == DID


def test_the_client_does_not_sign_for_another_server() -> None:
    payload = encode_base64url(Session().challenge())
    with pytest.raises(UnacceptableChallengeError):
        respond_crypto(payload, DID, KEY, "evil.example", NOW)


@pytest.mark.parametrize("payload", ["", "+", "*", "A", "====", "é"])
def test_the_client_does_not_sign_what_is_not_base64_of_a_challenge(payload: str) -> None:
    with pytest.raises((UnacceptableChallengeError, InvalidEncodingError)):
        respond_crypto(payload, DID, KEY, SERVER, NOW)


@given(st.binary(min_size=1, max_size=80))
def test_arbitrary_answers_never_sign_in(data: bytes) -> None:
    session = Session()
    session.challenge()
    failed(session.send_all(encode_base64url(data)))


@given(
    st.dictionaries(
        st.sampled_from(["did", "signature", "method", "x"]), st.none() | st.text(max_size=90) | st.floats()
    )
)
def test_arbitrary_members_never_sign_in(members: dict[str, str | float | None]) -> None:
    session = Session()
    session.challenge()
    try:
        data = encode_json(dict(members))
    except ValueError:  # a number or text that JSON cannot hold
        return
    failed(session.send_all(encode_base64url(data)))
