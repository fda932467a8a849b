"""The client on asyncio against a whole server, over real sockets."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

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
    Registered,
    SendBudget,
    Stopped,
)
from freeq_runtime_asyncio import CannotConnectError, Client, ClientLimits
from tests.runtime_asyncio.harness import LOOPS, run, trusting
from tests.runtime_asyncio.real_server import NAME, RealServer, real_server

pytestmark = pytest.mark.parametrize("loop", LOOPS)

SOON = Backoff(initial=0.01, maximum=0.05)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RealServer]:
    with real_server(tmp_path) as running:
        yield running


def config(destination: Destination, nick: str, *channels: str, budget: int = 10_000) -> ClientConfig:
    return ClientConfig(
        destination=destination,
        nick=nick,
        channels=channels,
        reconnect=SOON,
        send_budget=SendBudget(burst=budget, lines_per_second=0, queue=budget),
    )


async def until(client: Client, kind: type[ClientEvent]) -> ClientEvent:
    """The next event of a kind; those before it are dropped."""
    async for event in client:
        if isinstance(event, kind):
            return event
    raise AssertionError(f"the client ended without {kind}")


async def heard(client: Client) -> str:
    """What somebody else says next."""
    while True:
        event = await until(client, MessageReceived)
        assert isinstance(event, MessageReceived)
        if not event.is_echo:
            return event.text


def test_two_clients_talk(loop: str, server: RealServer) -> None:
    async def test() -> None:
        async with Client(config(server.plain, "ada", "#garden")) as ada:
            await until(ada, Joined)
            async with Client(config(server.plain, "bob", "#garden")) as bob:
                await until(bob, Joined)
                await bob.say("#garden", "hello, ada")
                assert await heard(ada) == "hello, ada"
                await ada.say("bob", "hello, bob")
                assert await heard(bob) == "hello, bob"
            assert ada.state.current_nick == "ada"

    run(loop, test)


def test_the_block_begins_registered_and_ends_with_quit(loop: str, server: RealServer) -> None:
    async def test() -> None:
        async with Client(config(server.plain, "ada", "#garden")) as ada:
            await until(ada, Joined)
            async with Client(config(server.plain, "bob", "#garden")) as bob:
                assert bob.state.registered
                await until(ada, Joined)
                await bob.say("#garden", "last words")
            assert await heard(ada) == "last words"
            async for event in ada:
                if type(event).__name__ == "Quit":
                    break

    run(loop, test)


def test_a_request_returns_its_answer(loop: str, server: RealServer) -> None:
    async def test() -> None:
        async with Client(config(server.plain, "ada")) as ada:
            answer = await ada.request("WHOIS", "ada")
            assert [message.command for message in answer.messages][:1] == ["311"]
            refused = await ada.request("WHOIS", "nobody")
            assert (refused.failed, refused.error is not None) == (True, True)

    run(loop, test)


def test_several_tasks_ask_at_once(loop: str, server: RealServer) -> None:
    async def test() -> None:
        async with Client(config(server.plain, "ada")) as ada:
            answers = await asyncio.gather(*(ada.request("PING", f"token-{number}") for number in range(50)))
            assert [answer.messages[0].params[-1] for answer in answers] == [f"token-{number}" for number in range(50)]

    run(loop, test)


def test_two_hundred_clients_at_once(loop: str, server: RealServer) -> None:
    async def test() -> None:
        async with crowd(server, 200) as clients:
            await clients[0].say("#hall", "hello, all")
            texts = await asyncio.gather(*(heard(each) for each in clients[1:]))
            assert set(texts) == {"hello, all"}
            assert [each.state.current_nick for each in clients] == [f"user{number}" for number in range(200)]

    run(loop, test)


@contextlib.asynccontextmanager
async def crowd(server: RealServer, count: int) -> AsyncIterator[list[Client]]:
    """That many clients, all of them in #hall."""
    async with contextlib.AsyncExitStack() as stack:
        clients = [Client(config(server.plain, f"user{number}", "#hall")) for number in range(count)]
        await asyncio.gather(*(stack.enter_async_context(each) for each in clients))
        await asyncio.gather(*(until(each, Joined) for each in clients))
        yield clients


