"""Which addresses, and which names, belong to the public internet.

URLs in this project come from documents that anybody can write. Whoever fetches them asks here before contacting
anything, so that nobody can send a server to the machines beside it, or to itself. The tables follow the IANA
registries of special-purpose addresses (RFC 6890), and not a library's reading of them, which changes with its version.
"""

import ipaddress
from typing import Final

_NOT_PUBLIC_V4: Final = tuple(
    map(
        ipaddress.IPv4Network,
        (
            "0.0.0.0/8",  # this network (RFC 791); Linux connects to itself
            "10.0.0.0/8",  # private (RFC 1918)
            "100.64.0.0/10",  # shared by carriers (RFC 6598)
            "127.0.0.0/8",  # loopback (RFC 1122)
            "169.254.0.0/16",  # link-local (RFC 3927), where clouds keep their metadata
            "172.16.0.0/12",  # private (RFC 1918)
            "192.0.0.0/24",  # protocol assignments (RFC 6890)
            "192.0.2.0/24",  # documentation (RFC 5737)
            "192.88.99.0/24",  # relays of 6to4 (RFC 7526)
            "192.168.0.0/16",  # private (RFC 1918)
            "198.18.0.0/15",  # benchmarks (RFC 2544)
            "198.51.100.0/24",  # documentation (RFC 5737)
            "203.0.113.0/24",  # documentation (RFC 5737)
            "224.0.0.0/4",  # multicast (RFC 5771)
            "240.0.0.0/4",  # reserved, and the broadcast address (RFC 1112, RFC 919)
        ),
    )
)
_GLOBAL_UNICAST_V6: Final = ipaddress.IPv6Network("2000::/3")  # all that is assigned (RFC 4291 section 2.4)
_NOT_PUBLIC_V6: Final = tuple(
    map(
        ipaddress.IPv6Network,
        (
            "2001::/23",  # protocol assignments: Teredo, ORCHID, benchmarks (RFC 2928)
            "2001:db8::/32",  # documentation (RFC 3849)
            "2002::/16",  # 6to4, which carries an IPv4 address and is given up (RFC 7526)
            "3fff::/20",  # documentation (RFC 9637)
        ),
    )
)
_CARRYING_V4: Final = tuple(
    map(
        ipaddress.IPv6Network,
        (
            "::ffff:0:0/96",  # IPv4-mapped (RFC 4291 section 2.5.5.2)
            "64:ff9b::/96",  # NAT64 (RFC 6052): how a host without IPv4 reaches all of it
        ),
    )
)
# Names that stand for something near by, or for nothing: RFC 6761, RFC 6762, RFC 7686, RFC 8375, RFC 9476 and ICANN's
# .internal. ".test" and ".example" are left to the resolver, which finds nothing.
_NEAR: Final = ("localhost", "local", "internal", "home.arpa", "onion", "alt")


def is_public_address(text: str) -> bool:
    """Whether an IP address, in text form, is one of the public internet; False for what is no address.

    An IPv6 address that carries an IPv4 address (IPv4-mapped, NAT64 at its well-known prefix) is as public as
    that. Addresses of NAT64 at a network's own prefix cannot be told from others.
    """
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id is not None:
            return False
        if not any(address in network for network in _CARRYING_V4):
            return address in _GLOBAL_UNICAST_V6 and not any(address in network for network in _NOT_PUBLIC_V6)
        address = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return not any(address in network for network in _NOT_PUBLIC_V4)


def is_public_name(host: str) -> bool:
    """Whether the host of a URL (ASCII, without brackets) is a name that can be public: not an address, nothing near.

    It says nothing of the addresses that the name has. Every spelling of an IPv4 address that system libraries take
    (``127.1``, ``0x7f000001``) is an address here: its last label is a number, and no public name ends in one
    (RFC 3696 section 2).
    """
    name = host.lower().removesuffix(".")
    last = name.rpartition(".")[2]
    if ":" in name or "." not in name or not last or last.isdigit() or last.startswith("0x"):
        return False
    return not any(name == near or name.endswith(f".{near}") for near in _NEAR)
