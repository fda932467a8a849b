"""What the loop drives, and what it says when it drives no more."""

from typing import Protocol

from freeq_proto.boundary import Batch, ConnId, Dialled, LocalProtocolError, Now, Result, Ticket
from freeq_proto.client import ClientEvent


class Engine(Protocol):
    """What is driven: the engine of :mod:`freeq_proto.client`, or a test's double."""

    def connected(self, conn: ConnId, dialled: Dialled, now: Now) -> None:
        """A server was reached; over TLS, its handshake is done."""

    def receive_data(self, conn: ConnId, data: bytes, now: Now) -> None:
        """It sent ``data``; empty means that it ended its writing."""

    def disconnected(self, conn: ConnId, why: str, now: Now) -> None:
        """The connection is no more, or never was."""

    def write_pressure(self, conn: ConnId, buffered: int, now: Now) -> None:
        """The unsent bytes crossed the high-water mark (``buffered`` is their number) or fell to the low one (0)."""

    def completed(self, ticket: Ticket, result: Result, now: Now) -> None:
        """The answer to an effect."""

    def handle_timeout(self, now: Now) -> None:
        """The deadline of the last batch came."""

    def drain(self) -> Batch[ClientEvent]:
        """Everything wanted since the last drain."""
        ...


class ClosedError(LocalProtocolError):
    """This client has ended; nothing can be asked of it any more."""