# --- TLS -------------------------------------------------------------------------------------------------------------


def test_tls_is_verified_and_told(loop: str, server: RealServer) -> None:
    async def test() -> None:
        async with Client(config(server.secure, "ada"), ssl_context=trusting(server.certificate)) as ada:
            connected = await until(ada, Connected)
            assert isinstance(connected, Connected)
            assert connected.authenticated
            assert (await ada.request("WHOIS", "ada")).messages

    run(loop, test)


def test_without_verification_nothing_is_proved(loop: str, server: RealServer) -> None:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE

    async def test() -> None:
        async with Client(config(server.secure, "ada"), ssl_context=context) as ada:
            connected = await until(ada, Connected)
            assert isinstance(connected, Connected)
            assert not connected.authenticated

    run(loop, test)


# --- what can go wrong -----------------------------------------------------------------------------------------------


async def why_not(destination: Destination, context: ssl.SSLContext | None = None) -> str:
    """The reason for which nobody was reached."""
    with pytest.raises(CannotConnectError) as caught:
        async with Client(config(destination, "ada"), ssl_context=context):
            pass
    return str(caught.value)


def test_failures_say_what_to_do(loop: str, server: RealServer) -> None:
    async def test() -> None:
        unknown = await why_not(server.secure)
        assert unknown == (
            f"the certificate of {NAME} is signed by nobody but itself: get it from its operator and trust it by name"
        )
        plain, secure = server.plain.port, server.secure.port
        trusted = trusting(server.certificate)
        assert "does not speak TLS: is it the right port?" in await why_not(Destination(NAME, plain), trusted)
        elsewhere = await why_not(Destination("127.0.0.9", secure), trusted)
        assert elsewhere == (
            f"nothing listens at 127.0.0.9 port {secure}: is the server running, and is the port right?"
        )
        nowhere = await why_not(Destination("no-such-host.invalid", 6697))
        assert "no-such-host.invalid" in nowhere

    run(loop, test)


def test_each_destination_is_tried(loop: str, server: RealServer) -> None:
    async def test() -> None:
        both = ClientConfig(destination=(Destination("127.0.0.9", 1, tls=False), server.plain), nick="ada")
        async with Client(both) as ada:
            assert ada.state.registered

    run(loop, test)


def test_a_server_that_dies_and_comes_back(loop: str, server: RealServer) -> None:
    """The client is back in its channels, and a request that was under way has an answer."""

    async def test() -> None:
        async with Client(config(server.plain, "ada", "#garden")) as ada:
            await until(ada, Joined)
            await asyncio.to_thread(server.stop, abruptly=True)
            await until(ada, Disconnected)
            with pytest.raises(NotRegisteredError):
                await ada.say("#garden", "is anybody there?")
            await asyncio.to_thread(server.start)
            await until(ada, Registered)
            await until(ada, Joined)
            assert list(ada.state.channels) == ["#garden"]

    run(loop, test)


def test_a_patient_client_waits_for_its_server(loop: str, server: RealServer) -> None:
    async def test() -> None:
        await asyncio.to_thread(server.stop)
        client = Client(config(server.plain, "ada"), patient=True)
        entering = asyncio.ensure_future(client.__aenter__())
        await asyncio.to_thread(server.start)
        assert await entering is client
        await client.__aexit__(None, None, None)

    run(loop, test)


def test_a_silent_server_is_left_by_cancellation(loop: str) -> None:
    async def test() -> None:
        reached = asyncio.Event()
        gone = asyncio.Event()

        async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            reached.set()
            await reader.read(-1)
            writer.close()
            gone.set()

        listening = await asyncio.start_server(silent, "127.0.0.1", 0)
        port = listening.sockets[0].getsockname()[1]
        for tls in (False, True):
            reached.clear()
            gone.clear()
            entering = asyncio.ensure_future(
                Client(config(Destination("127.0.0.1", port, tls=tls), "ada")).__aenter__()
            )
            await reached.wait()
            entering.cancel()
            with pytest.raises(asyncio.CancelledError):
                await entering
            await gone.wait()
        listening.close()

    run(loop, test)


