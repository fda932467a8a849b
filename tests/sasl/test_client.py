"""The client's side, against the server's."""

import pytest

from freeq_proto.boundary import KeyType, LocalProtocolError, Now, RemoteProtocolError
from freeq_proto.identity import Did, PrivateKey, encode_base64url, encode_json, public_key_to_did_key
from freeq_proto.sasl import (
    ABORT,
    AppPasswordCredentials,
    CertificateCredentials,
    ClientExchange,
    Credentials,
    KeyCredentials,
    OAuthCredentials,
    PlainCredentials,
    Refusal,
    ServerExchange,
    UnauthenticatedServerError,
)
from tests.sasl.support import (
    DID,
    KEY,
    KEYS,
    NOW,
    SERVER,
    Clock,
    Session,
    client_exchange,
    context,
    converse,
    failed,
    signed_in,
)
from tests.sasl.world import ALICE, OWN_KEY, PASSWORD, Pds, World, document_of


def exchange(
    did: Did = DID, key: PrivateKey = KEY, server: str = SERVER, *, allow_unbound: bool = False
) -> ClientExchange:
    return client_exchange(KeyCredentials(did, key), World(Clock()), server=server, allow_unbound=allow_unbound)


def receive(client: ClientExchange, argument: str, now: Now = NOW) -> tuple[str, ...]:
    return World(Clock()).run(client.receive(argument, now))


@pytest.mark.parametrize("key_type", list(KeyType))
def test_both_ends(key_type: KeyType) -> None:
    key = KEYS[key_type]
    did = public_key_to_did_key(key.public_key)
    assert signed_in(converse(exchange(did, key), Session())).success.account == did


def test_a_wrong_key_is_refused() -> None:
    failed(converse(exchange(DID, KEYS[KeyType.P256]), Session()))


def test_a_server_of_another_name_gets_an_abort() -> None:
    session = Session()
    with pytest.raises(RemoteProtocolError):
        converse(exchange(server="evil.example"), session)
    failed(session.send(ABORT), Refusal.ABORTED)


def test_one_exchange_signs_one_challenge() -> None:
    client = exchange()
    converse(client, Session())
    with pytest.raises(RemoteProtocolError):
        receive(client, encode_base64url(Session().challenge()))


def test_a_server_that_does_not_name_itself() -> None:
    nonce = encode_base64url(bytes(32))
    data = encode_json({"session_id": "s", "nonce": nonce, "timestamp": NOW.unix_ms // 1000})
    payload = encode_base64url(data)
    with pytest.raises(RemoteProtocolError):
        receive(exchange(), payload)
    assert receive(exchange(allow_unbound=True), payload)


def test_a_challenge_in_parts() -> None:
    client = exchange()
    assert receive(client, "x" * 400) == ()
    with pytest.raises(RemoteProtocolError):
        receive(client, "+")


def test_endless_challenges_are_not_kept() -> None:
    client = exchange()
    for _ in range(100):
        assert receive(client, "x" * 400) == ()
    with pytest.raises(RemoteProtocolError):
        receive(client, "x")


@pytest.mark.parametrize("argument", ["+", "", "*", "A", "e30", "é", "x" * 1_000_000])
def test_whatever_else_a_server_sends_is_not_signed(argument: str) -> None:
    with pytest.raises(RemoteProtocolError):
        receive(exchange(), argument)


# --- each kind of credentials ---------------------------------------------------------------------------------------


def test_the_mechanism_follows_from_the_credentials() -> None:
    world = World(Clock())
    pds = Pds(world)
    world.publish(document_of(ALICE))
    mechanisms: list[tuple[Credentials, str]] = [
        (KeyCredentials(DID, KEY), "ATPROTO-CHALLENGE"),
        (AppPasswordCredentials(ALICE, PASSWORD), "ATPROTO-CHALLENGE"),
        (OAuthCredentials(pds.session()), "ATPROTO-CHALLENGE"),
        (PlainCredentials(ALICE, PASSWORD), "PLAIN"),
        (CertificateCredentials(), "EXTERNAL"),
    ]
    for credentials, mechanism in mechanisms:
        client = client_exchange(credentials, world)
        assert client.mechanism == mechanism
        assert client.begin() == (mechanism,)


def test_nothing_is_proved_to_a_stranger() -> None:
    world = World(Clock())
    with pytest.raises(UnauthenticatedServerError, match=r"this is irc\.example\.org"):
        ClientExchange(
            KeyCredentials(DID, KEY),
            expected_server=SERVER,
            authenticated=False,
            resolver=world.resolver(),
            clock=world.clock,
            entropy=bytes,
        )


def test_plain() -> None:
    world = World(Clock())
    Pds(world)
    world.publish(document_of(ALICE))
    session = Session(ServerExchange(context(world, plain=True, confidential=True)), world)
    reply = signed_in(converse(client_exchange(PlainCredentials(ALICE, PASSWORD), world), session))
    assert (reply.mechanism, reply.success.account, reply.success.method) == ("PLAIN", ALICE, "app-password")


@pytest.mark.parametrize("account", ["", DID])
def test_external(account: str) -> None:
    world = World(Clock(), certificates={"ab" * 32: DID})
    session = Session(ServerExchange(context(world, external=True, certificate="ab" * 32)), world)
    reply = signed_in(converse(client_exchange(CertificateCredentials(account), world), session))
    assert (reply.mechanism, reply.success.account, reply.success.method) == ("EXTERNAL", DID, "certificate")


@pytest.mark.parametrize("credentials", [PlainCredentials("alice.example.net", "x"), CertificateCredentials()])
def test_a_mechanism_in_which_the_client_speaks_first_answers_no_challenge(credentials: Credentials) -> None:
    client = client_exchange(credentials, World(Clock()))
    with pytest.raises(RemoteProtocolError):
        receive(client, "QUFB")


@pytest.mark.parametrize("account", ["a\0b", "\0"])
def test_what_plain_cannot_carry_is_the_callers_mistake(account: str) -> None:
    with pytest.raises(LocalProtocolError):
        PlainCredentials(account, "x")
    with pytest.raises(LocalProtocolError):
        PlainCredentials("x", account)
    with pytest.raises(LocalProtocolError):
        CertificateCredentials(account)


def test_credentials_do_not_show_their_secrets() -> None:
    assert PASSWORD not in repr(AppPasswordCredentials(ALICE, PASSWORD)) + repr(PlainCredentials(ALICE, PASSWORD))
    assert str(OWN_KEY.data) not in repr(KeyCredentials(ALICE, OWN_KEY))


def test_the_methods_of_credentials_are_checked() -> None:
    for methods in ((), ("pds-oauth",), ("service-auth", "crypto")):
        with pytest.raises(LocalProtocolError):
            AppPasswordCredentials(ALICE, PASSWORD, methods)
