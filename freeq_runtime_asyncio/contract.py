"""What the driver is given: the engine it drives, what performs its effects, the connections it writes on.

Protocols, so that a test double or another engine fits without inheriting from anything.
"""

from typing import Protocol, TypeVar

from freeq_proto.boundary import (
    Batch,
    ConnId,
    Event,
    Failed,
    Fetched,
    Found,
    HttpRequest,
    Now,
    PeerInfo,
    Query,
    Result,
    Row,
    Stored,
    Ticket,
    TxtRecords,
)

Configuration = TypeVar("Configuration", contravariant=True)


class Engine(Protocol[Configuration]):
    """The pure core of a server: feed any number of inputs, then drain, and perform what came out.

    Its configuration passes through the runtime unseen, so only its type is named here.
    None of these raises for anything that a peer sent. Only the thread of the event loop calls them.
    """

    def connected(self, conn: ConnId, peer: PeerInfo, now: Now) -> None:
        """A peer is there; over TLS, its handshake is done."""

    def receive_data(self, conn: ConnId, data: bytes, now: Now) -> None:
        """The peer sent ``data``; empty means that it ended its writing."""

    def disconnected(self, conn: ConnId, why: str, now: Now) -> None:
        """The connection is no more. Idempotent; unknown connections are ignored."""

    def write_pressure(self, conn: ConnId, buffered: int, now: Now) -> None:
        """The unsent bytes crossed the high-water mark (``buffered`` is their number) or fell to the low one (0)."""

    def completed(self, ticket: Ticket, result: Result, now: Now) -> None:
        """The answer to an effect. Unknown and late tickets change nothing."""

    def handle_timeout(self, now: Now) -> None:
        """The deadline of the last batch came. Before it, nothing happens."""

    def reconfigure(self, config: Configuration, now: Now) -> tuple[str, ...]:
        """Run with ``config`` from here on; the answer names what cannot change without a restart."""

    def stop(self, reason: str, now: Now) -> None:
        """Tell everybody goodbye; the next batches close every connection."""

    def drain(self) -> Batch[Event]:
        """Everything wanted since the last drain."""
        ...


class Store(Protocol):
    """Where rows are kept. Called by one thread at a time; what it raises is answered with ``Failed(str(error))``."""

    @property
    def blocking(self) -> bool:
        """Whether it waits for a disk or a network: then a thread of its own calls it, else the event loop does."""

    def write(self, rows: tuple[Row, ...], /) -> Stored:
        """Keep ``rows`` in order, all or (it raises) none of them."""
        ...

    def query(self, query: Query, /) -> Found:
        """The rows that ``query`` asks for, of those that were written before."""
        ...


class HttpClient(Protocol):
    """Who makes HTTP requests: :class:`freeq_runtime_asyncio.Http`, or a double."""

    async def fetch(self, request: HttpRequest, /) -> Fetched | Failed:
        """Make ``request`` within its bounds; never raises."""
        ...


class TxtClient(Protocol):
    """Who looks up DNS names: :class:`freeq_runtime_asyncio.Dns`, or a double."""

    async def txt(self, name: str, /) -> TxtRecords | Failed:
        """The TXT records of ``name``; never raises."""
        ...


class Connection(Protocol):
    """One accepted connection, as the driver uses it; compared and hashed by identity."""

    @property
    def conn(self) -> ConnId:
        """Its name in the engine."""

    @property
    def peer(self) -> PeerInfo:
        """Who is there."""

    @property
    def direct(self) -> int | None:
        """The file descriptor of a socket that :meth:`write` would do nothing but write to now; else None."""

    def write(self, data: bytes, /) -> None:
        """Send ``data``, or keep it until the peer takes it. Never blocks and never raises for what a peer did."""

    def pause(self, paused: bool) -> None:
        """Stop taking bytes from the peer, or take them again. Idempotent."""

    def finish(self, *, linger: bool) -> None:
        """End writing once what was written is sent, ignoring what the peer still sends.

        With ``linger`` the connection then stays until the peer ends its side too: closing a socket whose input is
        unread makes the kernel send a reset, which can destroy the last lines on their way to the peer.
        """

    def abort(self) -> None:
        """End now; unsent bytes are dropped."""
