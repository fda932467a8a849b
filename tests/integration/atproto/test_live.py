"""Accounts of real PDSs on a running server, over sockets: what their owners see, and what others see of them."""

import contextlib
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from freeq_proto.boundary import KeyType, tls_server_end_point
from freeq_proto.identity import PrivateKey, parse_did, public_key_to_did_key
from freeq_proto.sasl import AppPasswordCredentials, ClientExchange, Credentials, KeyCredentials
from tests.integration.atproto.flows import Network, entropy, now, resolver_for
from tests.integration.atproto.live import Place, live
from tests.integration.atproto.servers import Servers
from tests.integration.clients import Login, irssi, weechat
from tests.integration.signing_in import SigningIn
from tests.integration.wire import Client, Witness


@pytest.fixture
def place(new: Servers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    with live(new, tmp_path, monkeypatch) as place:
        yield place


def whois(client: Client, nick: str) -> str:
    client.send(f"WHOIS {nick}")
    return b"\n".join(client.until(b" 318 ")).decode()


def test_plain_with_a_handle(place: Place) -> None:
    alice = place.create_account("alice")
    with place.connect() as client:
        assert b" 904 " in client.plain(alice.handle, "aaaa-bbbb-cccc-dddd")
        heard = client.plain(alice.handle, alice.create_app_password())
        assert b" 903 " in heard
        assert f" {alice.did} ".encode() in heard
        client.finish("alice")
        shown = whois(client, "alice")
        assert alice.did in shown
        assert alice.handle in shown


def sign_in(place: Place, client: SigningIn, credentials: Credentials) -> bytes:
    """By our own client's exchange, which sees the certificate that TLS proved to it."""
    assert client.certificate
    exchange = ClientExchange(
        credentials,
        expected_server="localhost",
        authenticated=True,
        resolver=resolver_for(place.servers),
        clock=now,
        entropy=entropy,
        end_point=tls_server_end_point(client.certificate),
    )
    network = Network()
    client.send(*(f"AUTHENTICATE {argument}" for argument in exchange.begin()))
    challenge = client.until(b"AUTHENTICATE ")[-1].rpartition(b" ")[2].decode()
    arguments = network.run(exchange.receive(challenge, now()))
    client.send(*(f"AUTHENTICATE {argument}" for argument in arguments))
    return client.until_the_end_of_the_attempt()


def test_service_auth_bound_to_the_tls_connection(place: Place) -> None:
    alice = place.create_account("alice")
    credentials = AppPasswordCredentials(alice.did, alice.create_app_password())
    with place.connect() as client:
        heard = sign_in(place, client, credentials)
        assert b" 903 " in heard, heard
        assert f" {alice.did} ".encode() in heard


def test_a_bot_with_a_certificate(place: Place) -> None:
    """Its owner, signed in otherwise, binds it; from then on it needs nothing else."""
    alice = place.create_account("alice")
    with place.connect("bot") as stranger:
        assert b" 904 " in stranger.external()
    with place.connect("bot") as client:
        assert b" 903 " in client.plain(alice.did, alice.create_app_password())
        client.finish("alice")
        client.send("CERT ADD")
        client.until(b" CERT CERTIFICATE_ADDED ")
    with place.connect("bot") as bot:
        heard = bot.external()
        assert b" 903 " in heard
        assert f" {alice.did} ".encode() in heard
        bot.finish("bot")
        assert " 276 " in whois(bot, "bot")
    with place.connect("another") as other:
        assert b" 904 " in other.external()
    with place.connect() as bare:
        bare.send("AUTHENTICATE EXTERNAL")
        assert b" 908 " in bare.until_the_end_of_the_attempt()


def test_a_bot_with_a_key(place: Place) -> None:
    alice, key = place.create_account("alice"), PrivateKey.derive(KeyType.SECP256K1, os.urandom)
    alice.set_keys(freeq=str(public_key_to_did_key(key.public_key)))
    with place.connect() as bot:
        heard = sign_in(place, bot, KeyCredentials(parse_did(alice.did), key))
        assert b" 903 " in heard
        assert f" {alice.did} ".encode() in heard


def test_accounts_that_are_lost_while_their_owners_are_here(place: Place) -> None:
    """Within the time that the operator has set, 10 seconds here; and nobody else is."""
    own = PrivateKey.derive(KeyType.SECP256K1, os.urandom)
    taken, away, gone, keyed, left = (place.create_account(name) for name in ("mal", "bob", "carol", "dave", "eve"))
    keyed.set_keys(freeq=str(public_key_to_did_key(own.public_key)))
    with contextlib.ExitStack() as stack:
        clients = {account: stack.enter_context(place.connect()) for account in (taken, away, gone, keyed, left)}
        for account, client in clients.items():
            if account is keyed:
                heard = sign_in(place, client, KeyCredentials(parse_did(keyed.did), own))
            else:
                heard = client.plain(account.did, account.create_app_password())
            assert b" 903 " in heard
            client.finish(account.handle.partition("-")[0])
        witness = stack.enter_context(Witness(place.server.port("irc")))
        assert all(" 330 " in whois(witness, nick) for nick in ("mal", "bob", "carol", "dave", "eve"))

        taken.pds.take_down(taken)
        away.deactivate()
        gone.pds.delete(gone)
        keyed.set_keys()
        changed = place.publish(left.change_handle("eva"))
        for account in (taken, away, gone, keyed):
            clients[account].until(b" 901 ")
        assert not any(" 330 " in whois(witness, nick) for nick in ("mal", "bob", "carol", "dave"))
        deadline = time.monotonic() + 20
        while changed.handle not in (shown := whois(witness, "eve")):
            assert time.monotonic() < deadline, shown
            time.sleep(0.2)
        assert left.did in shown


@pytest.mark.needs("tmux", "irssi", "weechat")
def test_people_with_irssi_and_weechat(place: Place) -> None:
    """PLAIN over TLS with a handle and an app password, which is all that they have to know."""
    iris, wendy = place.create_account("iris"), place.create_account("wendy")
    port, authority = place.server.port("ircs"), place.internet.authority.file
    logins = [Login(account.handle, account.create_app_password(), authority) for account in (iris, wendy)]
    with irssi(port, "iris", logins[0]) as irssi_screen, weechat(port, "wendy", logins[1]) as weechat_screen:
        irssi_screen.until("SASL authentication succeeded")
        irssi_screen.until("Welcome to the garden")
        weechat_screen.until(f"You are now logged in as {wendy.did}")
        weechat_screen.until("Welcome to the garden")
        weechat_screen.enter("/whois iris")
        weechat_screen.until(rf"(?s)\[iris\] is logged in as {iris.did}.*verified handle {re.escape(iris.handle)}")
        irssi_screen.enter("/whois wendy")
        irssi_screen.until(rf"account +: {wendy.did}")
