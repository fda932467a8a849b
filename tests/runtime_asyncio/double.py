"""A scripted engine for tests of the runtime: an echo that obeys a few words."""

import asyncio
from collections.abc import Callable

from freeq_proto.boundary import (
    ActRow,
    Batch,
    CertificateOf,
    CertificateRow,
    Close,
    Compute,
    ConnId,
    Destination,
    Dial,
    DnsTxt,
    Effect,
    Event,
    HashPassword,
    HttpFetch,
    HttpRequest,
    Now,
    PauseReading,
    PeerInfo,
    ReloadConfiguration,
    Result,
    Shutdown,
    StoreQuery,
    StoreWrite,
    Ticket,
)

ROW = ActRow(log="#a", ulid="01", kind="topic", by="", body="{}", reason="")
CERTIFICATE = CertificateRow("ab" * 32, "did:plc:ewvi7nxzyoun6zhxrhs64oiz", "laptop", 1)
REQUEST = HttpRequest("https://plc.directory/")
FLOOD = 1 << 20
DELUGE = 1 << 24
"""More than the kernel's buffers at both ends take."""


class EngineDouble:
    """Echoes what it receives, unless that is one of :attr:`words`; keeps a record of every call.

    It keeps the engine's promises: one Close for each connection, unknown connections are ignored, a batch is handed
    over once.
    """

    def __init__(self) -> None:
        self.peers: dict[ConnId, PeerInfo] = {}
        self.received: dict[ConnId, bytes] = {}
        self.ended: list[ConnId] = []
        self.gone: dict[ConnId, str] = {}
        self.pressures: list[tuple[ConnId, int]] = []
        self.results: list[Result] = []
        self.timeouts: list[float] = []
        self.configurations: list[object] = []
        self.drains: list[int] = []
        """For each drain that was not empty, how many connections were written to."""
        self.deadline: float | None = None
        self.more = 0
        """How many batches to come say that there is more."""
        self.failure: Exception | None = None
        """Raised by the next drain."""
        self.events: list[Event] = []
        self._open: dict[ConnId, None] = {}
        self._writes: dict[ConnId, list[bytes]] = {}
        self._effects: list[Effect] = []
        self._changed = asyncio.Event()
        self.words: dict[bytes, Callable[[ConnId], None]] = {
            b"close": self.close,
            b"abort": lambda conn: self.close(conn, abort=True),
            b"flood": self.flood,
            b"deluge": lambda conn: self.write(conn, bytes(DELUGE)),
            b"flood, close": self.flood_and_close,
            b"pause": lambda conn: self.ask(PauseReading(conn, True)),
            b"compute": lambda conn: self.ask(Compute(Ticket(1), HashPassword("a", b"b"))),
            b"store": lambda conn: self.ask(StoreWrite(Ticket(2), (ROW,))),
            b"keep": lambda conn: self.ask(StoreWrite(Ticket(4), (CERTIFICATE,))),
            b"query": lambda conn: self.ask(StoreQuery(Ticket(5), CertificateOf(CERTIFICATE.fingerprint))),
            b"fetch": lambda conn: self.ask(HttpFetch(Ticket(6), REQUEST)),
            b"txt": lambda conn: self.ask(DnsTxt(Ticket(7), "_atproto.example.com")),
            b"dial": lambda conn: self.ask(Dial(conn, Destination("irc.example", 6697))),
            b"reload": lambda conn: self.ask(ReloadConfiguration(Ticket(3))),
            b"shutdown": lambda conn: self.ask(Shutdown("asked")),
        }

    # --- the engine ------------------------------------------------------------------------------------------------

    def connected(self, conn: ConnId, peer: PeerInfo, now: Now) -> None:
        self.peers[conn] = peer
        self.received[conn] = b""
        self._open[conn] = None
        self._changed.set()

    def receive_data(self, conn: ConnId, data: bytes, now: Now) -> None:
        assert conn in self.peers, "data of a connection that was never announced"
        assert conn not in self.gone, "data after the end"
        if not data:
            self.ended.append(conn)
            self.close(conn)
        self.received[conn] += data
        word = self.words.get(data)
        if word is None:
            self.write(conn, data)
        else:
            word(conn)
        self._changed.set()

    def disconnected(self, conn: ConnId, why: str, now: Now) -> None:
        self.gone.setdefault(conn, why)
        self._open.pop(conn, None)
        self._changed.set()

    def write_pressure(self, conn: ConnId, buffered: int, now: Now) -> None:
        self.pressures.append((conn, buffered))
        self._changed.set()

    def completed(self, ticket: Ticket, result: Result, now: Now) -> None:
        self.results.append(result)
        for conn in self._open:
            self.write(conn, b"completed")
        self._changed.set()

    def handle_timeout(self, now: Now) -> None:
        assert self.deadline is not None
        assert now.mono >= self.deadline, "called before the deadline"
        self.timeouts.append(now.mono)
        self.deadline = None
        self._changed.set()

    def reconfigure(self, config: object, now: Now) -> tuple[str, ...]:
        self.configurations.append(config)
        return ("noted",)

    def stop(self, reason: str, now: Now) -> None:
        for conn in list(self._open):
            self.write(conn, reason.encode())
            self.close(conn)

    def drain(self) -> Batch[Event]:
        if self.failure is not None:
            raise self.failure
        self.more -= (more := self.more > 0)
        batch = Batch(list(self._writes.items()), self._effects, self.events, self.deadline, more)
        if batch:
            self.drains.append(len(batch.writes))
        self._writes, self._effects, self.events = {}, [], []
        self._changed.set()
        return batch

    # --- the script ------------------------------------------------------------------------------------------------

    def write(self, conn: ConnId, data: bytes) -> None:
        """Owe ``data`` to a connection that is open."""
        if conn in self._open and data:
            self._writes.setdefault(conn, []).append(data)

    def ask(self, effect: Effect) -> None:
        """Emit an effect with the next batch."""
        self._effects.append(effect)

    def flood(self, conn: ConnId) -> None:
        """Owe a connection more than a socket takes at once."""
        self.write(conn, bytes(FLOOD))

    def flood_and_close(self, conn: ConnId) -> None:
        """Owe a connection a lot, as its last words."""
        self.flood(conn)
        self.close(conn)

    def close(self, conn: ConnId, *, abort: bool = False) -> None:
        """Close a connection, once."""
        if conn in self._open:
            del self._open[conn]
            self._effects.append(Close(conn, "done", abort))

    async def another_turn(self) -> None:
        """Wait for one more batch that is not empty."""
        turns = len(self.drains)
        await self.until(lambda: len(self.drains) > turns)

    def only(self) -> ConnId:
        """The one connection that there ever was."""
        (conn,) = self.peers
        return conn

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until ``condition`` holds; it is looked at again after every call."""
        while not condition():
            self._changed.clear()
            await self._changed.wait()
