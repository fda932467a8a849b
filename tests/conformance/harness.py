"""What a transcript needs of a server that somehow runs: connections, and perhaps time.

A runtime joins the suite with one class of this shape and one line in :data:`tests.conformance.test_conformance`.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol, TypeAlias

from freeq_proto.boundary import Now
from freeq_proto.server import Config


class Peer(Protocol):
    """A client's end of one connection. It carries lines that end in CR LF, however they are framed below."""

    def send(self, data: bytes) -> None:
        """Send whole lines."""

    def receive(self) -> bytes:
        """Wait for some bytes; none are the end of the connection. Raises AssertionError where none will come."""
        ...

    def close(self) -> None:
        """Lose the connection, without a word. Idempotent."""


class Harness(Protocol):
    """A running server."""

    def dial(self) -> Peer:
        """A new connection."""
        ...

    def now(self) -> Now:
        """The time there."""
        ...

    def pass_time(self, seconds: float) -> None:
        """Let time pass. Only asked of harnesses whose time is virtual."""


MakeHarness: TypeAlias = Callable[[Config], AbstractContextManager[Harness]]
"""Starts a server, and ends it with the block. A fault in the server is raised at the latest then."""
