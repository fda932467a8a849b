"""Signing in with accounts on real PDSs: our client and our server, with nothing between them but what they say."""

import json
import os

import pytest

from freeq_proto.boundary import KeyType
from freeq_proto.identity import (
    PrivateKey,
    decode_base64_any,
    encode_base64url,
    encode_json,
    parse_did,
    public_key_to_did_key,
)
from freeq_proto.sasl import AppPasswordCredentials, KeyCredentials, PlainCredentials, UnacceptableChallengeError
from tests.integration.atproto.flows import Network, now, resolver_for
from tests.integration.atproto.meeting import END_POINT, SERVER, Place
from tests.integration.atproto.servers import Account, Servers

FORMS = [("lxm",), ("none",)]


@pytest.fixture
def place(servers: Servers, network: Network) -> Place:
    return Place(resolver_for(servers), network)


@pytest.fixture
def alice(servers: Servers, network: Network) -> Account:
    """Somebody whose handle can be resolved."""
    account = servers.pds().create_account("alice")
    network.hosts[account.handle] = account.pds.url
    return account


@pytest.fixture
def credentials(alice: Account) -> AppPasswordCredentials:
    return AppPasswordCredentials(alice.did, alice.create_app_password())


# --- service-auth --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["handle", "did"])
def test_an_app_password_signs_in_bound_to_challenge_and_channel(
    servers: Servers, place: Place, alice: Account, by: str
) -> None:
    identifier = alice.handle if by == "handle" else alice.did
    heard = place.sign_in(AppPasswordCredentials(identifier, alice.create_app_password()))
    assert (heard.account, heard.method, place.handle_of(heard)) == (alice.did, "service-auth", alice.handle)
    # A PDS of today is asked for a token that names the service.
    assert heard.claims["aud"] == ("did:web:irc.test#irc" if servers.release == "new" else "did:web:irc.test")
    assert str(heard.claims["lxm"]).startswith("blue.irc.auth.n")
    assert heard.answer["cb"] == "tls-server-end-point"
    assert len(heard.sent) == 3  # the mechanism, and an answer of two lines


def test_the_app_password_stays_with_the_pds(place: Place, alice: Account) -> None:
    """The IRC server is sent neither it nor a token that the PDS would take."""
    password = alice.create_app_password()
    heard = place.sign_in(AppPasswordCredentials(alice.did, password))
    assert heard.account == alice.did
    assert password not in decode_base64_any("".join(heard.sent[1:])).decode()
    assert heard.claims["iss"] == alice.did
    assert str(heard.claims["aud"]).startswith("did:web:irc.test")


@pytest.mark.parametrize("forms", FORMS)
def test_each_form_of_a_token(
    place: Place, alice: Account, credentials: AppPasswordCredentials, forms: tuple[str, ...]
) -> None:
    heard = place.sign_in(credentials, place.connection(bindings=forms))
    assert heard.account == alice.did
    assert (heard.claims["lxm"] == "blue.irc.auth") == (forms == ("none",))


@pytest.mark.parametrize("forms", FORMS)
def test_an_answer_is_worth_nothing_a_second_time(
    place: Place, credentials: AppPasswordCredentials, forms: tuple[str, ...]
) -> None:
    heard = place.sign_in(credentials, place.connection(bindings=forms))
    again = place.answer(place.connection(bindings=forms), heard.sent)
    assert again.code == ("TOKEN_REPLAYED" if forms == ("none",) else "TOKEN_METHOD")


def test_an_answer_is_worth_nothing_on_another_connection(
    place: Place, alice: Account, credentials: AppPasswordCredentials
) -> None:
    """Stolen before it arrived: bound to a challenge and to a channel, it fits no other of either."""
    victim, thief = place.connection(), place.connection()
    client = place.client(credentials)
    answer = place.network.run(client.receive(place.challenge(victim), now()))
    place.challenge(thief)
    assert place.answer(thief, answer).code == "TOKEN_METHOD"
    assert place.answer(victim, answer).account == alice.did


def test_a_wrong_app_password(place: Place, alice: Account) -> None:
    """The client's user is told by the client; the server is sent no answer at all."""
    client = place.client(AppPasswordCredentials(alice.did, "aaaa-bbbb-cccc-dddd"))
    with pytest.raises(Exception, match="does not accept this name and password"):
        place.sign_in(client)


def test_both_shapes_of_documents(
    servers: Servers, place: Place, alice: Account, credentials: AppPasswordCredentials
) -> None:
    with servers.modern_documents():
        assert place.sign_in(credentials).account == alice.did
    assert place.sign_in(credentials).account == alice.did


# --- relay: the client dialled mallory's server, which would be the client at irc.test -----------------------------

MALLORY = "mallory.test"
MALLORY_END_POINT = bytes(32)


def test_a_challenge_that_is_passed_on_is_not_answered(place: Place, credentials: AppPasswordCredentials) -> None:
    victim = place.client(credentials, server=MALLORY, end_point=MALLORY_END_POINT)
    challenge = place.challenge(place.connection())
    with pytest.raises(UnacceptableChallengeError):
        place.network.run(victim.receive(challenge, now()))
    assert not place.network.requests  # least of all at the PDS


