"""The client's side, against the server's."""

import pytest

from freeq_proto.boundary import KeyType, RemoteProtocolError
from freeq_proto.identity import encode_base64url, encode_json, public_key_to_did_key
from freeq_proto.sasl import ABORT, ClientExchange, Continue, Refusal, Reply, Wait
from tests.sasl.support import DID, KEY, KEYS, NOW, SERVER, Session, failed, signed_in


def converse(client: ClientExchange, session: Session) -> Reply:
    """Carry arguments to and fro until the server has nothing more to ask."""
    to_server = client.begin()
    reply: Reply = Wait()
    while to_server:
        for argument in to_server:
            reply = session.send(argument)
        to_server = ()
        if isinstance(reply, Continue):
            to_server = tuple(sent for line in reply.lines for sent in client.receive(line, NOW))
    return reply


@pytest.mark.parametrize("key_type", list(KeyType))
def test_both_ends(key_type: KeyType) -> None:
    key = KEYS[key_type]
    did = public_key_to_did_key(key.public_key)
    assert signed_in(converse(ClientExchange(did, key, SERVER), Session())).success.account == did


def test_a_wrong_key_is_refused() -> None:
    failed(converse(ClientExchange(DID, KEYS[KeyType.P256], SERVER), Session()))


def test_a_server_of_another_name_gets_an_abort() -> None:
    session = Session()
    client = ClientExchange(DID, KEY, "evil.example")
    with pytest.raises(RemoteProtocolError):
        converse(client, session)
    failed(session.send(ABORT), Refusal.ABORTED)


def test_one_exchange_signs_one_challenge() -> None:
    client = ClientExchange(DID, KEY, SERVER)
    converse(client, Session())
    with pytest.raises(RemoteProtocolError):
        client.receive(encode_base64url(Session().challenge()), NOW)


def test_a_server_that_does_not_name_itself() -> None:
    nonce = encode_base64url(bytes(32))
    data = encode_json({"session_id": "s", "nonce": nonce, "timestamp": NOW.unix_ms // 1000})
    payload = encode_base64url(data)
    with pytest.raises(RemoteProtocolError):
        ClientExchange(DID, KEY, SERVER).receive(payload, NOW)
    assert ClientExchange(DID, KEY, SERVER, allow_unbound=True).receive(payload, NOW)


def test_a_challenge_in_parts() -> None:
    client = ClientExchange(DID, KEY, SERVER)
    assert client.receive("x" * 400, NOW) == ()
    with pytest.raises(RemoteProtocolError):
        client.receive("+", NOW)


def test_endless_challenges_are_not_kept() -> None:
    client = ClientExchange(DID, KEY, SERVER)
    for _ in range(100):
        assert client.receive("x" * 400, NOW) == ()
    with pytest.raises(RemoteProtocolError):
        client.receive("x", NOW)


@pytest.mark.parametrize("argument", ["+", "", "*", "A", "e30", "é", "x" * 1_000_000])
def test_whatever_else_a_server_sends_is_not_signed(argument: str) -> None:
    with pytest.raises(RemoteProtocolError):
        ClientExchange(DID, KEY, SERVER).receive(argument, NOW)
