"""The client library, unchanged, on a server that others wrote."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from freeq_proto.boundary import Destination
from freeq_proto.client import (
    Backoff,
    ClientConfig,
    ClientEvent,
    Connected,
    ErrorReply,
    Joined,
    JoinFailed,
    Kicked,
    MessageReceived,
    ModeChanged,
    NickChanged,
    Quit,
    Registered,
    SignInFailed,
    TopicChanged,
)
from freeq_proto.sasl import PlainCredentials
from freeq_runtime_threaded import Client
from tests.integration.inspircd import Inspircd, inspircd
from tests.runtime_asyncio.harness import trusting
from tests.runtime_threaded.sockets import listening

pytestmark = pytest.mark.needs("inspircd")

SECONDS = 30
GARDEN = "#garden"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inspircd]:
    with inspircd(tmp_path_factory.mktemp("inspircd")) as running:
        yield running


def client(
    server: Inspircd,
    nick: str,
    *channels: str,
    destination: Destination | None = None,
    without: tuple[str, ...] = (),
) -> Client:
    config = ClientConfig(
        destination=destination or server.plain,
        nick=nick,
        channels=channels,
        without=without,
        reconnect=Backoff(initial=0.05, maximum=0.2),
    )
    return Client(config, ssl_context=trusting(server.certificate))


def until(client: Client, matches: Callable[[ClientEvent], bool]) -> ClientEvent:
    seen: list[ClientEvent] = []
    for event in client.events(timeout=SECONDS):
        seen.append(event)
        if matches(event):
            return event
    raise AssertionError(f"it did not happen: {seen}")


def is_in(client: Client, nick: str) -> None:
    until(client, lambda event: isinstance(event, Joined) and event.who.nick == nick)


def said(client: Client, nick: str) -> MessageReceived:
    event = until(client, lambda event: isinstance(event, MessageReceived) and event.sender.nick == nick)
    assert isinstance(event, MessageReceived)
    return event


def test_registration_and_what_the_server_can_do(server: Inspircd) -> None:
    with client(server, "ada", destination=server.secure) as ada:
        connected = until(ada, lambda event: isinstance(event, Connected))
        assert isinstance(connected, Connected)
        assert connected.authenticated
        registered = until(ada, lambda event: isinstance(event, Registered))
        assert registered == Registered("ada", "irc.example.org", "Example", None)
        enabled = ada.do(lambda engine, now: set(engine.capabilities))
        assert {"batch", "echo-message", "labeled-response", "message-tags", "server-time", "cap-notify"} <= enabled
        assert ada.do(lambda engine, now: engine.isupport.text("NETWORK")) == "Example"


@pytest.mark.parametrize(
    "without", [(), ("labeled-response",), ("message-tags", "batch", "echo-message", "server-time")]
)
def test_requests_have_their_answers(server: Inspircd, without: tuple[str, ...]) -> None:
    with client(server, "ada", without=without) as ada:
        answers = [ada.request("WHOIS", "ada"), ada.request("WHOIS", "nobody"), ada.request("LIST")]
        assert [answer.failed for answer in answers] == [False, True, False]
        assert {"311", "318"} <= {message.command for message in answers[0].messages}
        assert answers[1].error is not None
        assert answers[1].error.command == "401"
        assert ada.request("MODE", "ada").messages[-1].command == "221"


def test_a_channel_is_tracked(server: Inspircd) -> None:
    with client(server, "ada", GARDEN) as ada:
        is_in(ada, "ada")
        with client(server, "bob", GARDEN) as bob:
            is_in(ada, "bob")
            is_in(bob, "bob")
            assert members(bob) == {"ada": "@", "bob": ""}
            ada.mode(GARDEN, "+v", "bob")
            until(bob, lambda event: isinstance(event, ModeChanged) and event.target == GARDEN)
            ada.topic(GARDEN, "tulips")
            until(bob, lambda event: isinstance(event, TopicChanged) and event.topic == "tulips")
            bob.nick("bobby")
            until(ada, lambda event: isinstance(event, NickChanged) and event.nick == "bobby")
            until(bob, lambda event: isinstance(event, NickChanged) and event.nick == "bobby")
            assert members(ada) == members(bob) == {"ada": "@", "bobby": "+"}
            ada.kick(GARDEN, "bobby", reason="enough")
            kicked = until(bob, lambda event: isinstance(event, Kicked))
            assert isinstance(kicked, Kicked)
            assert (kicked.is_self, kicked.reason) == (True, "enough")
            until(ada, lambda event: isinstance(event, Kicked))
            assert members(ada) == {"ada": "@"}


def members(client: Client) -> dict[str, str]:
    """Who is in the garden, each with the prefixes of his status."""
    return client.do(
        lambda engine, now: {
            member.user.nick: member.prefixes
            for channel in [engine.channel(GARDEN)]
            if channel is not None
            for member in channel.members.values()
        }
    )


def test_what_is_said_arrives_whole(server: Inspircd) -> None:
    with client(server, "ada", GARDEN) as ada, client(server, "bob", GARDEN) as bob:
        is_in(bob, "bob")
        is_in(ada, "ada")
        text = "Блоб und \N{WOMAN}\N{ZERO WIDTH JOINER}\N{ROCKET} " * 40
        bob.request("PING", "joined")
        ada.request("PING", "joined")
        bob.say(GARDEN, text.strip(" "))
        heard = ""
        while len(heard.replace(" ", "")) < len(text.replace(" ", "")):
            line = said(ada, "bob")
            assert line.msgid
            heard += line.text
        assert heard.replace(" ", "") == text.replace(" ", "")
        ada.action(GARDEN, "nods")
        assert said(bob, "ada").is_action


def test_reactions_and_typing_travel_as_tags(server: Inspircd) -> None:
    with client(server, "ada", GARDEN) as ada, client(server, "bob", GARDEN) as bob:
        is_in(bob, "bob")
        is_in(ada, "ada")
        ada.request("PING", "joined")
        bob.say(GARDEN, "hello")
        msgid = said(ada, "bob").msgid
        ada.react(GARDEN, msgid, "\N{HEAVY BLACK HEART}")
        until(bob, lambda event: getattr(event, "reaction", "") == "\N{HEAVY BLACK HEART}")
        ada.say(GARDEN, "hello yourself", reply_to=msgid)
        assert said(bob, "ada").reply_to == msgid


def test_a_nick_that_is_taken_is_replaced_and_regained(server: Inspircd) -> None:
    with client(server, "ada") as first, client(server, "ada") as second:
        assert second.do(lambda engine, now: engine.current_nick) != "ada"
        first.stop("bye")
        until(second, lambda event: isinstance(event, NickChanged) and event.nick == "ada")


def test_a_channel_that_refuses_us_says_so(server: Inspircd) -> None:
    with client(server, "ada", GARDEN) as ada:
        is_in(ada, "ada")
        ada.mode(GARDEN, "+k", "secret")
        ada.request("PING", "done")
        with client(server, "bob", GARDEN) as bob:
            failed = until(bob, lambda event: isinstance(event, JoinFailed))
            assert isinstance(failed, JoinFailed)
            assert (failed.channel, failed.code) == (GARDEN, "475")
            bob.join(GARDEN, key="secret")
            is_in(bob, "bob")
            bob.mode(GARDEN, "+m")
            until(bob, lambda event: isinstance(event, ErrorReply) and event.code == "482")


def test_signing_in_where_nobody_can(server: Inspircd) -> None:
    """InspIRCd offers SASL only while services are linked."""
    config = ClientConfig(
        destination=server.secure, nick="ada", credentials=PlainCredentials("ada", "secret"), reconnect=None
    )
    with Client(config, ssl_context=trusting(server.certificate)) as ada:
        until(ada, lambda event: isinstance(event, SignInFailed))
        assert ada.do(lambda engine, now: engine.account) is None


@contextlib.contextmanager
def forwarder(destination: Destination) -> Iterator[tuple[Destination, Callable[[], None]]]:
    """A way to a server that can be cut."""
    ends: list[socket.socket] = []

    def pump(source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65_536):
                sink.sendall(data)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_RDWR)

    def forward(near: socket.socket) -> None:
        with socket.create_connection((destination.host, destination.port), SECONDS) as far:
            ends.extend((near, far))
            back = threading.Thread(target=pump, args=(far, near))
            back.start()
            pump(near, far)
            back.join(SECONDS)

    def cut() -> None:
        for end in ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        ends.clear()

    with listening(forward) as server:
        yield Destination("127.0.0.1", server.port, tls=False), cut


def test_a_lost_connection_is_made_again_and_the_channels_with_it(server: Inspircd) -> None:
    with (
        forwarder(server.plain) as (destination, cut),
        client(server, "ada", GARDEN, destination=destination) as ada,
        client(server, "bob", GARDEN) as bob,
    ):
        is_in(ada, "ada")
        is_in(bob, "bob")
        cut()
        until(bob, lambda event: isinstance(event, Quit) and event.who.nick == "ada")
        is_in(bob, "ada")
        bob.say(GARDEN, "welcome back")
        assert said(ada, "bob").text == "welcome back"
