"""The blocking client against a whole server, over real sockets."""

import socket
import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import attrs
import pytest

from freeq_proto.boundary import Destination, LocalProtocolError
from freeq_proto.client import (
    Backoff,
    ClientConfig,
    ClientEvent,
    Connected,
    Disconnected,
    Joined,
    MessageReceived,
    NotRegisteredError,
    Quit,
    Registered,
    SendBudget,
    Stopped,
    Times,
)
from freeq_runtime_threaded import CannotConnectError, Client, ClientLimits, ClosedError
from tests.runtime_asyncio.harness import trusting
from tests.runtime_asyncio.real_server import NAME, SECONDS, RealServer, real_server
from tests.runtime_threaded.sockets import listening

SOON = Backoff(initial=0.01, maximum=0.05)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RealServer]:
    with real_server(tmp_path) as running:
        yield running


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    yield
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("freeq-")] == []


def config(destination: Destination, nick: str, *channels: str) -> ClientConfig:
    budget = SendBudget(burst=10_000, lines_per_second=0, queue=10_000)
    return ClientConfig(destination=destination, nick=nick, channels=channels, reconnect=SOON, send_budget=budget)


def until(client: Client, kind: type[ClientEvent]) -> ClientEvent:
    """The next event of a kind; those before it are dropped."""
    for event in client.events(timeout=SECONDS):
        if isinstance(event, kind):
            return event
    raise AssertionError(f"nothing came, or the client ended, without {kind}")


def heard(client: Client) -> str:
    """What somebody else says next."""
    while True:
        event = until(client, MessageReceived)
        assert isinstance(event, MessageReceived)
        if not event.is_echo:
            return event.text


def test_two_clients_talk_and_leave_with_quit(server: RealServer) -> None:
    with Client(config(server.plain, "ada", "#garden")) as ada:
        until(ada, Joined)
        with Client(config(server.plain, "bob", "#garden")) as bob:
            until(bob, Joined)
            bob.say("#garden", "hello, ada")
            assert heard(ada) == "hello, ada"
            ada.say("bob", "hello, bob")
            assert heard(bob) == "hello, bob"
            bob.say("#garden", "last words")
        assert heard(ada) == "last words"
        until(ada, Quit)
        assert ada.do(lambda engine, now: engine.current_nick) == "ada"


def test_threads_ask_at_once(server: RealServer) -> None:
    with Client(config(server.plain, "ada")) as ada, ThreadPoolExecutor(8, "asking") as pool:
        answers = list(pool.map(lambda number: ada.request("PING", f"token-{number}"), range(50)))
        assert [answer.messages[0].params[-1] for answer in answers] == [f"token-{number}" for number in range(50)]


def test_a_mistake_is_raised_where_it_was_made(server: RealServer) -> None:
    with Client(config(server.plain, "ada")) as ada:
        with pytest.raises(LocalProtocolError):
            ada.say("#garden", "a line\rthat is two")
        assert ada.request("PING", "unharmed").messages


def test_tls_is_verified_and_told(server: RealServer) -> None:
    with Client(config(server.secure, "ada"), ssl_context=trusting(server.certificate)) as ada:
        connected = until(ada, Connected)
        assert isinstance(connected, Connected)
        assert connected.authenticated
        assert ada.request("WHOIS", "ada").messages[0].command == "311"


def test_without_verification_nothing_is_proved(server: RealServer) -> None:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with Client(config(server.secure, "ada"), ssl_context=context) as ada:
        connected = until(ada, Connected)
        assert isinstance(connected, Connected)
        assert not connected.authenticated


def why_not(destination: Destination, context: ssl.SSLContext | None = None) -> str:
    """The reason for which nobody was reached."""
    with pytest.raises(CannotConnectError) as caught, Client(config(destination, "ada"), ssl_context=context):
        pass
    return str(caught.value)


def test_failures_say_what_to_do(server: RealServer) -> None:
    assert why_not(server.secure) == (
        f"the certificate of {NAME} is signed by nobody but itself: get it from its operator and trust it by name"
    )
    trusted = trusting(server.certificate)
    assert "does not speak TLS: is it the right port?" in why_not(Destination(NAME, server.plain.port), trusted)
    port = server.secure.port
    assert why_not(Destination("127.0.0.9", port), trusted) == (
        f"nothing listens at 127.0.0.9 port {port}: is the server running, and is the port right?"
    )
    assert "no-such-host.invalid" in why_not(Destination("no-such-host.invalid", 6697))


def test_each_destination_is_tried(server: RealServer) -> None:
    both = ClientConfig(destination=(Destination("127.0.0.9", 1, tls=False), server.plain), nick="ada")
    with Client(both) as ada:
        assert ada.do(lambda engine, now: engine.registered)


def test_a_server_that_dies_and_comes_back(server: RealServer) -> None:
    with Client(config(server.plain, "ada", "#garden")) as ada:
        until(ada, Joined)
        server.stop(abruptly=True)
        until(ada, Disconnected)
        with pytest.raises(NotRegisteredError):
            ada.say("#garden", "is anybody there?")
        server.start()
        until(ada, Registered)
        until(ada, Joined)
        assert ada.do(lambda engine, now: list(engine.channels)) == ["#garden"]


