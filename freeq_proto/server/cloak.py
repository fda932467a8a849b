"""What others see instead of an address.

A cloak is three keyed digests, from the whole address to ever wider parts of it: ``<address>.<narrow>.<wide>.cloak``.
So the same user keeps one cloak, a mask such as ``*.<narrow>.<wide>.cloak`` bans a neighbourhood, and without the key
nobody gets back to the address. No reverse DNS, no ident.
"""

import base64
import functools
import hashlib
import hmac
import ipaddress

_PREFIXES = {4: (32, 24, 16), 6: (64, 48, 32)}
"""Bits of the address in each part. One IPv6 customer has a /64, so that counts as one address."""

LOCAL = "local.cloak"
"""Who comes over a Unix socket."""


def cloak(key: bytes, address: str) -> str:
    """The host that others see for ``address`` (an IP address in text form, or "" for a Unix socket)."""
    if not address:
        return LOCAL
    return ".".join([_digest(key, network) for network in _networks(address)]) + ".cloak"


def neighbourhood(address: str) -> str:
    """What counts as one address for limits: an IPv4 address, or an IPv6 /64."""
    return _networks(address)[0] if address else ""


@functools.lru_cache(maxsize=4096)  # a connection's address is looked at again and again, as it comes and signs in
def _networks(address: str) -> tuple[str, ...]:
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    return tuple(str(ipaddress.ip_network(f"{parsed}/{bits}", strict=False)) for bits in _PREFIXES[parsed.version])


def _digest(key: bytes, network: str) -> str:
    digest = hmac.digest(key, network.encode(), hashlib.sha256)
    return base64.b32encode(digest[:5]).decode().lower()
