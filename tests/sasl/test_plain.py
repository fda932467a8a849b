"""PLAIN (RFC 4616): a handle or a DID and an app password."""

from contextlib import suppress
from typing import Final

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from freeq_proto.boundary import RemoteProtocolError
from freeq_proto.identity import encode_base64
from freeq_proto.sasl import (
    MAX_GUESSES,
    Continue,
    MalformedMessageError,
    PlainMessage,
    Refusal,
    Refused,
    Reply,
    ServerExchange,
    parse_plain,
    split_payload,
)
from tests.sasl.support import Clock, Session, at, context, failed, signed_in
from tests.sasl.world import ALICE, BOB, PASSWORD, PDS, PLC, Pds, World, document_of

HANDLE: Final = "alice.example.net"
CREATE: Final = f"{PDS}/xrpc/com.atproto.server.createSession"
DELETE: Final = f"{PDS}/xrpc/com.atproto.server.deleteSession"


def session_of(handle: str | None = HANDLE, *, plain: bool = True, confidential: bool = True) -> tuple[Session, Pds]:
    world = World(Clock(), txt={f"_atproto.{HANDLE}": (f"did={ALICE}",)})
    pds = Pds(world)
    world.publish(document_of(ALICE, handle=handle))
    return Session(ServerExchange(context(world, plain=plain, confidential=confidential)), world), pds


def sign_in(session: Session, message: bytes) -> Reply:
    reply = session.send("PLAIN")
    assert reply == Continue(("+",))
    for argument in split_payload(encode_base64(message)):
        reply = session.send(argument)
    return reply


@pytest.mark.parametrize("account", [HANDLE, HANDLE.upper(), ALICE])
def test_a_handle_or_a_did(account: str) -> None:
    session, _ = session_of()
    success = signed_in(sign_in(session, f"\0{account}\0{PASSWORD}".encode())).success
    assert (success.account, success.method, success.evidence) == (ALICE, "app-password", None)
    assert success.handle == ("" if account == ALICE else HANDLE), "known both ways"


def test_a_handle_that_the_document_does_not_claim_is_not_shown() -> None:
    session, _ = session_of(handle="other.example.net")
    assert signed_in(sign_in(session, f"\0{HANDLE}\0{PASSWORD}".encode())).success.handle == ""


@pytest.mark.parametrize("authorization", ["", HANDLE, ALICE])
def test_acting_as_oneself(authorization: str) -> None:
    session, _ = session_of()
    signed_in(sign_in(session, f"{authorization}\0{HANDLE}\0{PASSWORD}".encode()))


def test_acting_as_another_is_not_offered() -> None:
    session, _ = session_of()
    assert "acting as another" in failed(sign_in(session, f"{BOB}\0{HANDLE}\0{PASSWORD}".encode()))


def test_the_session_at_the_host_is_ended() -> None:
    session, _ = session_of()
    signed_in(sign_in(session, f"\0{ALICE}\0{PASSWORD}".encode()))
    assert session.world.urls[:3] == [f"{PLC}/{ALICE}", CREATE, DELETE]
    assert dict(session.world.requests[2].headers)["authorization"] == "Bearer refresh.a.b"


def test_a_wrong_password() -> None:
    session, _ = session_of()
    assert "does not accept this name and password" in failed(sign_in(session, f"\0{ALICE}\0wrong".encode()))


def test_a_host_that_claims_the_account_of_another() -> None:
    session, pds = session_of()
    pds.claimed_did = BOB
    assert "another account" in failed(sign_in(session, f"\0{ALICE}\0{PASSWORD}".encode()))


def test_an_account_that_is_not_active() -> None:
    session, pds = session_of()
    pds.active = False
    assert "not active" in failed(sign_in(session, f"\0{ALICE}\0{PASSWORD}".encode()))


def test_a_host_that_does_not_answer() -> None:
    session, _ = session_of()
    del session.world.web[CREATE]
    reply = sign_in(session, f"\0{ALICE}\0{PASSWORD}".encode())
    failed(reply)
    assert isinstance(reply, Refused)
    assert reply.detail is not None
    assert (reply.detail.code, reply.detail.context) == ("IDENTITY_UNAVAILABLE", ("PLAIN",))


