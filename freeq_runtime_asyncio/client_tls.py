"""TLS from the client's side: what is asked of a server, and what is learnt of it."""

import ssl
from pathlib import Path

import attrs

from freeq_proto.boundary import Destination
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


# The numbers of OpenSSL's X509_V_ERR_* (x509_vfy.h), which the standard library passes on without names.
_VERIFICATION = {
    9: "is not valid yet: is the clock of this machine right?",
    10: "has expired: its operator must renew it",
    18: "is signed by nobody but itself: get it from its operator and trust it by name",
    19: "is signed by an authority that nobody here trusts: get that from its operator and trust it by name",
    20: "is signed by an authority that is not known here, or a part of its chain is missing",
    62: "is for another host: dial the name that it was made for",
    64: "is for another address: dial the name that it was made for",
}


def explain(error: Exception, destination: Destination) -> str | None:
    """What a failure of TLS means and what to do about it, or None for an error that is not one of TLS."""
    match error:
        case ssl.SSLCertVerificationError():
            meaning = _VERIFICATION.get(error.verify_code, f"is not trusted: {error.verify_message}")
            return f"the certificate of {destination.host} {meaning}"
        case ssl.SSLError(reason="WRONG_VERSION_NUMBER" | "RECORD_LAYER_FAILURE" | "HTTP_REQUEST"):
            return f"port {destination.port} of {destination.host} does not speak TLS: is it the right port?"
        case ssl.SSLError():
            reason = (error.reason or "protocol error").replace("_", " ").lower()
            return f"no TLS with {destination.host}: {reason}"
        case _:
            return None
