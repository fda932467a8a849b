"""TLS that asks its peer for a certificate, by pyOpenSSL.

A client's certificate signs its user in by its fingerprint, so nobody has to have signed it. The standard library
cannot ask for one and take it as it is: it refuses the handshake when the chain does not verify. Here every chain
passes, and what the handshake proves is what counts: that the peer has the key of the certificate that it presented
(RFC 8446 section 4.4.3, RFC 5246 section 7.4.8).

No session is ever resumed. A resumed one would carry the certificate of an earlier connection without a fresh proof.
"""

import contextlib
from collections.abc import Sequence
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from OpenSSL import SSL

from freeq_runtime_asyncio.tls import PIECE, TlsPieces

_SESSION_CONTEXT: Final = b"freeq"  # OpenSSL fails the handshake of a peer that offers a session where this is not set
# As the standard library chooses for TLS 1.2: forward secrecy, AEAD or SHA-2, nothing below 112 bits of security.
_CIPHERS: Final = b"@SECLEVEL=2:ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES:!aNULL:!eNULL:!SHA1:!AESCCM"


class OpensslAdapter(TlsPieces):
    """:class:`freeq_runtime_asyncio.Tls` by pyOpenSSL, over memory BIOs.

    An idle connection costs about half as much memory again as one of the standard library's, and a line some
    microseconds more, so it serves the listeners that need it, and not the others.
    """

    __slots__ = ("_connection",)

    def __init__(self, context: SSL.Context, end_point: bytes) -> None:
        super().__init__(end_point)
        self._connection = SSL.Connection(context, None)
        self._connection.set_accept_state()

    def _open(self, ciphertext: memoryview, plaintexts: list[bytes]) -> None:
        self._connection.bio_write(bytes(ciphertext))
        try:
            if not self.established:
                self._connection.do_handshake()
                self.established = True
                self.certificate = self._fingerprint()
            while True:
                plaintexts.append(self._connection.recv(PIECE))
        except SSL.WantReadError:
            pass  # everything is read, or the rest of a record is still to come
        except SSL.ZeroReturnError:
            self.ended = True
        except SSL.Error as error:
            self._fail(error)

    def _fingerprint(self) -> str:
        """By OpenSSL, over the bytes as they came: nothing here reads what is in the certificate."""
        presented = self._connection.get_peer_certificate()
        return presented.digest("sha256").decode("ascii").replace(":", "").lower() if presented is not None else ""

    def _seal(self, plaintext: bytes | memoryview) -> None:
        try:
            self._connection.send(bytes(plaintext))
        except SSL.Error as error:
            self._fail(error)

    def _sent(self) -> bytes:
        chunks: list[bytes] = []
        with contextlib.suppress(SSL.WantReadError):  # nothing is left
            while not chunks or len(chunks[-1]) == PIECE:
                chunks.append(self._connection.bio_read(PIECE))
        return b"".join(chunks)

    def _end(self) -> None:
        with contextlib.suppress(SSL.Error):  # the peer's own close_notify is not waited for
            self._connection.shutdown()

    def _fail(self, error: SSL.Error) -> None:
        self.failure = _reason(error)


def openssl_context(chain: Sequence[x509.Certificate], key: bytes) -> SSL.Context:
    """Serve ``chain`` (its own certificate first), as the standard library's context does, and ask for certificates.

    Raises ValueError for a key (PEM) that is encrypted, not the certificate's, or of no use for TLS.
    """
    try:
        private = load_pem_private_key(key, None)
    except TypeError as error:
        raise ValueError("the key is encrypted") from error
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_min_proto_version(SSL.TLS1_2_VERSION)
    context.set_options(SSL.OP_NO_RENEGOTIATION | SSL.OP_NO_COMPRESSION | SSL.OP_NO_TICKET)
    context.set_mode(SSL.MODE_RELEASE_BUFFERS)
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    context.set_session_id(_SESSION_CONTEXT)
    context.set_cipher_list(_CIPHERS)
    context.set_verify(SSL.VERIFY_PEER, _accept)
    try:
        context.use_certificate(chain[0])
        for above in chain[1:]:
            context.add_extra_chain_cert(above)
        context.use_privatekey(private)  # type: ignore[arg-type] # any kind is offered: what is of no use is refused
        context.check_privatekey()
    except SSL.Error as error:
        raise ValueError(_reason(error)) from error
    return context


def _accept(connection: SSL.Connection, certificate: object, error: int, depth: int, verified: int) -> bool:
    """Who signed it, and whether it is out of date, says nothing of whose it is."""
    return True


def _reason(error: SSL.Error) -> str:
    """What OpenSSL says: its queue of errors is a list of (library, function, reason)."""
    queue = error.args[0] if error.args and isinstance(error.args[0], list) else []
    return str(queue[-1][2]).lower() if queue else "protocol error"
