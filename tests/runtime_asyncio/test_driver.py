"""Turns, effects and time."""

import asyncio
import contextlib
import logging
import threading
import time

import pytest

from freeq_proto.boundary import (
    CertificateOf,
    Computed,
    Event,
    Failed,
    Fetched,
    Found,
    HttpRequest,
    Job,
    LocalProtocolError,
    Query,
    Reloaded,
    Row,
    SignInRefused,
    Stored,
    TxtRecords,
)
from tests.runtime_asyncio.double import CERTIFICATE, REQUEST, ROW, EngineDouble
from tests.runtime_asyncio.harness import LOOPS, dialled, run, serving

pytestmark = pytest.mark.parametrize("loop", LOOPS)


def test_a_job_is_done_beside_the_loop_and_answered_on_it(loop: str) -> None:
    threads: list[int] = []
    release = threading.Event()

    def slow(job: Job) -> Computed:
        threads.append(threading.get_ident())
        assert release.wait(30)
        return Computed("phc")

    async def test() -> None:
        engine = EngineDouble()
        async with serving(engine, perform=slow) as server, dialled(server.addresses[0]) as (reader, writer):
            writer.write(b"compute")
            await engine.until(lambda: engine.drains)
            async with dialled(server.addresses[0]) as (other_reader, other):
                other.write(b"meanwhile")
                assert await other_reader.readexactly(9) == b"meanwhile"
            assert engine.results == []
            release.set()
            assert await reader.readexactly(9) == b"completed"
            assert engine.results == [Computed("phc")]
            assert threads != [threading.get_ident()]

    run(loop, test)


def test_a_job_that_raises_is_answered_with_failed(loop: str, caplog: pytest.LogCaptureFixture) -> None:
    def broken(job: Job) -> Computed:
        raise ValueError("no such hash")

    async def test() -> None:
        engine = EngineDouble()
        async with serving(engine, perform=broken) as server, dialled(server.addresses[0]) as (_, writer):
            writer.write(b"compute")
            await engine.until(lambda: engine.results)
            assert engine.results == [Failed("no such hash")]

    run(loop, test)
    assert "a job failed" in caplog.text


class SlowStore:
    """Waits for a disk: every call until :attr:`release`, on whichever thread it is made."""

    blocking = True

    def __init__(self) -> None:
        self.calls: list[object] = []
        self.threads: set[str] = set()
        self.release = threading.Event()

    def write(self, rows: tuple[Row, ...]) -> Stored:
        self._wait(rows)
        return Stored()

    def query(self, query: Query) -> Found:
        self._wait(query)
        return Found((CERTIFICATE,))

    def _wait(self, call: object) -> None:
        assert self.release.wait(30)
        self.calls.append(call)
        self.threads.add(threading.current_thread().name)


def test_rows_are_written_and_found_again(loop: str) -> None:
    async def test() -> None:
        engine = EngineDouble()
        async with serving(engine) as server, dialled(server.addresses[0]) as (reader, writer):
            writer.write(b"keep")
            assert await reader.readexactly(9) == b"completed"
            writer.write(b"query")
            assert await reader.readexactly(9) == b"completed"
            assert engine.results == [Stored(), Found((CERTIFICATE,))]

    run(loop, test)


def test_a_store_that_waits_is_called_in_order_beside_the_loop(loop: str) -> None:
    async def test() -> None:
        engine, store = EngineDouble(), SlowStore()
        async with serving(engine, store=store) as server, dialled(server.addresses[0]) as (_, writer):
            for word in (b"store", b"query", b"keep"):
                writer.write(word)
                await engine.another_turn()
            async with dialled(server.addresses[0]) as (reader, other):
                other.write(b"meanwhile")
                assert await reader.readexactly(9) == b"meanwhile"
            assert engine.results == []
            store.release.set()
            await engine.until(lambda: len(engine.results) == 3)
            assert engine.results == [Stored(), Found((CERTIFICATE,)), Stored()]
            assert store.calls == [(ROW,), CertificateOf(CERTIFICATE.fingerprint), (CERTIFICATE,)]
            assert store.threads == {"freeq-store_0"}

    run(loop, test)


