"""Destinations on their way to being connections: workers look names up, then their addresses are tried in turn."""

import selectors
import socket
from collections.abc import Callable

import attrs

from freeq_proto.boundary import ConnId, Destination, Now, alternate_families
from freeq_runtime_threaded.dial import Attempts, explain
from freeq_runtime_threaded.http import resolve_addresses
from freeq_runtime_threaded.workers import Workers


@attrs.define(eq=False)
class _Dialling:
    destination: Destination
    attempts: Attempts


class Dialler:
    """Dials for one loop, on its thread. ``post`` has a call made on that thread; each dial ends in one of the two.

    ``reached`` takes the connected socket, ``unreached`` says in words why there is none.
    """

    def __init__(
        self,
        selector: selectors.BaseSelector,
        workers: Workers,
        *,
        post: Callable[[Callable[[Now], None]], bool],
        reached: Callable[[ConnId, Destination, socket.socket], None],
        unreached: Callable[[ConnId, str], None],
    ) -> None:
        self._selector = selector
        self._workers = workers
        self._post = post
        self._reached = reached
        self._unreached = unreached
        self._dialling: dict[ConnId, _Dialling] = {}

    def __len__(self) -> int:
        return len(self._dialling)

    def dial(self, conn: ConnId, destination: Destination) -> None:
        """Begin to."""
        attempts = Attempts(self._selector, conn, won=self._won, lost=self._lost)
        self._dialling[conn] = _Dialling(destination, attempts)

        def run() -> None:
            found: list[str] = []
            failure: OSError | None = None
            try:
                found = alternate_families(resolve_addresses(destination.host, destination.port))
            except OSError as error:
                failure = error
            self._post(lambda now: self._found(conn, found, failure, now))

        self._workers.submit(run)

    def give_up(self, conn: ConnId) -> None:
        """End a dial, if there is one of this name."""
        dialling = self._dialling.pop(conn, None)
        if dialling is not None:
            dialling.attempts.close()

    def close(self) -> None:
        """End them all."""
        for conn in tuple(self._dialling):
            self.give_up(conn)

    def next_deadline(self) -> float | None:
        """When :meth:`handle_timeout` will next have something to do."""
        attempts = (dialling.attempts.next_attempt for dialling in self._dialling.values())
        return min((attempt for attempt in attempts if attempt is not None), default=None)

    def handle_timeout(self, mono: float) -> None:
        """Try the next address where one has not answered for a while."""
        for dialling in tuple(self._dialling.values()):
            attempt = dialling.attempts.next_attempt
            if attempt is not None and attempt <= mono:
                dialling.attempts.attempt(mono)

    def _found(self, conn: ConnId, found: list[str], failure: OSError | None, now: Now) -> None:
        dialling = self._dialling.get(conn)
        if dialling is None:
            return  # given up meanwhile
        if failure is not None:
            self._lost(conn, failure)
        else:
            dialling.attempts.begin(found, dialling.destination.port, now.mono)

    def _lost(self, conn: ConnId, error: OSError) -> None:
        self._unreached(conn, explain(error, self._dialling.pop(conn).destination))

    def _won(self, conn: ConnId, connected: socket.socket) -> None:
        self._reached(conn, self._dialling.pop(conn).destination, connected)
