"""What belongs to the public internet (IANA registries of special-purpose addresses, RFC 6890)."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freeq_proto.boundary import is_public_address, is_public_name


@pytest.mark.parametrize(
    "text",
    """1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0 169.253.255.255
    172.15.255.255 172.32.0.0 192.0.1.0 192.167.255.255 192.169.0.0 198.17.255.255 198.20.0.0 223.255.255.255
    2001:200:: 2001:4860:4860::8888 2606:4700::1111 2a00:1450:4001::1 2001:db9:: 3ffe::1
    ::ffff:8.8.8.8 64:ff9b::808:808""".split(),
)
def test_public_addresses(text: str) -> None:
    assert is_public_address(text)


@pytest.mark.parametrize(
    "text",
    """0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 100.127.255.255 127.0.0.1 127.255.255.255 169.254.169.254 172.16.0.1
    172.31.255.255 192.0.0.1 192.0.0.9 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.19.255.255 198.51.100.1
    203.0.113.1 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255
    :: ::1 ::2 ::7f00:1 100:: 64:ff9a:: 64:ff9b:1::808:808 fc00::1 fdff::1 fe80::1 fec0::1 ff02::1 2001::1
    2001:1ff::1 2001:db8::1 2002:808:808:: 2002:7f00:1:: 3fff::1 4000::1 5f00::1
    ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:7f00:1 64:ff9b::7f00:1 64:ff9b::a00:1 64:ff9b::a9fe:a9fe
    fe80::1%eth0 2001:4860::1%eth0""".split(),
)
def test_addresses_that_are_not_public(text: str) -> None:
    assert not is_public_address(text)


@pytest.mark.parametrize(
    "text", ["", "localhost", "127.1", "0x7f000001", "2130706433", "8.8.8.8.", "[::1]", "8.8.8.08"]
)
def test_what_is_no_address_is_not_public(text: str) -> None:
    assert not is_public_address(text)


@given(st.ip_addresses())
def test_nothing_is_public_that_the_standard_library_holds_private(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    embedded = isinstance(address, ipaddress.IPv6Address) and (
        address.ipv4_mapped or address in ipaddress.IPv6Network("64:ff9b::/96")
    )
    if not embedded and not address.is_global:
        assert not is_public_address(str(address))


@given(st.ip_addresses(v=4))
def test_a_mapped_address_is_as_public_as_what_it_carries(address: ipaddress.IPv4Address) -> None:
    """RFC 4291 section 2.5.5.2, RFC 6052 section 2.1."""
    assert is_public_address(f"::ffff:{address}") == is_public_address(str(address))
    assert is_public_address(f"64:ff9b::{address}") == is_public_address(str(address))


@pytest.mark.parametrize(
    "host", ["example.com", "plc.directory", "PDS.Example.ORG", "xn--bcher-kva.example", "a.b.", "0x.com"]
)
def test_names_that_can_be_public(host: str) -> None:
    assert is_public_name(host)


@pytest.mark.parametrize(
    "host",
    """localhost localhost. a.localhost printer.local metadata.google.internal router.home.arpa x.onion intranet
    127.0.0.1 8.8.8.8 127.1 1.2.3.4. 0x7f.1 127.0.0.0x1 2130706433 0x7f000001 ::1 ::ffff:8.8.8.8 . ..""".split(),
)
def test_addresses_and_near_names_are_no_public_names(host: str) -> None:
    """RFC 6761 section 6.3, RFC 6762 section 3, RFC 8375, and what inet_aton takes for an address."""
    assert not is_public_name(host)
    assert not is_public_name("")
