"""The channel binding that ties a sign-in to the TLS connection that carries it."""

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes


def tls_server_end_point(certificate: bytes) -> bytes:
    """``tls-server-end-point`` (RFC 5929 section 4.1) of a server's certificate (DER): its hash.

    The hash function is that of the certificate's signature, but SHA-256 instead of MD5 and SHA-1. Empty where the
    binding is undefined: the signature uses no hash function that can be named (Ed25519), or this is no certificate.
    """
    try:
        algorithm = x509.load_der_x509_certificate(certificate).signature_hash_algorithm
    except (ValueError, UnsupportedAlgorithm):
        return b""
    if algorithm is None:
        return b""
    digest = hashes.Hash(hashes.SHA256() if isinstance(algorithm, hashes.MD5 | hashes.SHA1) else algorithm)
    digest.update(certificate)
    return digest.finalize()
