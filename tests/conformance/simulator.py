"""The harness in memory, on virtual time: tests.server.harness, seen through the eyes of a transcript."""

import contextlib
from collections.abc import Iterator

from freeq_proto.boundary import Now
from freeq_proto.server import Config
from tests.conformance.harness import Harness, Peer
from tests.server.harness import Client, Net


class SimulatedPeer:
    """A client of the simulator."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def send(self, data: bytes) -> None:
        if self._client.closed is None:
            self._client.feed(data)

    def receive(self) -> bytes:
        data = self._client.take_bytes()
        assert data or self._client.closed is not None, "the server says nothing more, and does not close"
        return data

    def close(self) -> None:
        if self._client.closed is None:
            self._client.disconnect("Connection reset by peer")
            self._client.closed = "by itself"


class SimulatorHarness:
    """A server in memory."""

    def __init__(self, config: Config) -> None:
        self._net = Net(config)

    def dial(self) -> Peer:
        return SimulatedPeer(self._net.connect())

    def now(self) -> Now:
        return self._net.now

    def pass_time(self, seconds: float) -> None:
        self._net.pass_time(seconds)


@contextlib.contextmanager
def simulator(config: Config) -> Iterator[Harness]:
    """A server in memory, until the end of the block."""
    yield SimulatorHarness(config)
