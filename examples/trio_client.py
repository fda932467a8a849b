"""A line client on trio: the client engine of freeq_proto, and nothing of its runtimes.

    pip install trio
    python examples/trio_client.py irc.example.org 6697 '#garden'

Port 6667 is taken for one without TLS. Lines of the standard input are said in the channel; its end ends the client.

What it shows: everything that an engine asks of whoever drives it, in about a hundred lines, for a library that freeq
does not know. What it leaves out: HTTP and DNS, which signing in would need; the engine is told so, and goes on.
"""

import contextlib
import math
import os
import ssl
import sys
import time

import trio

from freeq_proto.boundary import (
    Close,
    Compute,
    ConnId,
    Destination,
    Dial,
    Dialled,
    DnsTxt,
    Effect,
    Failed,
    HttpFetch,
    Now,
    tls_server_end_point,
)
from freeq_proto.client import Client, ClientConfig, Disconnected, Joined, MessageReceived, NotRegisteredError, Stopped
from freeq_proto.engine import perform


def read_clocks() -> Now:
    return Now(time.monotonic(), time.time_ns() // 1_000_000)


class Driver:
    """One engine and its connections. Everything happens in the tasks of one nursery."""

    def __init__(self, engine: Client, nursery: trio.Nursery) -> None:
        self.engine = engine
        self.nursery = nursery
        self.scopes: dict[ConnId, trio.CancelScope] = {}
        self.outgoing: dict[ConnId, trio.MemorySendChannel[bytes | None]] = {}
        self.changed = trio.Event()

    async def run(self) -> None:
        """Drain and perform until a batch is empty, then sleep until an input or the deadline."""
        while True:
            while batch := self.engine.drain():
                for conn, chunks in batch.writes:
                    if (sending := self.outgoing.get(conn)) is not None:
                        sending.send_nowait(b"".join(chunks))
                for effect in batch.effects:
                    self.perform(effect)
                for event in batch.events:
                    show(event)
                    if isinstance(event, Stopped):
                        return
            seconds = math.inf if batch.deadline is None else max(0.0, batch.deadline - time.monotonic())
            with trio.move_on_after(seconds):
                await self.changed.wait()
            self.changed = trio.Event()
            self.engine.handle_timeout(read_clocks())  # before its deadline this does nothing

    def perform(self, effect: Effect) -> None:
        """Do one effect; where it carries a ticket, answer it."""
        match effect:
            case Dial(conn, destination):
                self.nursery.start_soon(self.connection, conn, destination)
            case Close(conn):
                if conn in self.outgoing:
                    self.outgoing[conn].send_nowait(None)  # the end, behind what is still to be sent
                elif conn in self.scopes:
                    self.scopes[conn].cancel()
            case Compute(ticket, job):
                self.engine.completed(ticket, perform(job), read_clocks())
            case HttpFetch(ticket) | DnsTxt(ticket):
                self.engine.completed(ticket, Failed("this program has no HTTP and no DNS"), read_clocks())
            case _:
                raise AssertionError(f"a client does not ask for {effect}")

    async def connection(self, conn: ConnId, destination: Destination) -> None:
        """Reach a server, then carry bytes both ways until one side ends it."""
        why = "Connection closed"
        try:
            with trio.CancelScope() as self.scopes[conn]:
                stream, dialled = await dial(destination)
                async with stream:
                    await self.carry(conn, stream, dialled)
        except* (OSError, trio.BrokenResourceError) as errors:
            why = str(errors.exceptions[0])
        finally:
            del self.scopes[conn]
            self.outgoing.pop(conn, None)
            self.engine.disconnected(conn, why, read_clocks())
            self.changed.set()

    async def carry(self, conn: ConnId, stream: trio.abc.Stream, dialled: Dialled) -> None:
        """Bytes in this task, bytes out in another; whichever ends first ends both."""
        self.outgoing[conn], waiting = trio.open_memory_channel[bytes | None](
            math.inf
        )  # the engine bounds what it holds
        self.engine.connected(conn, dialled, read_clocks())
        self.changed.set()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(send, stream, waiting, nursery.cancel_scope)
            while data := await stream.receive_some():
                self.engine.receive_data(conn, bytes(data), read_clocks())
                self.changed.set()
            nursery.cancel_scope.cancel()


async def send(
    stream: trio.abc.Stream, waiting: trio.MemoryReceiveChannel[bytes | None], scope: trio.CancelScope
) -> None:
    while (data := await waiting.receive()) is not None:
        await stream.send_all(data)
    scope.cancel()


async def dial(destination: Destination) -> tuple[trio.abc.Stream, Dialled]:
    """A stream to a server, and what the transport knows of it. trio tries the addresses as RFC 8305 says."""
    plain = await trio.open_tcp_stream(destination.host, destination.port)
    address, port = plain.socket.getpeername()[:2]
    if not destination.tls:
        return plain, Dialled(address, port)
    stream = trio.SSLStream(plain, ssl.create_default_context(), server_hostname=destination.host)
    await stream.do_handshake()  # which fails unless the certificate is trusted, and good for this host
    return stream, Dialled(address, port, True, tls_server_end_point(stream.getpeercert(binary_form=True) or b""))


def show(event: object) -> None:
    match event:
        case MessageReceived():
            print(f"<{event.sender.nick}> {event.text}", flush=True)
        case Joined(channel, who):
            print(f"-- {who.nick} came into {channel}", flush=True)
        case Disconnected(reason) | Stopped(reason):
            print(f"-- {reason}", flush=True)
        case _:
            pass


async def main(*arguments: str) -> None:
    host, port, channel = arguments
    destination = Destination(host, int(port), tls=port != "6667")
    engine = Client(
        ClientConfig(destination=destination, nick="trio", channels=(channel,)), entropy=os.urandom, now=read_clocks()
    )
    async with trio.open_nursery() as nursery:
        driver = Driver(engine, nursery)
        engine.start(read_clocks())
        nursery.start_soon(read_lines, driver, channel)
        await driver.run()
        nursery.cancel_scope.cancel()


async def read_lines(driver: Driver, channel: str) -> None:
    async for line in trio.wrap_file(sys.stdin):
        if text := line.rstrip("\n"):
            with contextlib.suppress(NotRegisteredError):
                driver.engine.say(channel, text, read_clocks())
                driver.changed.set()
    driver.engine.stop("that was all", read_clocks())
    driver.changed.set()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        trio.run(main, *sys.argv[1:])
