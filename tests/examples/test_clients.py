"""Every example of a client does what its head says, on a real server over TLS."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from freeq_proto.boundary import KeyType
from freeq_proto.client import ClientConfig, ClientEvent, Joined, MessageReceived, Quit, TopicChanged
from freeq_proto.identity import PrivateKey, public_key_to_did_key
from freeq_proto.sasl import KeyCredentials
from freeq_runtime_threaded import Client
from tests.examples.running import running
from tests.runtime_asyncio.harness import trusting
from tests.runtime_asyncio.real_server import SECONDS, RealServer, real_server

GARDEN = "#garden"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RealServer]:
    with real_server(tmp_path) as serving:
        yield serving


def url(server: RealServer) -> str:
    return f"ircs://{server.secure.host}:{server.secure.port}"


def ada(server: RealServer, *credentials: KeyCredentials) -> Client:
    """Somebody who was in the channel first."""
    config = ClientConfig(destination=server.secure, nick="ada", channels=(GARDEN,), credentials=credentials)
    return Client(config, ssl_context=trusting(server.certificate))


def until(client: Client, matches: Callable[[ClientEvent], bool]) -> ClientEvent:
    for event in client.events(timeout=SECONDS):
        if matches(event):
            return event
    raise AssertionError("it did not happen")


def came(nick: str) -> Callable[[ClientEvent], bool]:
    return lambda event: isinstance(event, Joined) and event.who.nick == nick


def said(client: Client, nick: str) -> str:
    """What somebody says next."""
    event = until(client, lambda event: isinstance(event, MessageReceived) and event.sender.nick == nick)
    assert isinstance(event, MessageReceived)
    return event.text


def holds(file: Path, text: str) -> None:
    """Wait until a file holds a text."""
    for _ in range(SECONDS * 100):
        if file.exists() and text in file.read_text("utf-8"):
            return
        threading.Event().wait(0.01)
    raise AssertionError(f"{file} does not hold {text!r}")


def test_the_echo_bot_repeats_and_is_ended_in_good_order(server: RealServer) -> None:
    with ada(server) as client:
        until(client, came("ada"))
        with running(server, "examples/echo_bot.py", url(server), GARDEN) as bot:
            until(client, came("echo"))
            client.say(GARDEN, "hello")
            assert said(client, "echo") == "hello"
            client.say("echo", "in private")
            assert said(client, "echo") == "in private"
            bot.interrupt()
            assert bot.end() == 0
        until(client, lambda event: isinstance(event, Quit))


def test_the_command_bot_obeys_dids_and_not_nicks(server: RealServer, tmp_path: Path) -> None:
    key = PrivateKey(KeyType.ED25519, bytes(range(32)))
    did = public_key_to_did_key(key.public_key)
    options = ["--key", str(tmp_path / "bot.key"), "--owner", did]
    with ada(server, KeyCredentials(did, key)) as client:
        until(client, came("ada"))
        with running(server, "examples/command_bot.py", url(server), GARDEN, *options) as bot:
            assert bot.until("signed in as did:key:zDn")
            until(client, came("helper"))
            client.mode(GARDEN, "+o", "helper")
            client.say(GARDEN, "!topic tulips")
            until(client, lambda event: isinstance(event, TopicChanged) and event.topic == "tulips")
            client.say(GARDEN, "!who ada")
            assert said(client, "helper") == f"ada is {did}"
            stranger = ClientConfig(destination=server.secure, nick="mallory", channels=(GARDEN,))
            with Client(stranger, ssl_context=trusting(server.certificate)) as mallory:
                until(mallory, came("mallory"))
                mallory.say(GARDEN, "!op mallory")
                assert said(client, "helper") == "I do not know you"
            client.say("helper", "!quit enough for today")
            assert bot.end() == 0
    assert (tmp_path / "bot.key").stat().st_mode & 0o777 == 0o600


def test_the_logger_writes_what_is_said(server: RealServer, tmp_path: Path) -> None:
    with ada(server) as client:
        until(client, came("ada"))
        with running(server, "examples/logger.py", url(server), str(tmp_path / "logs"), GARDEN, "#a/../b") as logger:
            until(client, came("logger"))
            client.say(GARDEN, "hello, posterity")
            client.action(GARDEN, "waves")
            client.topic(GARDEN, "tulips")
            client.say("logger", "not for the log")
            client.say(GARDEN, "that was all")
            holds(tmp_path / "logs" / "#garden.log", "that was all")
            logger.interrupt()
            assert logger.end() == 0
    text = (tmp_path / "logs" / "#garden.log").read_text("utf-8")
    assert "-- the topic is 'tulips'" in text
    assert "<ada> hello, posterity" in text
    assert "* ada waves" in text
    assert "not for the log" not in text
    assert {path.parent for path in (tmp_path / "logs").iterdir()} == {tmp_path / "logs"}


def test_the_trio_client_talks(server: RealServer) -> None:
    pytest.importorskip("trio")
    with ada(server) as client:
        until(client, came("ada"))
        command = ["examples/trio_client.py", server.secure.host, str(server.secure.port), GARDEN]
        with running(server, *command) as trio:
            trio.until("-- trio came into #garden")
            client.say(GARDEN, "hello, trio")
            trio.until("<ada> hello, trio")
            trio.write("hello, ada")
            assert said(client, "trio") == "hello, ada"
            assert trio.end() == 0
        until(client, lambda event: isinstance(event, Quit))
