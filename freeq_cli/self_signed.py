"""The certificate that a server makes for itself, kept beside its state file so that clients can pin it."""

import datetime
import hashlib
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from freeq_cli.certificates import flaws
from freeq_cli.state import replace
from freeq_runtime_asyncio import self_signed

RENEW_BEFORE = datetime.timedelta(days=30)
"""A start this long before the certificate expires makes a new one."""


def own_certificate(folder: Path, name: str, at: datetime.datetime) -> tuple[Path, Path]:
    """The files of a certificate for ``name`` and its key in ``folder``, made anew unless they still serve.

    ``at`` is the present time. Raises OSError where they cannot be written.
    """
    certificate, key = folder / "self-signed.pem", folder / "self-signed-key.pem"
    if any(flaws(certificate, key, at + RENEW_BEFORE)) or not _is_for(certificate, name):
        certificate_pem, key_pem = self_signed(name)
        replace(key, key_pem)
        replace(certificate, certificate_pem)
    return certificate, key


def fingerprint(certificate: Path) -> str:
    """The SHA-256 of a certificate, as clients show it."""
    return hashlib.sha256(_load(certificate).public_bytes(Encoding.DER)).digest().hex(":").upper()


def _is_for(certificate: Path, name: str) -> bool:
    try:
        names = _load(certificate).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return False
    return name in (*names.get_values_for_type(x509.DNSName), *map(str, names.get_values_for_type(x509.IPAddress)))


def _load(certificate: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(certificate.read_bytes())
