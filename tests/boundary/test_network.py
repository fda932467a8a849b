"""What may be asked of the network."""

import pytest

from freeq_proto.boundary import Destination, LocalProtocolError


@pytest.mark.parametrize("port", [1, 6697, 65_535])
def test_a_destination_has_a_port(port: int) -> None:
    assert Destination("irc.example.org", port).port == port


@pytest.mark.parametrize("port", [-1, 0, 65_536, 70_000])
def test_a_port_that_there_cannot_be_is_the_callers_mistake(port: int) -> None:
    """RFC 9293 section 3.1: sixteen bits; and nobody listens at 0."""
    with pytest.raises(LocalProtocolError, match=f"not {port}$"):
        Destination("irc.example.org", port)
