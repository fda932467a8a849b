"""TLS from the client's side, without sockets: ciphertext in, plaintext out, and the other way round."""

import contextlib
import ssl
from pathlib import Path

import attrs

from freeq_proto.boundary import LocalProtocolError, tls_server_end_point

_PIECE = 16_384  # bytes: the most that one record carries (RFC 8446 section 5.1)


class TlsConfigurationError(LocalProtocolError):
    """A certificate or key that cannot be used; the message names the files and the reason."""


@attrs.frozen
class ClientCertificate:
    """A certificate that a client presents, for SASL EXTERNAL: PEM files, which may be one and the same."""

    certificate: Path
    """The certificate, and what else of its chain is to be sent."""
    key: Path
    """Its private key, not encrypted."""


def client_context(certificate: ClientCertificate | None = None) -> ssl.SSLContext:
    """Verify servers against the certificates that this machine trusts, and present ``certificate`` if asked for one.

    TLS 1.2 and later. Raises :class:`TlsConfigurationError` for files that cannot be used.
    """
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if certificate is not None:
        try:
            context.load_cert_chain(certificate.certificate, certificate.key, password=_no_password)
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            raise TlsConfigurationError(
                f"cannot use {certificate.certificate} and {certificate.key} as a client's certificate: {error}"
            ) from error
    return context


def _no_password() -> str:
    """Refuse an encrypted key instead of asking at the terminal."""
    raise ValueError("the key is encrypted")


class TlsClient:
    """The client's side of one TLS connection. A server's bytes never raise: they end in :attr:`failure`."""

    def __init__(self, context: ssl.SSLContext, host: str) -> None:
        self.established = False
        self.ended = False
        """Whether the server said that it sends nothing more (close_notify)."""
        self.failure: ssl.SSLError | None = None
        self._closed = False
        self._context = context
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._object = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)
        self._open([])

    @property
    def authenticated(self) -> bool:
        """Whether the handshake proves that the server is the host that was dialled."""
        return self.established and self._context.verify_mode is ssl.CERT_REQUIRED and self._context.check_hostname

    @property
    def end_point(self) -> bytes:
        """The channel binding ``tls-server-end-point`` of the server's certificate."""
        return tls_server_end_point(self._object.getpeercert(binary_form=True) or b"")

    def receive(self, ciphertext: bytes) -> list[bytes]:
        """Take what came from the server; the answer is its plaintext, in order."""
        plaintexts: list[bytes] = []
        if self.failure is None and not self.ended:
            self._incoming.write(ciphertext)
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
            self.failure = error

    def send(self, plaintext: bytes) -> None:
        """Encrypt ``plaintext``. Ignored once the connection failed or was closed."""
        if self._closed or self.failure is not None:
            return
        try:
            self._object.write(plaintext)
        except ssl.SSLError as error:
            self.failure = error

    def outgoing(self) -> bytes:
        """Ciphertext for the server, handed over once."""
        return self._outgoing.read()

    def close(self) -> None:
        """Say that nothing more is sent (close_notify). Idempotent."""
        if self._closed or self.failure is not None or not self.established:
            return
        self._closed = True
        with contextlib.suppress(ssl.SSLError):  # "want read": the server's own close_notify is not waited for
            self._object.unwrap()
