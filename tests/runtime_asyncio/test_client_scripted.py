"""The client on asyncio against servers that do what whole ones do seldom."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import attrs
import pytest

from freeq_proto.boundary import Destination, Now
from freeq_proto.client import Backoff, ClientConfig, Connected, Disconnected, Registered, SendBudget, Times
from freeq_runtime_asyncio import Client, ClientLimits, read_clocks
from tests.runtime_asyncio.harness import LOOPS, run, trusting
from tests.runtime_asyncio.real_server import real_server
from tests.runtime_asyncio.test_client import until

pytestmark = pytest.mark.parametrize("loop", LOOPS)


class Script:
    """A server that takes everybody after ``refusals``, with ``capabilities``, and sends ``welcome`` after that."""

    def __init__(self, capabilities: str = "", welcome: str = "", refusals: int = 0) -> None:
        self.connections: list[list[str]] = []
        """The lines of each."""
        self.writers: list[asyncio.StreamWriter] = []
        self._capabilities = capabilities
        self._welcome = welcome
        self._refusals = refusals
        self._changed = asyncio.Event()
        self._port = 0

    @property
    def destination(self) -> Destination:
        return Destination("localhost", self._port, tls=False)

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator["Script"]:
        listening = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        self._port = listening.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            listening.close()
            for writer in self.writers:
                writer.close()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for what the lines say."""
        while not condition():
            self._changed.clear()
            await self._changed.wait()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        lines: list[str] = []
        self.connections.append(lines)
        with contextlib.suppress(OSError):
            while len(self.connections) > self._refusals and (line := await reader.readline()):
                text = line.decode().rstrip("\r\n")
                lines.append(text)
                self._changed.set()
                self._answer(text, writer)
                if text.startswith("QUIT"):
                    break
        writer.close()

    def _answer(self, line: str, writer: asyncio.StreamWriter) -> None:
        match line.split(" "):
            case ["CAP", "LS", *_]:
                writer.write(f":s CAP * LS :{self._capabilities}\r\n".encode())
            case ["CAP", "END"]:
                writer.write(f":s 001 ada :Hi\r\n:s 422 ada :No MOTD\r\n{self._welcome}".encode())
            case ["PING", *rest]:
                writer.write(f":s PONG s {' '.join(rest)}\r\n".encode())


SOON = Backoff(initial=0.01, maximum=0.05)


def config(script: Script, reconnect: Backoff = SOON) -> ClientConfig:
    return ClientConfig(destination=script.destination, nick="ada", reconnect=reconnect)


def test_a_server_that_asks_for_tls_is_reached_over_tls(loop: str, tmp_path: Path) -> None:
    """IRCv3 sts: the plain connection is given up for a secure one, which is no failure."""

    async def test() -> None:
        with real_server(tmp_path) as server:
            async with (
                Script(f"sts=port={server.secure.port}").serving() as script,
                Client(config(script), ssl_context=trusting(server.certificate)) as ada,
            ):
                assert ada.state.registered
                reached = [await until(ada, Connected) for _ in range(2)]
        assert [each.authenticated for each in reached if isinstance(each, Connected)] == [False, True]

    run(loop, test)


def test_what_falls_due_as_entering_is_cancelled_is_not_begun(loop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        async with Script(refusals=1).serving() as script:
            retry = Backoff(initial=60, jitter=0)
            client = Client(config(script, retry), patient=True)
            entering = asyncio.ensure_future(client.__aenter__())
            await until(client, Disconnected)
            cut_off = client._running.abort

            def cut_off_late() -> None:
                cut_off()
                now = read_clocks()
                client.state.handle_timeout(Now(now.mono + 60, now.unix_ms))

            monkeypatch.setattr(client._running, "abort", cut_off_late)
            entering.cancel()
            with pytest.raises(asyncio.CancelledError):
                await entering
            assert len(script.connections) == 1

    run(loop, test)


# --- a program that does not take its events --------------------------------------------------------------------------

FLOOD = ":s NOTICE ada :again\r\n" * 100


def test_a_server_that_is_not_read_is_not_taken_for_dead(loop: str) -> None:
    """Its PONG is there, and we are the ones who do not look."""

    async def test() -> None:
        times = Times(idle=0.05, pong=0.05)
        async with Script(welcome=FLOOD).serving() as script:
            async with Client(attrs.evolve(config(script), times=times), limits=ClientLimits(events=10)) as ada:
                await script.until(
                    lambda: len(script.connections) > 1 or "".join(script.connections[0]).count("PING") > 2
                )
                assert ada.state.registered
            assert len(script.connections) == 1

    run(loop, test)


def test_whoever_takes_no_events_is_registered_again(loop: str) -> None:
    async def test() -> None:
        times = Times(idle=0.05, pong=0.05)
        async with Script(welcome=FLOOD).serving() as script:
            joined = attrs.evolve(config(script), times=times, channels=("#garden",))
            async with Client(joined, limits=ClientLimits(events=10)) as ada:
                for number in range(3):
                    await script.until(lambda: "JOIN #garden" in script.connections[-1])
                    script.writers[-1].transport.abort()
                    await script.until(lambda: len(script.connections) == number + 2)  # noqa: B023
                kinds = [type(await anext(ada)) for _ in range(300)]
                assert kinds.count(Registered) >= 2

    run(loop, test)


# --- what waits to be sent --------------------------------------------------------------------------------------------


def test_nobody_passes_those_who_wait_for_room(loop: str) -> None:
    """Else there is never the room for who says much."""

    async def test() -> None:
        budget = SendBudget(burst=1, lines_per_second=20, queue=2)
        async with Script().serving() as script:
            async with Client(attrs.evolve(config(script), send_budget=budget)) as ada:
                for word in ("first", "second", "third"):
                    await ada.say("bob", word)
                    await asyncio.sleep(0)
                much = asyncio.create_task(ada.say("bob", "much\nmore"))
                await script.until(lambda: script.connections[0][-1].endswith("second"))
                await ada.say("bob", "little")
                await much
            said = [line.rpartition(" ")[2].lstrip(":") for line in script.connections[0] if "PRIVMSG" in line]
            assert said == ["first", "second", "third", "much", "more", "little"]

    run(loop, test)


def test_an_exception_drops_what_waits_and_says_goodbye(loop: str) -> None:
    async def test() -> None:
        budget = SendBudget(burst=1, lines_per_second=0.001)
        async with Script().serving() as script:
            with contextlib.suppress(KeyError):
                async with Client(attrs.evolve(config(script), send_budget=budget)) as ada:
                    for word in ("sent", "waits", "waits"):
                        await ada.say("bob", word)
                    await script.until(lambda: "PRIVMSG bob sent" in script.connections[0])
                    raise KeyError
            assert script.connections[0][-2:] == ["PRIVMSG bob sent", "QUIT"]

    run(loop, test)
