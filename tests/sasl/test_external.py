"""EXTERNAL (RFC 4422 appendix A): a TLS client certificate that an account has bound to itself."""

from typing import Final

import pytest

from freeq_proto.boundary import Failed, Fetched, Read, Result
from freeq_proto.boundary import Request as FlowRequest
from freeq_proto.identity import encode_base64
from freeq_proto.sasl import Continue, Refusal, Reply, ServerExchange, split_payload
from tests.sasl.support import DID, Clock, Session, context, failed, signed_in
from tests.sasl.world import ALICE, BOB, PLC, Pds, World, document_of

FINGERPRINT: Final = "5e" * 32


def session_of(account: str | None = ALICE, *, external: bool = True, certificate: str = FINGERPRINT) -> Session:
    world = World(Clock(), certificates={} if account is None else {FINGERPRINT: account})
    world.publish(document_of(ALICE))
    server = context(world, external=external, certificate=certificate, confidential=True)
    return Session(ServerExchange(server), world)


def sign_in(session: Session, authorization: str = "") -> Reply:
    reply = session.send("EXTERNAL")
    assert reply == Continue(("+",))
    for argument in split_payload(encode_base64(authorization.encode())):
        reply = session.send(argument)
    return reply


@pytest.mark.parametrize("authorization", ["", ALICE])
def test_the_account_of_a_certificate(authorization: str) -> None:
    success = signed_in(sign_in(session_of(), authorization)).success
    assert (success.account, success.method, success.evidence) == (ALICE, "certificate", None)
    assert success.document is not None


def test_a_did_key_needs_no_network() -> None:
    session = session_of(DID)
    assert signed_in(sign_in(session)).success.account == DID
    assert session.world.requests == []


@pytest.mark.parametrize("authorization", [BOB, "alice.example.net", "alice", ALICE + "\0", ALICE.upper()])
def test_nobody_acts_as_another(authorization: str) -> None:
    assert "another account" in failed(sign_in(session_of(), authorization))


def test_a_certificate_that_nobody_bound() -> None:
    assert "bound to no account" in failed(sign_in(session_of(None)))


def test_an_account_that_is_gone() -> None:
    session = session_of()
    session.world.web[f"{PLC}/{ALICE}"] = Fetched(410)
    failed(sign_in(session))


def test_an_account_that_was_taken_down() -> None:
    session = session_of()
    Pds(session.world, active=False)
    assert "not active" in failed(sign_in(session))


def test_a_directory_that_does_not_answer_keeps_nobody_out() -> None:
    session = session_of()
    session.world.web.clear()
    success = signed_in(sign_in(session)).success
    assert (success.account, success.document) == (ALICE, None)


def test_a_store_that_does_not_answer() -> None:
    class Storeless(World):
        def perform(self, request: FlowRequest) -> Result:
            return Failed("no store") if isinstance(request, Read) else super().perform(request)

    world = Storeless(Clock())
    session = Session(ServerExchange(context(world, external=True, certificate=FINGERPRINT)), world)
    assert "cannot be read now" in failed(sign_in(session))


@pytest.mark.parametrize(("external", "certificate"), [(False, FINGERPRINT), (True, "")])
def test_where_it_is_not_offered(external: bool, certificate: str) -> None:
    session = session_of(external=external, certificate=certificate)
    failed(session.send("EXTERNAL"), Refusal.MECHANISMS)
