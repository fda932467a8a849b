"""A certificate for trying things out, signed by nobody but itself."""

import datetime
import ipaddress

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_LIFETIME = datetime.timedelta(days=365)


def self_signed(name: str) -> tuple[bytes, bytes]:
    """A new certificate for the host ``name``, ``localhost``, 127.0.0.1 and ::1, valid for a year, and its key.

    Both are PEM; the key is ECDSA on P-256, PKCS #8, not encrypted. ``name`` is a host name or an IP address.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.datetime.now(datetime.UTC)
    # The name is bounded to 64 characters there (RFC 5280 appendix A.1); what clients check is the alternative names.
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))  # clocks differ
        .not_valid_after(now + _LIFETIME)
        .add_extension(x509.SubjectAlternativeName(_names(name)), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return (
        certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
    )


def _names(name: str) -> list[x509.GeneralName]:
    names: dict[x509.GeneralName, None] = {}
    for each in (name, "localhost", "127.0.0.1", "::1"):
        try:
            names[x509.IPAddress(ipaddress.ip_address(each))] = None
        except ValueError:
            names[x509.DNSName(each)] = None
    return list(names)