def test_the_password_goes_to_no_host_but_that_of_the_document() -> None:
    session, _ = session_of()
    session.world.publish(document_of(ALICE, pds=None))
    assert "names no host" in failed(sign_in(session, f"\0{ALICE}\0{PASSWORD}".encode()))
    assert CREATE not in session.world.urls


@pytest.mark.parametrize(("plain", "confidential"), [(False, True), (True, False)])
def test_where_it_is_not_offered(plain: bool, confidential: bool) -> None:
    session, _ = session_of(plain=plain, confidential=confidential)
    failed(session.send("PLAIN"), Refusal.MECHANISMS)


MALFORMED: Final = [
    b"",
    b"alice",
    b"alice\0password",
    b"\0\0password",
    b"\0alice\0",
    b"\0alice\0password\0",
    b"a\0b\0c\0d",
    b"\0al\xffice\0password",
    b"\0alice\0pass\xc0\x80word",  # an overlong NUL
    b"\0alice\0" + b"x" * 2048,
]


@pytest.mark.parametrize("message", MALFORMED, ids=range(len(MALFORMED)))
def test_malformed_messages(message: bytes) -> None:
    """RFC 4616 section 2."""
    with pytest.raises(MalformedMessageError):
        parse_plain(message)
    session, _ = session_of()
    failed(sign_in(session, message))
    assert session.world.requests == []


@pytest.mark.parametrize(
    "account", ["alice", "@alice.example.net", "alice@example.net", "did:plc:x", " ", "a..b", "é.example"]
)
def test_accounts_that_are_neither_handle_nor_did(account: str) -> None:
    session, _ = session_of()
    failed(sign_in(session, f"\0{account}\0{PASSWORD}".encode()))
    assert session.world.requests == []


_text = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=50)


@given(st.just("") | _text, _text, _text)
def test_what_is_written_is_read(authorization: str, account: str, password: str) -> None:
    message = PlainMessage(authorization, account, password)
    assert parse_plain(message.format()) == message


@given(st.binary(max_size=100))
def test_arbitrary_messages(data: bytes) -> None:
    with suppress(RemoteProtocolError):
        assert parse_plain(data).format() == data


def test_a_host_that_does_not_end_sessions_keeps_nobody_out() -> None:
    session, _ = session_of()
    del session.world.web[DELETE]
    signed_in(sign_in(session, f"\0{ALICE}\0{PASSWORD}".encode()))


def test_the_password_does_not_go_to_a_host_that_the_account_has_left() -> None:
    session, _ = session_of()
    signed_in(sign_in(session, f"\0{ALICE}\0{PASSWORD}".encode()))
    session.world.publish(document_of(ALICE, pds="https://new.example"))
    session.send("PLAIN", at(1))
    failed(session.send(encode_base64(f"\0{ALICE}\0{PASSWORD}".encode()), at(1)))
    assert session.world.urls.count(CREATE) == 1


def test_guessing_ends_for_the_whole_address() -> None:
    """Then the host of the account is not asked any more, even with the right password, for a while."""
    session, _ = session_of()
    server = session.exchange.context
    for _ in range(MAX_GUESSES):
        failed(sign_in(Session(ServerExchange(server), session.world), f"\0{ALICE}\0wrong".encode()))
    asked = len(session.world.requests)
    reply = sign_in(session, f"\0{ALICE}\0{PASSWORD}".encode())
    failed(reply)
    assert isinstance(reply, Refused)
    assert reply.detail is not None
    assert reply.detail.code == "TOO_MANY_GUESSES"
    assert len(session.world.requests) == asked
    elsewhere = Session(ServerExchange(attrs.evolve(server, place="198.51.100.1/32")), session.world)
    signed_in(sign_in(elsewhere, f"\0{ALICE}\0{PASSWORD}".encode()))


@pytest.mark.parametrize("account", ["nobody.example.com", ALICE, "did:plc:" + "c" * 24, "not a handle"])
def test_a_password_that_nobody_looked_at_was_no_guess(account: str) -> None:
    session, _ = session_of()
    del session.world.web[CREATE]
    for _ in range(2 * MAX_GUESSES):
        reply = sign_in(Session(ServerExchange(session.exchange.context), session.world), f"\0{account}\0x".encode())
        failed(reply)
        assert isinstance(reply, Refused)
        assert reply.detail is None or reply.detail.code != "TOO_MANY_GUESSES"
