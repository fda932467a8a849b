"""The method ``crypto`` with documents: did:plc and did:web, and which of their keys sign in."""

from typing import Final

import pytest

from freeq_proto.boundary import Fetched, KeyType
from freeq_proto.identity import Did, JsonValue, PrivateKey, format_multikey, parse_did
from freeq_proto.sasl import Refused, Reply, ServerExchange, SignedChallenge
from tests.sasl.support import Clock, Session, at, context, failed, response_to, signed_in
from tests.sasl.test_atproto_challenge import NOT_SIGNED
from tests.sasl.world import ALICE, ATPROTO_KEY, BOB, OWN_KEY, PLC, Pds, World, document_of

OTHER_KEY: Final = PrivateKey(KeyType.P256, bytes([6]) * 32)
WEB: Final = parse_did("did:web:alice.example.com")


def session_with(*documents: dict[str, JsonValue]) -> Session:
    world = World(Clock())
    for document in documents:
        world.publish(document)
    return Session(ServerExchange(context(world)), world)


def sign_in(session: Session, key: PrivateKey = OWN_KEY, did: Did = ALICE) -> Reply:
    return session.answer(response_to(session.challenge(), key, did))


def method(fragment: str, key: PrivateKey, did: Did = ALICE) -> JsonValue:
    return {
        "id": f"{did}#{fragment}",
        "type": "Multikey",
        "controller": did,
        "publicKeyMultibase": format_multikey(key.public_key),
    }


@pytest.mark.parametrize("did", [ALICE, WEB])
def test_a_key_with_the_agreed_fragment(did: Did) -> None:
    session = session_with(document_of(did, keys={"atproto": ATPROTO_KEY, "freeq": OWN_KEY}))
    success = signed_in(sign_in(session, did=did)).success
    assert (success.account, success.method) == (did, "crypto")
    assert success.document is not None
    assert isinstance(success.evidence, SignedChallenge)
    assert success.evidence.key == OWN_KEY.public_key


@pytest.mark.parametrize("section", ["authentication", "assertionMethod"])
@pytest.mark.parametrize("inline", [True, False])
def test_a_key_in_a_section(section: str, inline: bool) -> None:
    document = document_of(ALICE, keys={"atproto": ATPROTO_KEY, "mine": OWN_KEY})
    document[section] = [method("other", OWN_KEY) if inline else f"{ALICE}#mine"]
    signed_in(sign_in(session_with(document)))


def test_the_second_of_two_keys() -> None:
    document = document_of(ALICE, keys={"freeq": OWN_KEY}, authentication=[method("other", OTHER_KEY)])
    session = session_with(document)
    evidence = signed_in(sign_in(session)).success.evidence
    assert isinstance(evidence, SignedChallenge)
    assert evidence.key == OWN_KEY.public_key
    assert session.world.jobs == 2


def test_the_key_of_the_host_never_signs_in() -> None:
    """It is the PDS's, and every real document has it."""
    session = session_with(document_of(ALICE))
    reason = "the DID document has no key of its owner's to sign in with"
    assert failed(sign_in(session, ATPROTO_KEY)) == f"SASL authentication failed ({reason})"
    assert session.world.jobs == 0


def test_the_key_of_the_host_does_not_sign_in_beside_others_or_in_a_section() -> None:
    document = document_of(ALICE, keys={"atproto": ATPROTO_KEY, "freeq": OWN_KEY})
    document["authentication"] = [f"{ALICE}#atproto"]
    assert failed(sign_in(session_with(document), ATPROTO_KEY)) == NOT_SIGNED


def test_a_key_with_another_fragment_does_not_sign_in() -> None:
    session = session_with(document_of(ALICE, keys={"mine": OWN_KEY}))
    assert "no key of its owner's" in failed(sign_in(session))


def test_a_key_that_another_controls_does_not_sign_in() -> None:
    document = document_of(ALICE, keys={})
    document["verificationMethod"] = [
        {
            "id": f"{ALICE}#freeq",
            "type": "Multikey",
            "controller": BOB,
            "publicKeyMultibase": format_multikey(OWN_KEY.public_key),
        }
    ]
    assert "no key of its owner's" in failed(sign_in(session_with(document)))


def test_the_document_of_another() -> None:
    session = session_with(document_of(BOB, keys={"freeq": OWN_KEY}))
    session.world.web[f"{PLC}/{ALICE}"] = session.world.web[f"{PLC}/{BOB}"]
    assert "another DID" in failed(sign_in(session))


def test_a_key_that_was_taken_out_is_worth_nothing_from_the_next_challenge_on() -> None:
    session = session_with(document_of(ALICE, keys={"freeq": OWN_KEY}))
    signed_in(sign_in(session))
    session.world.publish(document_of(ALICE, keys={"freeq": OTHER_KEY}))
    later = at(1)
    reply = session.answer(response_to(session.challenge(later), OWN_KEY, ALICE), later)
    assert failed(reply) == NOT_SIGNED


def test_a_signature_is_looked_at_before_the_network_is_asked() -> None:
    session = session_with(document_of(ALICE, keys={"freeq": OWN_KEY}))
    session.challenge()
    failed(session.answer({"did": ALICE, "method": "crypto", "signature": "AAAA"}))
    assert session.world.requests == []


@pytest.mark.parametrize(("answer", "unavailable"), [(None, True), (Fetched(500), True), (Fetched(410), False)])
def test_a_directory_that_does_not_help(answer: Fetched | None, unavailable: bool) -> None:
    session = session_with()
    if answer is not None:
        session.world.web[f"{PLC}/{ALICE}"] = answer
    reply = sign_in(session)
    failed(reply)
    assert isinstance(reply, Refused)
    assert (reply.detail is not None and reply.detail.code == "IDENTITY_UNAVAILABLE") == unavailable
    assert reply.detail is None or reply.detail.context == ("crypto",)


@pytest.mark.parametrize("active", [True, False])
def test_how_the_account_stands_is_asked_of_its_host(active: bool) -> None:
    """A key of one's own outlives the account: who was taken down does not come back with it."""
    session = session_with(document_of(ALICE, keys={"freeq": OWN_KEY}))
    Pds(session.world, active=active)
    reply = sign_in(session)
    if active:
        signed_in(reply)
    else:
        failed(reply)
        assert isinstance(reply, Refused)
        assert reply.detail is not None
        assert (reply.detail.code, reply.detail.context) == ("ACCOUNT_INACTIVE", ("crypto",))


def test_an_account_without_a_host_has_no_other_state() -> None:
    session = session_with(document_of(ALICE, keys={"freeq": OWN_KEY}, pds=None))
    signed_in(sign_in(session))
    assert len(session.world.requests) == 1
