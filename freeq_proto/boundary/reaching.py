"""Reaching a server, whatever dials it: in which order addresses are tried, and how it is said that none was reached.

The words are for whoever runs a client: what a failure means, and what to do about it.
"""

from collections.abc import Sequence
from itertools import zip_longest
from typing import Final

from freeq_proto.boundary.network import Destination

ATTEMPT_SECONDS: Final = 0.25
"""Before the next address is tried beside those that have not answered (RFC 8305 section 5)."""

# The numbers of OpenSSL's X509_V_ERR_* (x509_vfy.h), which the standard library passes on without names.
_VERIFICATION: Final = {
    9: "is not valid yet: is the clock of this machine right?",
    10: "has expired: its operator must renew it",
    18: "is signed by nobody but itself: get it from its operator and trust it by name",
    19: "is signed by an authority that nobody here trusts: get that from its operator and trust it by name",
    20: "is signed by an authority that is not known here, or a part of its chain is missing",
    62: "is for another host: dial the name that it was made for",
    64: "is for another address: dial the name that it was made for",
}
_NOT_TLS: Final = frozenset({"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST"})
"""What OpenSSL says when the other side speaks something else."""


def alternate_families(addresses: Sequence[str]) -> list[str]:
    """Addresses of both families in turns, beginning with the family that the system prefers (RFC 8305 section 4)."""
    first = [address for address in addresses if (":" in address) == (":" in addresses[0])]
    others = [address for address in addresses if (":" in address) != (":" in addresses[0])]
    return [address for pair in zip_longest(first, others) for address in pair if address is not None]


def explain_unreached(error: BaseException, destination: Destination) -> str:
    """Why a connection to ``destination`` failed; names that have no address and TLS have functions of their own."""
    where = f"{destination.host} port {destination.port}"
    match error:
        case ConnectionRefusedError():
            return f"nothing listens at {where}: is the server running, and is the port right?"
        case TimeoutError():
            return f"{where} does not answer"
        case ConnectionResetError() | ConnectionAbortedError():
            return f"{where} hung up at once: does it want TLS, or none?"
        case OSError(strerror=str() as reason):
            return f"{where} cannot be reached: {reason}"
        case _:
            return f"{where} cannot be reached: {error}"


def explain_no_address(host: str, reason: str, *, unknown: bool) -> str:
    """Why ``host`` has no address: there is no such name (``unknown``), or the look-up failed for ``reason``."""
    if unknown:
        return f"there is no host {host}: is the name right?"
    return f"the name {host} cannot be looked up ({reason}): is there a network?"


def explain_certificate(host: str, code: int, reason: str) -> str:
    """Why the certificate of ``host`` is not trusted; ``code`` and ``reason`` are OpenSSL's."""
    return f"the certificate of {host} {_VERIFICATION.get(code, f'is not trusted: {reason}')}"


def explain_tls(destination: Destination, reason: str) -> str:
    """Why there is no TLS with ``destination``; ``reason`` is OpenSSL's, as ``WRONG_VERSION_NUMBER``."""
    if reason in _NOT_TLS:
        return f"port {destination.port} of {destination.host} does not speak TLS: is it the right port?"
    return f"no TLS with {destination.host}: {(reason or 'protocol error').replace('_', ' ').lower()}"