@pytest.mark.parametrize("forms", FORMS)
@pytest.mark.parametrize("strike", [(), ("cb",), ("server_id",), ("cb", "server_id")])
def test_an_answer_to_a_challenge_that_was_rewritten_is_for_mallory_alone(
    place: Place, credentials: AppPasswordCredentials, forms: tuple[str, ...], strike: tuple[str, ...]
) -> None:
    """Whatever mallory makes of the challenge, the audience is the host that the client dialled."""
    connection = place.connection(bindings=forms)
    challenge = json.loads(decode_base64_any(place.challenge(connection)))
    challenge.update(server=MALLORY, server_id=f"did:web:{MALLORY}")
    rewritten = encode_json({name: value for name, value in challenge.items() if name not in strike})
    victim = place.client(credentials, server=MALLORY, end_point=MALLORY_END_POINT)
    answer = place.network.run(victim.receive(encode_base64url(rewritten), now()))
    assert place.answer(connection, answer).code == "TOKEN_AUDIENCE"


def test_the_same_name_by_another_certificate(place: Place, credentials: AppPasswordCredentials) -> None:
    """Mallory has a certificate for irc.test that the client trusts: what is left is the channel binding."""
    connection = place.connection(bindings=("lxm",))
    victim = place.client(credentials, server=SERVER, end_point=MALLORY_END_POINT)
    assert MALLORY_END_POINT != END_POINT
    answer = place.network.run(victim.receive(place.challenge(connection), now()))
    assert place.answer(connection, answer).code == "TOKEN_METHOD"


# --- the other ways in ---------------------------------------------------------------------------------------------


def test_pds_session(place: Place, alice: Account) -> None:
    password = alice.create_app_password()
    credentials = AppPasswordCredentials(alice.handle, password, methods=("pds-session",))
    heard = place.sign_in(credentials)
    assert (heard.account, heard.method, place.handle_of(heard)) == (alice.did, "pds-session", alice.handle)
    off = place.connection(methods=("crypto", "service-auth"))
    with pytest.raises(UnacceptableChallengeError):
        place.sign_in(credentials, off)


def test_a_token_of_one_account_is_not_another(servers: Servers, place: Place, alice: Account) -> None:
    mallory = servers.pds().create_account("mallory")
    connection = place.connection()
    challenge = json.loads(decode_base64_any(place.challenge(connection)))
    answer = {
        "did": alice.did,
        "method": "pds-session",
        "signature": mallory.access,
        "pds_url": alice.pds.url,
        "challenge_nonce": challenge["nonce"],
    }
    payload = encode_base64url(encode_json(answer))
    chunks = [payload[start : start + 400] for start in range(0, len(payload), 400)]
    assert "another account" in place.answer(connection, chunks).reason


@pytest.mark.parametrize("by", ["handle", "did"])
def test_plain(place: Place, alice: Account, by: str) -> None:
    identifier = alice.handle if by == "handle" else alice.did
    password = alice.create_app_password()
    heard = place.sign_in(PlainCredentials(identifier, password))
    assert (heard.account, heard.method, place.handle_of(heard)) == (alice.did, "app-password", alice.handle)
    wrong = place.sign_in(PlainCredentials(identifier, "aaaa-bbbb-cccc-dddd"))
    assert "does not accept this name and password" in wrong.reason


@pytest.mark.parametrize("type", [KeyType.SECP256K1, KeyType.P256])
def test_a_key_of_ones_own(servers: Servers, place: Place, alice: Account, type: KeyType) -> None:
    """Put into the document through the PDS, it signs in without the PDS, and before that it does not."""
    key = PrivateKey.derive(type, os.urandom)
    credentials = KeyCredentials(parse_did(alice.did), key)
    assert place.sign_in(credentials).reason
    alice.set_keys(freeq=public_key_to_did_key(key.public_key))
    with servers.modern_documents():
        assert place.sign_in(credentials).account == alice.did
    heard = place.sign_in(credentials)
    assert (heard.account, heard.method) == (alice.did, "crypto")
    other = KeyCredentials(parse_did(alice.did), PrivateKey.derive(type, os.urandom))
    assert place.sign_in(other).reason
    # Once the user has taken it out again, it is worth nothing from the next challenge on.
    alice.set_keys()
    assert place.sign_in(credentials).reason


# --- accounts that change ------------------------------------------------------------------------------------------


def test_an_account_that_was_taken_down(servers: Servers, place: Place, alice: Account) -> None:
    """A session that was open before still gets tokens from its PDS, which are good but for its state."""
    password = alice.create_app_password()
    connection = place.connection()
    client = place.client(AppPasswordCredentials(alice.did, password))
    answer = place.network.run(client.receive(place.challenge(connection), now()))
    alice.pds.take_down(alice)
    assert place.answer(connection, answer).code == "ACCOUNT_INACTIVE"
    assert "does not accept" in place.sign_in(PlainCredentials(alice.did, password)).reason


def test_an_account_that_was_deactivated(place: Place, alice: Account) -> None:
    password = alice.create_app_password()
    alice.deactivate()
    for methods, code in (("service-auth", "ACCOUNT_INACTIVE"), ("pds-session", "ACCOUNT_INACTIVE")):
        credentials = AppPasswordCredentials(alice.did, password, methods=(methods,))
        assert place.sign_in(credentials).code == code
    assert "not active" in place.sign_in(PlainCredentials(alice.did, password)).reason


def test_a_handle_that_changed(place: Place, alice: Account, credentials: AppPasswordCredentials) -> None:
    assert place.handle_of(place.sign_in(credentials)) == alice.handle
    changed = alice.change_handle("anna")
    place.network.hosts[changed.handle] = alice.pds.url
    assert place.handle_of(place.sign_in(credentials)) == changed.handle
    with pytest.raises(Exception, match="handle"):
        place.sign_in(AppPasswordCredentials(alice.handle, credentials.password))
