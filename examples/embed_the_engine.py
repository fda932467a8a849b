"""A whole IRC server on plain sockets and select(): everything that the engine asks of whoever drives it.

    python examples/embed_the_engine.py 6667

``docs/boundary.md`` explains it. There is no configuration, TLS or file here: what it stores, it prints. It makes no
requests either, so who signs in needs a did:key, which is its own document.
"""

import itertools
import os
import select
import signal
import socket
import sys
import time
from typing import assert_never

import attrs

import freeq_proto as freeq
from freeq_proto.boundary import Effect

HIGH_WATER, LOW_WATER = 65_536, 16_384  # unsent bytes; the engine is told when these are crossed
LINGER_SECONDS = 5.0  # for a peer to take its last lines and end its side


def read_clocks() -> freeq.Now:
    return freeq.Now(mono=time.monotonic(), unix_ms=time.time_ns() // 1_000_000)


@attrs.define(eq=False)
class Connection:
    """One socket, and what its peer has not taken yet."""

    conn: freeq.ConnId
    socket: socket.socket
    unsent: bytearray = attrs.field(factory=bytearray)
    paused: bool = False  # the engine wants nothing from it for now
    ended: bool = False  # the peer ended its writing
    pressed: bool = False  # more than HIGH_WATER was unsent, and not yet as little as LOW_WATER
    given_up_at: float | None = None  # set when the engine closed it

    def fileno(self) -> int:
        """For select()."""
        return self.socket.fileno()


class Program:
    """One engine and its sockets, on one thread."""

    def __init__(self, listening: socket.socket, signals: socket.socket) -> None:
        identity = freeq.ServerIdentity(os.urandom(32), epoch=1)  # a real server keeps its key and counts its starts
        config = freeq.Config(name="localhost")
        self.engine = freeq.Engine(config, identity=identity, entropy=os.urandom, now=read_clocks())
        self.listening, self.signals = listening, signals
        self.connections: dict[freeq.ConnId, Connection] = {}
        self.names = itertools.count(1)
        self.running = True

    def run(self) -> None:
        """Inputs, then outputs, until somebody stops it; then until everybody was told."""
        deadline = None
        while self.running or self.connections:
            self.feed(deadline)
            deadline = self.settle()

    # --- inputs ----------------------------------------------------------------------------------------------------

    def feed(self, deadline: float | None) -> None:
        """Sleep until a socket or a deadline, and tell the engine everything that happened."""
        everybody = tuple(self.connections.values())
        readers: list[socket.socket | Connection] = [each for each in everybody if not (each.ended or each.paused)]
        if self.running:
            readers += [self.listening, self.signals]
        deadlines = [deadline, *(each.given_up_at for each in everybody)]
        first = min((each for each in deadlines if each is not None), default=None)
        timeout = None if first is None else max(0.0, first - time.monotonic())
        readable, writable, _ = select.select(readers, [each for each in everybody if each.unsent], [], timeout)
        now = read_clocks()
        if self.signals in readable:
            self.running = False
            self.engine.stop("Server shutting down", now)
        elif self.listening in readable:
            self.accept(now)
        for connection in everybody:
            if connection in readable:
                self.receive(connection, now)
            if connection in writable:
                self.flush(connection)
            if connection.given_up_at is not None and connection.given_up_at <= now.mono:
                self.lose(connection, "Connection closed")
        self.engine.handle_timeout(now)  # before its deadline this does nothing

    def accept(self, now: freeq.Now) -> None:
        """Give a new connection a name that is never used again."""
        accepted, (address, port) = self.listening.accept()
        accepted.setblocking(False)
        connection = Connection(freeq.ConnId(next(self.names)), accepted)
        self.connections[connection.conn] = connection
        self.engine.connected(connection.conn, freeq.PeerInfo(freeq.Listener.IRC, address, port), now)

    def receive(self, connection: Connection, now: freeq.Now) -> None:
        """Take bytes for the engine; what still comes after its Close is for nobody."""
        try:
            data = connection.socket.recv(65_536)
        except BlockingIOError:
            return
        except OSError as error:
            self.lose(connection, error.strerror or "Connection lost")
            return
        connection.ended = not data
        if connection.given_up_at is None:
            self.engine.receive_data(connection.conn, data, now)
        elif connection.ended and not connection.unsent:
            self.lose(connection, "Connection closed")

    def lose(self, connection: Connection, why: str) -> None:
        """The socket is gone: the engine is told once, whoever ended it."""
        if self.connections.pop(connection.conn, None) is not None:
            connection.socket.close()
            self.engine.disconnected(connection.conn, why, read_clocks())

    # --- outputs ---------------------------------------------------------------------------------------------------

    def settle(self) -> float | None:
        """Perform batches until one is empty. Returns the time until which to sleep, None for ever."""
        while batch := self.engine.drain():
            for conn, chunks in batch.writes:
                if (connection := self.connections.get(conn)) is not None:
                    connection.unsent += b"".join(chunks)
                    self.flush(connection)
            for effect in batch.effects:
                self.perform(effect)
            for event in batch.events:
                print(event, flush=True)
            if batch.more:
                return time.monotonic()  # look at the sockets without sleeping, and come back
        return batch.deadline

    def flush(self, connection: Connection) -> None:
        """Send what the peer takes, and tell the engine if that crosses a mark."""
        try:
            while connection.unsent:
                del connection.unsent[: connection.socket.send(connection.unsent)]
            if connection.given_up_at is not None:
                connection.socket.shutdown(socket.SHUT_WR)
        except BlockingIOError:
            pass
        except OSError as error:
            self.lose(connection, error.strerror or "Connection lost")
        unsent = len(connection.unsent)
        if unsent > HIGH_WATER if not connection.pressed else unsent <= LOW_WATER:
            connection.pressed = not connection.pressed
            self.engine.write_pressure(connection.conn, unsent if connection.pressed else 0, read_clocks())
        if connection.given_up_at is not None and connection.ended and not unsent:
            self.lose(connection, "Connection closed")

    def perform(self, effect: Effect) -> None:
        """Do one effect; where it carries a ticket, answer it."""
        match effect:
            case freeq.Close(conn, _, abort):
                if (connection := self.connections.get(conn)) is not None:
                    connection.given_up_at = time.monotonic() + (0 if abort else LINGER_SECONDS)
                    connection.paused = False  # read and forget: closing over unread bytes could lose the last lines
                    self.flush(connection)
            case freeq.PauseReading(conn, paused):
                if (connection := self.connections.get(conn)) is not None:
                    connection.paused = paused
            case freeq.Compute(ticket, job):  # a server of many users does this on another thread
                self.engine.completed(ticket, freeq.perform(job), read_clocks())
            case freeq.StoreWrite(ticket, rows):
                print(*rows, sep="\n", flush=True)
                self.engine.completed(ticket, freeq.Stored(), read_clocks())
            case freeq.StoreQuery(ticket):
                self.engine.completed(ticket, freeq.Failed("what this program stores it cannot read"), read_clocks())
            case freeq.HttpFetch(ticket) | freeq.DnsTxt(ticket):
                self.engine.completed(ticket, freeq.Failed("this program asks nobody"), read_clocks())
            case freeq.Dial():
                raise AssertionError("only the engine of a client dials")
            case freeq.ReloadConfiguration(ticket):
                self.engine.completed(ticket, freeq.Failed("there is no configuration file"), read_clocks())
            case freeq.Shutdown():
                self.running = False
            case _:
                assert_never(effect)


def main() -> None:
    signals, wake = socket.socketpair()
    wake.setblocking(False)
    signal.set_wakeup_fd(wake.fileno())  # so that Ctrl-C ends a sleep, and never interrupts the engine
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 6667
    with signals, wake, socket.create_server(("127.0.0.1", port)) as listening:
        print("listening on 127.0.0.1 port", listening.getsockname()[1], flush=True)
        Program(listening, signals).run()


if __name__ == "__main__":
    main()
