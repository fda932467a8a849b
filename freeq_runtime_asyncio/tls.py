"""TLS without sockets: ciphertext in, plaintext out, and the other way round.

The adapter stands between any transport and any protocol, so every runtime can use it, and another TLS library can
stand behind :class:`Tls`. It holds little: input is taken in pieces and decrypted at once, output is collected after
every piece, so the buffers inside the TLS library stay below a few records however much passes through them.
"""

import contextlib
import ssl
from pathlib import Path
from typing import Protocol

from freeq_proto.boundary import LocalProtocolError

_PIECE = 16_384  # bytes: the most that one record carries (RFC 8446 section 5.1)


class TlsConfigurationError(LocalProtocolError):
    """A certificate or key that cannot be used; the message names the files and the reason."""


class Tls(Protocol):
    """The server's side of one TLS connection.

    After every call, what :meth:`outgoing` returns is to be sent. A peer's bytes never raise: they end in
    :attr:`failure`, with the alert for the peer in :meth:`outgoing`.
    """

    @property
    def established(self) -> bool:
        """Whether the handshake is done: before that, nothing may be sent."""

    @property
    def ended(self) -> bool:
        """Whether the peer said that it sends nothing more (close_notify)."""

    @property
    def failure(self) -> str | None:
        """Why this connection cannot go on, fit to be shown to users; None while it can."""

    def receive(self, ciphertext: memoryview) -> list[bytes]:
        """Take what came from the peer; the answer is its plaintext, in order."""
        ...

    def send(self, plaintext: bytes) -> None:
        """Encrypt ``plaintext``. Ignored once the connection failed or was closed."""

    def outgoing(self) -> bytes:
        """Ciphertext for the peer, handed over once."""
        ...

    def close(self) -> None:
        """Say that nothing more is sent (close_notify). Idempotent."""


class TlsAdapter:
    """:class:`Tls` by the standard library, over memory BIOs.

    An established connection that is idle costs about 30 KiB, nearly all of it OpenSSL's.
    """

    __slots__ = ("_closed", "_incoming", "_object", "_outgoing", "_sealed", "ended", "established", "failure")

    def __init__(self, context: ssl.SSLContext) -> None:
        self.established = False
        self.ended = False
        self.failure: str | None = None
        self._closed = False
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._object = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._sealed: list[bytes] = []

    def receive(self, ciphertext: memoryview) -> list[bytes]:
        """Take what came from the peer; the answer is its plaintext, in order."""
        plaintexts: list[bytes] = []
        for start in range(0, len(ciphertext), _PIECE):
            if self.failure is not None or self.ended:
                break
            self._incoming.write(ciphertext[start : start + _PIECE])
            self._open(plaintexts)
        return plaintexts

    def _open(self, plaintexts: list[bytes]) -> None:
        """Decrypt what is complete."""
        try:
            if not self.established:
                self._object.do_handshake()
                self.established = True
            while self._incoming.pending or self._object.pending():
                plaintext = self._object.read(_PIECE)
                if not plaintext:
                    self.ended = True
                    return
                plaintexts.append(plaintext)
        except ssl.SSLWantReadError:
            pass  # the rest of a record is still to come
        except ssl.SSLZeroReturnError:
            self.ended = True
        except ssl.SSLError as error:
            self._fail(error)

    def send(self, plaintext: bytes) -> None:
        """Encrypt ``plaintext``. Ignored once the connection failed or was closed."""
        if self._closed or self.failure is not None:
            return
        try:
            if len(plaintext) <= _PIECE:
                self._object.write(plaintext)
                return
            view = memoryview(plaintext)
            for start in range(0, len(view), _PIECE):
                self._object.write(view[start : start + _PIECE])
                self._sealed.append(self._outgoing.read())
        except ssl.SSLError as error:
            self._fail(error)

    def outgoing(self) -> bytes:
        """Ciphertext for the peer, handed over once."""
        if not self._sealed:
            return self._outgoing.read() if self._outgoing.pending else b""
        sealed = b"".join((*self._sealed, self._outgoing.read()))
        self._sealed.clear()
        return sealed

    def close(self) -> None:
        """Say that nothing more is sent (close_notify). Idempotent."""
        if self._closed or self.failure is not None or not self.established:
            return
        self._closed = True
        with contextlib.suppress(ssl.SSLError):  # "want read": the peer's own close_notify is not waited for
            self._object.unwrap()

    def _fail(self, error: ssl.SSLError) -> None:
        self.failure = (error.reason or "protocol error").replace("_", " ").lower()


class TlsFiles:
    """A certificate chain and its key (PEM), as files that are read again on demand.

    Connections keep what they began with; new ones get what was read last.
    """

    def __init__(self, certificate: Path, key: Path) -> None:
        self._certificate = certificate
        self._key = key
        self._context = server_context(certificate, key)

    def accept(self) -> Tls:
        """The TLS of one new connection."""
        return TlsAdapter(self._context)

    def reload(self) -> None:
        """Read the files again; raises :class:`TlsConfigurationError` and keeps the old ones if they are no good."""
        self._context = server_context(self._certificate, self._key)


class TlsSource(Protocol):
    """Where listeners get the TLS of a new connection from: :class:`TlsFiles`, or another library's."""

    def accept(self) -> Tls:
        """The TLS of one new connection."""
        ...

    def reload(self) -> None:
        """Take new certificates for new connections; raises :class:`TlsConfigurationError` and keeps the old."""


def server_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """Serve with these PEM files: TLS 1.2 and later, no renegotiation, no compression.

    Raises :class:`TlsConfigurationError`.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    try:
        context.load_cert_chain(certificate, key, password=_no_password)
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        detail = error.strerror if not isinstance(error, ssl.SSLError) and isinstance(error, OSError) else str(error)
        raise TlsConfigurationError(f"cannot serve TLS with {certificate} and {key}: {detail}") from error
    return context


def _no_password() -> str:
    """Refuse an encrypted key instead of asking at the terminal."""
    raise ValueError("the key is encrypted")
