"""Reaching a server: the order of addresses (RFC 8305 section 4), and the words for failures."""

import errno
import os

import pytest

from freeq_proto.boundary import (
    Destination,
    alternate_families,
    explain_certificate,
    explain_no_address,
    explain_tls,
    explain_unreached,
)

THERE = Destination("irc.example.org", 6697)


@pytest.mark.parametrize(
    ("addresses", "expected"),
    [
        ("1.1.1.1 1.1.1.2", "1.1.1.1 1.1.1.2"),
        ("::1 ::2 ::3 1.1.1.1 1.1.1.2", "::1 1.1.1.1 ::2 1.1.1.2 ::3"),
        ("1.1.1.1 ::1 ::2", "1.1.1.1 ::1 ::2"),
    ],
)
def test_families_take_turns(addresses: str, expected: str) -> None:
    assert alternate_families(addresses.split(" ")) == expected.split(" ")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ConnectionRefusedError(), "nothing listens at irc.example.org port 6697: is the server running"),
        (TimeoutError(), "irc.example.org port 6697 does not answer"),
        (ConnectionResetError(), "hung up at once: does it want TLS"),
        (OSError(errno.ENETUNREACH, os.strerror(errno.ENETUNREACH)), "cannot be reached: Network is unreachable"),
        (ValueError("odd"), "cannot be reached: odd"),
    ],
)
def test_connections(error: Exception, words: str) -> None:
    assert words in explain_unreached(error, THERE)


def test_no_addresses() -> None:
    assert alternate_families([]) == []


def test_names() -> None:
    assert explain_no_address("x.test", "", unknown=True) == "there is no host x.test: is the name right?"
    assert "cannot be looked up (try again)" in explain_no_address("x.test", "try again", unknown=False)


def test_tls() -> None:
    assert "does not speak TLS: is it the right port?" in explain_tls(THERE, "WRONG_VERSION_NUMBER")
    assert explain_tls(THERE, "NO_PROTOCOLS_AVAILABLE") == "no TLS with irc.example.org: no protocols available"
    assert explain_tls(THERE, "") == "no TLS with irc.example.org: protocol error"
    assert "has expired" in explain_certificate("irc.example.org", 10, "certificate has expired")
    assert explain_certificate("a.test", 99, "odd") == "the certificate of a.test is not trusted: odd"
