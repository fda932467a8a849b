"""Reaching a server: from its name to a connected socket, on the address that answers first (RFC 8305)."""

import asyncio
import contextlib
import errno
import itertools
import socket
from collections.abc import Sequence

from freeq_proto.boundary import Destination
from freeq_runtime_asyncio import client_tls
from freeq_runtime_asyncio.names import Resolve, resolve_addresses

ATTEMPT_SECONDS = 0.25
"""Before the next address is tried beside those that have not answered (RFC 8305 section 5)."""


async def open_socket(destination: Destination, *, resolve: Resolve = resolve_addresses) -> socket.socket:
    """A connected, non-blocking socket to ``destination``.

    Raises OSError: of the look-up, or of the first address if all of them fail.
    """
    found = await resolve(destination.host, destination.port)
    attempts: list[asyncio.Task[socket.socket]] = []
    won: socket.socket | None = None
    try:
        waiting = alternating(found)
        while won is None and (waiting or not all(attempt.done() for attempt in attempts)):
            if waiting:
                attempts.append(asyncio.create_task(_connect(waiting.pop(0), destination.port)))
            pending = [attempt for attempt in attempts if not attempt.done()]
            await asyncio.wait(
                pending, timeout=ATTEMPT_SECONDS if waiting else None, return_when=asyncio.FIRST_COMPLETED
            )
            won = next((each.result() for each in attempts if each.done() and each.exception() is None), None)
    finally:
        await _forget(attempts, won)
    if won is not None:
        return won
    failures = [failure for attempt in attempts if (failure := attempt.exception()) is not None]
    raise failures[0] if failures else OSError(errno.EADDRNOTAVAIL, "the host has no address")


async def _connect(address: str, port: int) -> socket.socket:
    connecting = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    try:
        connecting.setblocking(False)
        connecting.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.get_running_loop().sock_connect(connecting, (address, port))
    except BaseException:
        connecting.close()
        raise
    return connecting


async def _forget(attempts: Sequence[asyncio.Task[socket.socket]], won: socket.socket | None) -> None:
    """End the attempts that lost, and close what they may have opened meanwhile."""
    for attempt in attempts:
        attempt.cancel()
    for attempt in attempts:
        with contextlib.suppress(OSError, asyncio.CancelledError):
            opened = await attempt
            if opened is not won:
                opened.close()


def alternating(addresses: Sequence[str]) -> list[str]:
    """Addresses of both families in turns, beginning with the family that the system prefers (RFC 8305 section 4)."""
    first = [address for address in addresses if (":" in address) == (":" in addresses[0])]
    others = [address for address in addresses if (":" in address) != (":" in addresses[0])]
    pairs = itertools.zip_longest(first, others)
    return [address for pair in pairs for address in pair if address is not None]


def explain(error: Exception, destination: Destination) -> str:
    """Why ``destination`` was not reached and what to do about it, in words fit for whoever runs the client."""
    about_tls = client_tls.explain(error, destination)
    if about_tls is not None:
        return about_tls
    host, port = destination.host, destination.port
    match error:
        case socket.gaierror(errno=socket.EAI_NONAME):
            return f"there is no host {host}: is the name right?"
        case socket.gaierror():
            return f"the name {host} cannot be looked up ({error.strerror}): is there a network?"
        case ConnectionRefusedError():
            return f"nothing listens at {host} port {port}: is the server running, and is the port right?"
        case TimeoutError():
            return f"{host} port {port} does not answer"
        case ConnectionResetError() | ConnectionAbortedError():
            return f"{host} port {port} hung up at once: does it want TLS, or none?"
        case OSError(strerror=str() as reason):
            return f"{host} port {port} cannot be reached: {reason}"
        case _:
            return f"{host} port {port} cannot be reached: {error}"
