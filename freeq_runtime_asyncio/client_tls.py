"""TLS from the client's side: what is asked of a server, and what is learnt of it."""

import ssl
from pathlib import Path

import attrs

from freeq_runtime_asyncio.tls import TlsConfigurationError


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


def authenticates(context: ssl.SSLContext) -> bool:
    """Whether a handshake that succeeds proves that the server is the host that was dialled."""
    return context.verify_mode is ssl.CERT_REQUIRED and context.check_hostname
