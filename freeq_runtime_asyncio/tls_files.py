"""Where listeners get the TLS of a new connection from: certificates in files, read again on demand."""

import contextlib
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_pem_x509_certificates

from freeq_proto.boundary import tls_server_end_point
from freeq_runtime_asyncio.tls import Tls, TlsAdapter, TlsConfigurationError

if TYPE_CHECKING:
    from OpenSSL import SSL


class TlsSource(Protocol):
    """Where listeners get the TLS of a new connection from.

    Connections keep what they began with; new ones get what was read last.
    """

    def accept(self) -> Tls:
        """The TLS of one new connection."""
        ...

    def reload(self) -> None:
        """Take new certificates for new connections; raises :class:`TlsConfigurationError` and keeps the old."""


class TlsFiles:
    """:class:`TlsSource` of a certificate chain and its key (PEM), by the standard library."""

    def __init__(self, certificate: Path, key: Path) -> None:
        self._files = certificate, key
        self.reload()

    def accept(self) -> Tls:
        """The TLS of one new connection."""
        return TlsAdapter(self._context, self._end_point)

    def reload(self) -> None:
        """Read the files again; raises :class:`TlsConfigurationError` and keeps the old ones if they are no good."""
        self._context, self._end_point = _load(*self._files)


class OpensslFiles:
    """:class:`TlsSource` of a certificate chain and its key (PEM) that asks every peer for a certificate.

    Any that the peer can prove to hold is taken, whoever signed it; none is taken too. It needs pyOpenSSL (the extra
    ``client-certificates``) and raises :class:`TlsConfigurationError` without it.
    """

    def __init__(self, certificate: Path, key: Path) -> None:
        try:
            from freeq_runtime_asyncio.openssl import OpensslAdapter
        except ModuleNotFoundError as error:
            raise TlsConfigurationError(
                "asking for client certificates needs pyOpenSSL: install freeq-runtime-asyncio[client-certificates]"
            ) from error
        self._adapter = OpensslAdapter
        self._files = certificate, key
        self.reload()

    def accept(self) -> Tls:
        """The TLS of one new connection."""
        return self._adapter(self._context, self._end_point)

    def reload(self) -> None:
        """Read the files again; raises :class:`TlsConfigurationError` and keeps the old ones if they are no good."""
        self._context, self._end_point = _load_openssl(*self._files)


def _load(certificate: Path, key: Path) -> tuple[ssl.SSLContext, bytes]:
    """A context that serves these files over TLS 1.2 and later, and the channel binding of its certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    with _naming(certificate, key):
        chain = certificate.read_bytes()  # a context does not say what it read
        context.load_cert_chain(certificate, key, password=_no_password)
        if certificate.read_bytes() != chain:
            raise ValueError("the certificate changed while it was read")
        return context, _end_point(load_pem_x509_certificates(chain))


def _load_openssl(certificate: Path, key: Path) -> "tuple[SSL.Context, bytes]":
    """The same by pyOpenSSL, asking for certificates."""
    from freeq_runtime_asyncio.openssl import openssl_context

    with _naming(certificate, key):
        chain = load_pem_x509_certificates(certificate.read_bytes())
        return openssl_context(chain, key.read_bytes()), _end_point(chain)


def _end_point(chain: list[x509.Certificate]) -> bytes:
    return tls_server_end_point(chain[0].public_bytes(Encoding.DER))


@contextlib.contextmanager
def _naming(certificate: Path, key: Path) -> Iterator[None]:
    """Turn what is wrong with the files into an error that names them."""
    try:
        yield
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:  # ssl.SSLError is an OSError
        plain = isinstance(error, OSError) and not isinstance(error, ssl.SSLError)
        detail = error.strerror if plain and isinstance(error, OSError) else str(error)
        raise TlsConfigurationError(f"cannot serve TLS with {certificate} and {key}: {detail}") from error


def _no_password() -> str:
    """Refuse an encrypted key instead of asking at the terminal."""
    raise ValueError("the key is encrypted")