def test_what_the_store_was_asked_to_keep_is_kept_before_the_end(loop: str) -> None:
    """Whoever opened the store closes it after that, and the answers still reach the engine."""

    async def test() -> None:
        engine, store = EngineDouble(), SlowStore()
        async with serving(engine, store=store) as server, dialled(server.addresses[0]) as (_, writer):
            for word in (b"store", b"keep"):
                writer.write(word)
                await engine.another_turn()
            server.stop("stopped")
            await engine.until(lambda: engine.gone)
            assert store.calls == []
            store.release.set()
        assert store.calls == [(ROW,), (CERTIFICATE,)]
        assert engine.results == [Stored(), Stored()]

    run(loop, test)


@pytest.mark.parametrize("blocks", [True, False])
def test_a_store_that_raises_is_answered_with_failed(loop: str, blocks: bool, caplog: pytest.LogCaptureFixture) -> None:
    class Full:
        blocking = blocks

        def write(self, rows: tuple[Row, ...]) -> Stored:
            raise OSError("disk full")

        def query(self, query: Query) -> Found:
            raise OSError

    async def test() -> None:
        engine = EngineDouble()
        async with serving(engine, store=Full()) as server, dialled(server.addresses[0]) as (_, writer):
            writer.write(b"store")
            await engine.until(lambda: engine.results)
            writer.write(b"query")
            await engine.until(lambda: len(engine.results) == 2)
            assert engine.results == [Failed("disk full"), Failed("OSError")]

    run(loop, test)
    assert "the store failed" in caplog.text


class Network:
    """Answers what is asked of it, when :attr:`release` is set."""

    def __init__(self) -> None:
        self.asked: list[object] = []
        self.release = asyncio.Event()

    async def fetch(self, request: HttpRequest) -> Fetched | Failed:
        self.asked.append(request)
        await self.release.wait()
        return Fetched(200)

    async def txt(self, name: str) -> TxtRecords | Failed:
        self.asked.append(name)
        await self.release.wait()
        return TxtRecords(("did=did:plc:ewvi7nxzyoun6zhxrhs64oiz",))


def test_requests_and_look_ups_are_made_beside_the_connections(loop: str) -> None:
    async def test() -> None:
        engine, network = EngineDouble(), Network()
        async with (
            serving(engine, http=network, dns=network) as server,
            dialled(server.addresses[0]) as (reader, writer),
        ):
            for word in (b"fetch", b"txt", b"hello"):
                writer.write(word)
                await engine.another_turn()
            assert await reader.readexactly(5) == b"hello"
            assert network.asked == [REQUEST, "_atproto.example.com"]
            network.release.set()
            await engine.until(lambda: len(engine.results) == 2)
            assert engine.results == [Fetched(200), TxtRecords(("did=did:plc:ewvi7nxzyoun6zhxrhs64oiz",))]

    run(loop, test)


def test_what_is_asked_of_the_network_does_not_hold_up_the_end(loop: str) -> None:
    async def test() -> None:
        engine, network = EngineDouble(), Network()
        async with (
            serving(engine, http=network, dns=network) as server,
            dialled(server.addresses[0]) as (_, writer),
        ):
            for word in (b"fetch", b"txt"):
                writer.write(word)
                await engine.another_turn()
        assert engine.results == []

    run(loop, test)


def test_a_client_that_raises_is_answered_with_failed(loop: str, caplog: pytest.LogCaptureFixture) -> None:
    class Broken(Network):
        async def fetch(self, request: HttpRequest) -> Fetched | Failed:
            raise ValueError("a bug")

    async def test() -> None:
        engine = EngineDouble()
        async with serving(engine, http=Broken()) as server, dialled(server.addresses[0]) as (_, writer):
            writer.write(b"fetch")
            await engine.until(lambda: engine.results)
            assert engine.results == [Failed("a bug")]

    run(loop, test)
    assert "an HTTP request failed" in caplog.text


def test_the_engine_of_a_server_does_not_dial(loop: str, caplog: pytest.LogCaptureFixture) -> None:
    async def test() -> None:
        engine = EngineDouble()
        async with serving(engine) as server, dialled(server.addresses[0]) as (reader, writer):
            writer.write(b"dial")
            with contextlib.suppress(ConnectionResetError):
                await reader.read()

    with pytest.raises(LocalProtocolError, match="does not dial"):
        run(loop, test)


