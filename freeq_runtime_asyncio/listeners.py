"""Listening sockets: opening them, and accepting without ever spinning or dying."""

import asyncio
import contextlib
import errno
import os
import socket
import stat
from pathlib import Path

import attrs

from freeq_proto.boundary import Listener, LocalProtocolError, PeerInfo
from freeq_runtime_asyncio.driver import Driver, logger
from freeq_runtime_asyncio.sockets import SocketConnection, TlsConnection
from freeq_runtime_asyncio.tls_files import TlsSource

ACCEPTS_PER_TURN = 64
"""Connections taken at one listener before the other sockets have their turn."""
_EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class ListenerError(LocalProtocolError):
    """A listener that cannot be opened; the message names it and the reason."""


@attrs.frozen
class ListenerSpec:
    """One place to listen at: ``host`` and ``port``, or the ``path`` of a Unix socket."""

    kind: Listener
    """What is spoken there."""
    host: str = ""
    """An address or a name; every address of a name is listened at. ``0.0.0.0`` and ``::`` are all of their kind."""
    port: int = 0
    """0: one that is free."""
    path: str = ""
    mode: int = 0o600
    """Who may connect to a Unix socket, as file permissions."""
    tls: bool = False
    dual_stack: bool = False
    """``::`` takes IPv4 too."""
    backlog: int = 1024
    """Connections that the kernel keeps for us until we accept them."""

    def __attrs_post_init__(self) -> None:
        if bool(self.host) == bool(self.path):
            raise ListenerError("a listener has either a host or a path")
        if self.path and self.tls:
            raise ListenerError(f"{self}: a Unix socket needs no TLS")

    def __str__(self) -> str:
        if self.path:
            return f"{self.kind.value} at {self.path}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.kind.value}{' over TLS' if self.tls else ''} at {host}:{self.port}"


@attrs.frozen
class Address:
    """Where a listener really is."""

    spec: ListenerSpec
    host: str
    """The IP address, or the path of a Unix socket."""
    port: int
    """0 for a Unix socket."""


class Acceptor:
    """Takes connections from one listening socket and gives them to the driver."""

    def __init__(self, listening: socket.socket, spec: ListenerSpec, driver: Driver, tls: TlsSource | None) -> None:
        self._socket = listening
        self._spec = spec
        self._driver = driver
        self._tls = tls if spec.tls else None
        self._loop = asyncio.get_running_loop()
        self._rest: asyncio.TimerHandle | None = None
        self._inode = _inode(spec.path) if spec.path else None
        name = listening.getsockname()
        self.address = Address(spec, spec.path, 0) if spec.path else Address(spec, name[0], name[1])

    def start(self) -> None:
        """Accept from now on."""
        self._rest = None
        self._loop.add_reader(self._socket, self._ready)

    def close(self) -> None:
        """Accept no more; remove a Unix socket's file if it is still ours."""
        if self._rest is not None:
            self._rest.cancel()
        self._loop.remove_reader(self._socket)
        self._socket.close()
        if self._inode is not None and _inode(self._spec.path) == self._inode:
            Path(self._spec.path).unlink()

    def _ready(self) -> None:
        for _ in range(ACCEPTS_PER_TURN):
            try:
                accepted, name = self._socket.accept()
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno in _EXHAUSTED:
                    self._pause(error)
                    return
                # Any other error is about one connection, which ended before we took it (accept(2)).
            else:
                self._take(accepted, name)

    def _pause(self, error: OSError) -> None:
        """Look away for a while: the socket stays ready, so the loop would call again at once, forever."""
        seconds = self._driver.limits.accept_rest_seconds
        logger.error("%s: cannot accept (%s): next try in %g s", self._spec, error.strerror, seconds)
        self._loop.remove_reader(self._socket)
        self._rest = self._loop.call_later(seconds, self.start)

    def _take(self, accepted: socket.socket, name: object) -> None:
        """Hand a socket to a connection."""
        accepted.setblocking(False)
        if accepted.family != socket.AF_UNIX:
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        peer = peer_info(self._spec, name)
        connection = (
            TlsConnection(self._driver, peer, self._tls.accept()) if self._tls else SocketConnection(self._driver, peer)
        )
        connection.take(self._loop, accepted)


def peer_info(spec: ListenerSpec, name: object) -> PeerInfo:
    """Who is at the other end, from what ``accept`` says; an IPv4 peer of an IPv6 socket gets its IPv4 address."""
    if not isinstance(name, tuple) or spec.path:
        return PeerInfo(spec.kind, "", 0, secure=True)
    address = str(name[0]).partition("%")[0]  # the zone of a link-local address is ours, not the peer's
    if address.startswith("::ffff:") and "." in address:
        address = address.removeprefix("::ffff:")
    return PeerInfo(spec.kind, address, int(name[1]), secure=spec.tls)


async def open_sockets(spec: ListenerSpec) -> list[socket.socket]:
    """Bound, listening sockets for ``spec``: several if its host name has several addresses.

    Raises :class:`ListenerError`.
    """
    try:
        return [_open_unix(spec)] if spec.path else await _open_inet(spec)
    except OSError as error:
        raise ListenerError(f"cannot listen for {spec}: {error.strerror or error}") from error


async def _open_inet(spec: ListenerSpec) -> list[socket.socket]:
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(spec.host, spec.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    opened: list[socket.socket] = []
    with contextlib.ExitStack() as undo:
        for family, kind, protocol, _, address in dict.fromkeys(found):
            listening = undo.enter_context(socket.socket(family, kind, protocol))
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, not spec.dual_stack)
            listening.bind(address)
            listening.listen(spec.backlog)
            listening.setblocking(False)
            opened.append(listening)
        undo.pop_all()
    return opened


def _open_unix(spec: ListenerSpec) -> socket.socket:
    _remove_stale(Path(spec.path))
    with contextlib.ExitStack() as undo:
        listening = undo.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
        # The file gets its permissions when it is made, so that there is no moment at which others can connect.
        umask = os.umask(0o777 & ~spec.mode)
        try:
            listening.bind(spec.path)
        finally:
            os.umask(umask)
        listening.listen(spec.backlog)
        listening.setblocking(False)
        undo.pop_all()
    return listening


def _remove_stale(path: Path) -> None:
    """Remove the socket that a server left behind when it died; one that is answered, or another file, stays."""
    try:
        if not stat.S_ISSOCK(path.stat().st_mode):
            return  # bind says that the name is taken
    except FileNotFoundError:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)


def _inode(path: str) -> tuple[int, int] | None:
    try:
        found = Path(path).stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
