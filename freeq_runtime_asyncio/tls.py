"""TLS without sockets: ciphertext in, plaintext out, and the other way round.

An adapter stands between any transport and any protocol, and any TLS library can stand behind :class:`Tls`. It holds
little: input is taken in pieces and decrypted at once, output is collected after every piece, so the buffers inside the
TLS library stay below a few records however much passes through them.
"""

import abc
import contextlib
import ssl
from typing import Protocol

from freeq_proto.boundary import LocalProtocolError

PIECE = 16_384  # bytes: the most that one record carries (RFC 8446 section 5.1)


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

    @property
    def certificate(self) -> str:
        """SHA-256 of the certificate that the peer presented (DER, hexadecimal), "" for none; once established."""

    @property
    def end_point(self) -> bytes:
        """The channel binding ``tls-server-end-point`` (RFC 5929 section 4), empty where it is undefined."""

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


class TlsPieces(abc.ABC):
    """What every :class:`Tls` does alike: bytes pass in pieces, and nothing passes after the end."""

    __slots__ = ("_closed", "_sealed", "certificate", "end_point", "ended", "established", "failure")

    def __init__(self, end_point: bytes) -> None:
        self.established = False
        self.ended = False
        self.failure: str | None = None
        self.certificate = ""
        self.end_point = end_point
        self._closed = False
        self._sealed: list[bytes] = []

    def receive(self, ciphertext: memoryview) -> list[bytes]:
        """Take what came from the peer; the answer is its plaintext, in order."""
        plaintexts: list[bytes] = []
        for start in range(0, len(ciphertext), PIECE):
            if self.failure is not None or self.ended:
                break
            self._open(ciphertext[start : start + PIECE], plaintexts)
        return plaintexts

    def send(self, plaintext: bytes) -> None:
        """Encrypt ``plaintext``. Ignored once the connection failed or was closed."""
        if self._closed or self.failure is not None or not plaintext:
            return
        if len(plaintext) <= PIECE:
            self._seal(plaintext)
            return
        view = memoryview(plaintext)
        for start in range(0, len(view), PIECE):
            self._seal(view[start : start + PIECE])
            self._sealed.append(self._sent())

    def outgoing(self) -> bytes:
        """Ciphertext for the peer, handed over once."""
        if not self._sealed:
            return self._sent()
        sealed = b"".join((*self._sealed, self._sent()))
        self._sealed.clear()
        return sealed

    def close(self) -> None:
        """Say that nothing more is sent (close_notify). Idempotent."""
        if self._closed or self.failure is not None or not self.established:
            return
        self._closed = True
        self._end()

    # --- the library -----------------------------------------------------------------------------------------------

    @abc.abstractmethod
    def _open(self, ciphertext: memoryview, plaintexts: list[bytes]) -> None:
        """Go on with the handshake, then decrypt what is complete; keep the rest."""

    @abc.abstractmethod
    def _seal(self, plaintext: bytes | memoryview) -> None:
        """Encrypt one piece."""

    @abc.abstractmethod
    def _sent(self) -> bytes:
        """Take out the ciphertext that waits for the peer."""

    @abc.abstractmethod
    def _end(self) -> None:
        """Put close_notify among it."""


class TlsAdapter(TlsPieces):
    """:class:`Tls` by the standard library, over memory BIOs. It asks the peer for no certificate.

    An established connection that is idle costs about 30 KiB, nearly all of it OpenSSL's.
    """

    __slots__ = ("_incoming", "_object", "_outgoing")

    def __init__(self, context: ssl.SSLContext, end_point: bytes) -> None:
        super().__init__(end_point)
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._object = context.wrap_bio(self._incoming, self._outgoing, server_side=True)

    def _open(self, ciphertext: memoryview, plaintexts: list[bytes]) -> None:
        self._incoming.write(ciphertext)
        try:
            if not self.established:
                self._object.do_handshake()
                self.established = True
            while self._incoming.pending or self._object.pending():
                plaintext = self._object.read(PIECE)
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

    def _seal(self, plaintext: bytes | memoryview) -> None:
        try:
            self._object.write(plaintext)
        except ssl.SSLError as error:
            self._fail(error)

    def _sent(self) -> bytes:
        return self._outgoing.read() if self._outgoing.pending else b""

    def _end(self) -> None:
        with contextlib.suppress(ssl.SSLError):  # "want read": the peer's own close_notify is not waited for
            self._object.unwrap()

    def _fail(self, error: ssl.SSLError) -> None:
        self.failure = (error.reason or "protocol error").replace("_", " ").lower()