def test_a_configuration_is_read_applied_and_answered_with_its_notes(loop: str) -> None:
    configuration = object()

    async def test() -> None:
        engine = EngineDouble()
        async with (
            serving(engine, reload=lambda: (configuration, ("waits",))) as server,
            dialled(server.addresses[0]) as (_, writer),
        ):
            writer.write(b"reload")
            await engine.until(lambda: engine.results)
            assert engine.results == [Reloaded(("noted", "waits"))]
            assert engine.configurations == [configuration]

    run(loop, test)


def test_a_configuration_that_is_no_good_changes_nothing(loop: str) -> None:
    def bad() -> tuple[object, tuple[str, ...]]:
        raise ValueError("line 3")

    async def test() -> None:
        engine = EngineDouble()
        async with serving(engine, reload=bad) as server, dialled(server.addresses[0]) as (_, writer):
            writer.write(b"reload")
            await engine.until(lambda: engine.results)
            assert engine.results == [Failed("line 3")]
            assert engine.configurations == []

    run(loop, test)


def test_events_are_observed_in_order_and_an_observer_cannot_stop_the_server(
    loop: str, caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[Event] = []

    def observe(event: Event) -> None:
        seen.append(event)
        raise RuntimeError("the observer's own bug")

    async def test() -> None:
        engine = EngineDouble()
        async with serving(engine, observe=observe) as server, dialled(server.addresses[0]) as (reader, writer):
            await engine.until(lambda: engine.peers)
            events: list[Event] = [SignInRefused(engine.only(), "first"), SignInRefused(engine.only(), "second")]
            engine.events = list(events)
            writer.write(b"hello")
            assert await reader.readexactly(5) == b"hello"
            assert seen == events

    run(loop, test)
    assert "an observer failed" in caplog.text


def test_a_deadline_is_kept_and_never_early(loop: str) -> None:
    async def test() -> None:
        engine = EngineDouble()
        async with serving(engine) as server, dialled(server.addresses[0]) as (_, writer):
            engine.deadline = time.monotonic() + 600  # the timer is set for this one first
            writer.write(b"a")
            await engine.until(lambda: engine.drains)
            due = engine.deadline = time.monotonic() + 0.05
            writer.write(b"b")
            await engine.until(lambda: engine.timeouts)
            assert engine.timeouts[0] >= due

    run(loop, test)


def test_a_deadline_that_moved_on_rings_once_at_its_new_time(loop: str) -> None:
    """The timer that is set already is left alone; when it rings too early it is set again."""

    async def test() -> None:
        engine = EngineDouble()
        async with serving(engine) as server, dialled(server.addresses[0]) as (_, writer):
            engine.deadline = time.monotonic() + 0.05
            writer.write(b"a")
            await engine.until(lambda: engine.drains)
            due = engine.deadline = time.monotonic() + 0.1
            writer.write(b"b")
            await engine.until(lambda: engine.timeouts)
            assert len(engine.timeouts) == 1
            assert engine.timeouts[0] >= due

    run(loop, test)


def test_an_engine_with_more_to_do_does_not_starve_the_sockets(loop: str) -> None:
    async def test() -> None:
        engine = EngineDouble()
        async with serving(engine) as server, dialled(server.addresses[0]) as (reader, writer):
            await engine.until(lambda: engine.peers)
            engine.more = 10_000
            writer.write(b"hello")
            assert await reader.readexactly(5) == b"hello"
            assert engine.more > 0, "the answer came while there was more to do"
            engine.more = 0

    run(loop, test)


def test_what_escapes_from_the_engine_ends_the_server(loop: str, caplog: pytest.LogCaptureFixture) -> None:
    async def test() -> None:
        engine = EngineDouble()
        async with serving(engine) as server, dialled(server.addresses[0]) as (reader, writer):
            engine.failure = ZeroDivisionError("a bug")
            writer.write(b"hello")
            with contextlib.suppress(ConnectionResetError):
                await reader.read()

    with pytest.raises(ZeroDivisionError):
        run(loop, test)
    assert [record.levelno for record in caplog.records if record.name == "freeq_runtime_asyncio"] == [logging.ERROR]