def test_a_cancelled_request_harms_nothing(loop: str, server: RealServer) -> None:
    async def test() -> None:
        async with Client(config(server.plain, "ada")) as ada:
            asking = asyncio.ensure_future(ada.request("WHOIS", "ada"))
            await asyncio.sleep(0)
            asking.cancel()
            answer = await ada.request("PING", "after")
            assert answer.messages[-1].params[-1] == "after"

    run(loop, test)


def test_cancelling_the_block_leaves_nothing_behind(loop: str, server: RealServer) -> None:
    async def test() -> None:
        entered = asyncio.Event()

        async def stay() -> None:
            async with Client(config(server.plain, "ada")) as ada:
                entered.set()
                async for _ in ada:
                    pass

        staying = asyncio.ensure_future(stay())
        await entered.wait()
        staying.cancel()
        with pytest.raises(asyncio.CancelledError):
            await staying
        async with Client(config(server.plain, "ada")) as again:
            assert again.state.current_nick == "ada"

    run(loop, test)


def test_stopping_ends_the_iteration(loop: str, server: RealServer) -> None:
    async def test() -> None:
        async with Client(config(server.plain, "ada")) as ada:
            await ada.stop("that was all")
            events = [event async for event in ada]
            assert isinstance(events[-1], Stopped)

    run(loop, test)


def test_a_client_is_used_inside_its_block_and_once(loop: str, server: RealServer) -> None:
    async def test() -> None:
        client = Client(config(server.plain, "ada"))
        with pytest.raises(LocalProtocolError):
            await client.say("#garden", "too early")
        async with client:
            with pytest.raises(LocalProtocolError):
                await client.__aenter__()
        with pytest.raises(NotRegisteredError):
            await client.say("#garden", "too late")

    run(loop, test)


# --- back-pressure ---------------------------------------------------------------------------------------------------


def test_whoever_takes_events_slowly_holds_the_server_back_and_loses_nothing(loop: str, server: RealServer) -> None:
    async def test() -> None:
        slow = ClientLimits(events=50)
        async with (
            Client(config(server.plain, "ada", "#garden"), limits=slow) as ada,
            Client(config(server.plain, "bob")) as bob,
        ):
            await until(ada, Joined)
            for number in range(2000):
                await bob.say("ada", f"{number:04} {'x' * 300}")
            await bob.request("PING", "all said")
            texts = [await heard(ada) for _ in range(2000)]
            assert [text[:4] for text in texts] == [f"{number:04}" for number in range(2000)]

    run(loop, test)


def test_reading_stops_while_too_much_waits(loop: str) -> None:
    async def test() -> None:
        sent = 0

        async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal sent
            await reader.readuntil(b"USER")
            writer.write(b":s 001 ada :hi\r\n:s 376 ada :end\r\n")
            line = b":bob!b@c PRIVMSG ada :" + b"x" * 400 + b"\r\n"
            try:
                while True:
                    writer.write(line)
                    await writer.drain()
                    sent += 1
            except OSError:
                pass

        listening = await asyncio.start_server(flood, "127.0.0.1", 0)
        port = listening.sockets[0].getsockname()[1]
        async with Client(
            config(Destination("127.0.0.1", port, tls=False), "ada"), limits=ClientLimits(events=10)
        ) as ada:
            before = -1
            while before != sent:  # the kernel's buffers fill up, and then nobody takes more
                before = sent
                await asyncio.sleep(0.2)
            assert len(ada._events) < 2000
            for _ in range(before):
                await heard(ada)
            assert sent > before
        listening.close()

    run(loop, test)


def test_a_handler_may_ask_while_it_is_flooded(loop: str, server: RealServer) -> None:
    """An answer comes behind the flood: while somebody waits for it, the socket is read."""

    async def test() -> None:
        async with (
            Client(config(server.plain, "ada"), limits=ClientLimits(events=10)) as ada,
            Client(config(server.plain, "bob")) as bob,
        ):
            for number in range(500):
                await bob.say("ada", f"{number}")
            await bob.request("PING", "all said")
            answer = await ada.request("PING", "still there")
            assert answer.messages[-1].params[-1] == "still there"
            assert [await heard(ada) for _ in range(500)] == [str(number) for number in range(500)]

    run(loop, test)