@pytest.mark.parametrize("tls", [False, True])
def test_a_silent_server_is_left_while_it_connects(tls: bool) -> None:
    """Another thread may give up what never comes."""
    reached = threading.Event()

    def silent(peer: socket.socket) -> None:
        reached.set()
        while peer.recv(4096):
            pass

    with listening(silent) as server:
        asked = attrs.evolve(config(Destination("127.0.0.1", server.port, tls=tls), "ada"), times=Times(quit=0.1))
        client = Client(asked, patient=True)
        raised: list[Exception] = []

        def enter() -> None:
            try:
                client.__enter__()
            except CannotConnectError as error:
                raised.append(error)

        entering = threading.Thread(target=enter)
        entering.start()
        assert reached.wait(SECONDS)
        client.stop("never mind")
        entering.join(SECONDS)
        assert [str(error) for error in raised] == ["never mind"]


def test_stopping_ends_the_iteration_in_every_thread(server: RealServer) -> None:
    with Client(config(server.plain, "ada")) as ada, ThreadPoolExecutor(3, "iterating") as pool:
        taking = [pool.submit(lambda: list(ada)) for _ in range(3)]
        ada.stop("that was all")
        events = [event for each in taking for event in each.result(SECONDS)]
        assert [event for event in events if isinstance(event, Stopped)] == [Stopped("that was all")]


def test_a_client_is_used_inside_its_block_and_once(server: RealServer) -> None:
    client = Client(config(server.plain, "ada"))
    with pytest.raises(LocalProtocolError):
        client.say("#garden", "too early")
    with client, pytest.raises(LocalProtocolError):
        client.__enter__()
    with pytest.raises(ClosedError):
        client.say("#garden", "too late")


def test_events_end_after_a_time_without_any(server: RealServer) -> None:
    with Client(config(server.plain, "ada")) as ada:
        assert any(isinstance(event, Registered) for event in ada.events(timeout=0.2))


def test_whoever_takes_events_slowly_holds_the_server_back_and_loses_nothing(server: RealServer) -> None:
    with (
        Client(config(server.plain, "ada"), limits=ClientLimits(events=50)) as ada,
        Client(config(server.plain, "bob")) as bob,
    ):
        for number in range(2000):
            bob.say("ada", f"{number:04} {'x' * 300}")
        bob.request("PING", "all said")
        assert [heard(ada)[:4] for _ in range(2000)] == [f"{number:04}" for number in range(2000)]


def test_a_handler_may_ask_while_it_is_flooded(server: RealServer) -> None:
    with (
        Client(config(server.plain, "ada"), limits=ClientLimits(events=10)) as ada,
        Client(config(server.plain, "bob")) as bob,
    ):
        for number in range(500):
            bob.say("ada", f"{number}")
        bob.request("PING", "all said")
        assert ada.request("PING", "still there").messages[-1].params[-1] == "still there"
        assert [heard(ada) for _ in range(500)] == [str(number) for number in range(500)]


def test_a_bug_reaches_whoever_met_it_and_whoever_waits(server: RealServer) -> None:
    client = Client(config(server.plain, "ada"))
    client.__enter__()
    for waits in (lambda: client.do(lambda engine, now: 1 // 0), lambda: list(client)):
        with pytest.raises(ZeroDivisionError):
            waits()
    with pytest.raises(ZeroDivisionError):
        client.__exit__(None, None, None)


def test_fifty_clients_in_one_process(server: RealServer) -> None:
    clients = [Client(config(server.plain, f"user{number}", "#hall")) for number in range(50)]
    with ThreadPoolExecutor(50, "entering") as pool:
        list(pool.map(lambda each: each.__enter__(), clients))
        list(pool.map(lambda each: until(each, Joined), clients))
        clients[0].say("#hall", "hello, all")
        assert set(pool.map(heard, clients[1:])) == {"hello, all"}
        list(pool.map(lambda each: each.__exit__(None, None, None), clients))


def test_what_was_said_is_sent_before_the_block_ends(server: RealServer) -> None:
    """Within the send budget: more than a burst was said, and nobody waited for it."""
    slow = attrs.evolve(config(server.plain, "bob"), send_budget=SendBudget(burst=1, lines_per_second=20))
    with Client(config(server.plain, "ada")) as ada:
        with Client(slow) as bob:
            for number in range(10):
                bob.say("ada", str(number))
        assert [heard(ada) for _ in range(10)] == [str(number) for number in range(10)]


def test_a_full_queue_is_waited_for(server: RealServer) -> None:
    narrow = SendBudget(burst=2, lines_per_second=100, queue=3)
    with (
        Client(config(server.plain, "ada")) as ada,
        Client(attrs.evolve(config(server.plain, "bob"), send_budget=narrow)) as bob,
        ThreadPoolExecutor(4) as pool,
    ):
        list(pool.map(lambda number: bob.say("ada", f"{number}\nand more"), range(20)))
        said = [heard(ada) for _ in range(20)]
        assert sorted(said) == sorted(f"{number}\nand more" for number in range(20))


def test_whoever_waits_for_room_is_told_of_the_end(server: RealServer) -> None:
    narrow = SendBudget(burst=1, lines_per_second=0.001, queue=1)
    with ThreadPoolExecutor(1) as pool:
        with Client(
            attrs.evolve(config(server.plain, "bob"), send_budget=narrow, times=Times(flush=0.1, quit=1.0))
        ) as bob:
            for word in ("sent", "waits"):
                bob.say("bob", word)
            waiting = pool.submit(bob.say, "bob", "no room")
        assert isinstance(waiting.exception(SECONDS), LocalProtocolError)


def test_a_reason_that_cannot_be_said_is_the_callers_mistake(server: RealServer) -> None:
    with Client(config(server.plain, "ada")) as ada:
        with pytest.raises(LocalProtocolError):
            ada.stop("so\nlong")
        assert ada.do(lambda engine, now: engine.registered)
