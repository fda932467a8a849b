"""The client of this library over TLS, with accounts of real PDSs: what it needs to sign in it finds by itself."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from freeq_proto.boundary import Destination, KeyType
from freeq_proto.client import ClientConfig, MessageReceived
from freeq_proto.identity import (
    OAuth,
    OAuthAccess,
    OAuthClient,
    PrivateKey,
    loopback_client_id,
    parse_did,
    public_key_to_did_key,
)
from freeq_proto.sasl import (
    AppPasswordCredentials,
    CertificateCredentials,
    Credentials,
    KeyCredentials,
    OAuthCredentials,
    PlainCredentials,
)
from freeq_runtime_asyncio import CannotConnectError, Client
from tests.integration.atproto.consent import consent
from tests.integration.atproto.flows import Network, entropy, now, resolver_for
from tests.integration.atproto.live import Place, live
from tests.integration.atproto.servers import Servers
from tests.integration.internet import Authority


@pytest.fixture
def place(new: Servers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    with live(new, tmp_path, monkeypatch) as place:
        yield place


def client_of(place: Place, nick: str, credentials: Credentials, certificate: str = "") -> Client:
    config = ClientConfig(
        destination=Destination("localhost", place.server.port("ircs")),
        nick=nick,
        channels=("#garden",),
        credentials=credentials,
        require_sign_in=True,
        plc_directory=place.servers.plc,
        private_network=True,
        reconnect=None,
    )
    return Client(config, ssl_context=place.internet.authority.client(certificate))


async def heard(client: Client) -> tuple[str, str | None]:
    """The next message: its text, and the account of whoever said it."""
    async for event in client:
        if isinstance(event, MessageReceived) and not event.is_echo:
            return event.text, event.account
    raise AssertionError("the client ended")


def test_four_ways_in(place: Place) -> None:
    """Each is known to the others by the DID that it proved."""
    alice, bob, carol, dave = (place.create_account(name) for name in ("alice", "bob", "carol", "dave"))
    key = PrivateKey.derive(KeyType.SECP256K1, os.urandom)
    dave.set_keys(freeq=str(public_key_to_did_key(key.public_key)))
    with place.connect("bot") as owner:
        assert b" 903 " in owner.plain(carol.did, carol.create_app_password())
        owner.finish("carol")
        owner.send("CERT ADD")
        owner.until(b" CERT CERTIFICATE_ADDED ")

    async def talk() -> None:
        ways = {
            "alice": (
                alice,
                client_of(place, "alice", AppPasswordCredentials(alice.handle, alice.create_app_password())),
            ),
            "bob": (bob, client_of(place, "bob", PlainCredentials(bob.handle, bob.create_app_password()))),
            "carol-bot": (carol, client_of(place, "carol-bot", CertificateCredentials(), "bot")),
            "dave": (dave, client_of(place, "dave", KeyCredentials(parse_did(dave.did), key))),
        }
        listener = client_of(place, "eve", PlainCredentials(bob.handle, bob.create_app_password()))
        async with listener:
            for nick, (account, client) in ways.items():
                async with client:
                    assert client.state.account == account.did
                    await client.say("#garden", f"It is I, {nick}")
                    assert await heard(listener) == (f"It is I, {nick}", account.did)

    asyncio.run(talk())


def test_a_session_for_this_server_alone(place: Place) -> None:
    """OAuth with a scope that allows nothing but signing in to the server that is dialled."""
    alice = place.create_account("alice")
    scope = "atproto rpc:blue.irc.auth?aud=did:web:localhost%23irc"
    client = OAuthClient(loopback_client_id("http://127.0.0.1/callback", scope), "http://127.0.0.1/callback", scope)
    oauth, network = OAuth(resolver_for(place.servers), now, entropy), Network()
    pending = network.run(oauth.begin(client, parse_did(alice.did)))
    session = network.run(oauth.finish(pending, urlsplit(consent(pending.url, alice)).query))

    async def connect() -> None:
        async with client_of(place, "alice", OAuthCredentials(OAuthAccess(oauth, session))) as connected:
            assert connected.state.account == alice.did

    asyncio.run(connect())


def test_nothing_is_shown_to_a_server_that_nobody_vouches_for(place: Place, tmp_path: Path) -> None:
    """The client knows another authority than the one that vouched for the server."""
    alice = place.create_account("alice")
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    config = ClientConfig(
        destination=Destination("localhost", place.server.port("ircs")),
        nick="alice",
        credentials=AppPasswordCredentials(alice.did, alice.create_app_password()),
        require_sign_in=True,
        plc_directory=place.servers.plc,
        private_network=True,
        reconnect=None,
    )

    async def connect() -> None:
        async with Client(config, ssl_context=Authority(folder).client()):
            raise AssertionError("connected")

    with pytest.raises(CannotConnectError, match=r"nobody here trusts|not known here"):
        asyncio.run(connect())
