"""Reaching a server: from its name to a connected socket, on the address that answers first (RFC 8305)."""

import asyncio
import contextlib
import errno
import socket
import ssl
from collections.abc import Sequence

from freeq_proto.boundary import (
    ATTEMPT_SECONDS,
    Destination,
    alternate_families,
    explain_certificate,
    explain_no_address,
    explain_tls,
    explain_unreached,
)
from freeq_runtime_asyncio.names import Resolve, resolve_addresses


async def open_socket(destination: Destination, *, resolve: Resolve = resolve_addresses) -> socket.socket:
    """A connected, non-blocking socket to ``destination``.

    Raises OSError: of the look-up, or of the first address if all of them fail.
    """
    found = await resolve(destination.host, destination.port)
    attempts: list[asyncio.Task[socket.socket]] = []
    won: socket.socket | None = None
    try:
        waiting = alternate_families(found)
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


def explain(error: Exception, destination: Destination) -> str:
    """Why ``destination`` was not reached and what to do about it, in words fit for whoever runs the client."""
    match error:
        case ssl.SSLCertVerificationError():
            return explain_certificate(destination.host, error.verify_code, error.verify_message)
        case ssl.SSLError():
            return explain_tls(destination, error.reason or "")
        case socket.gaierror():
            unknown = error.errno == socket.EAI_NONAME
            return explain_no_address(destination.host, error.strerror or "", unknown=unknown)
        case _:
            return explain_unreached(error, destination)
