"""What the harness itself finds out about the runtime."""

import pytest

from tests.conformance.asyncio_runtime import over_tcp
from tests.conformance.settings import configuration


def test_a_connection_that_both_sides_ended_is_not_waited_for(caplog: pytest.LogCaptureFixture) -> None:
    with over_tcp(configuration(())) as harness:
        peer = harness.dial()
        peer.send(b"QUIT\r\n")
        while peer.receive():
            pass
        peer.close()
        # A later connection is served, so the end of the first one has been seen.
        other = harness.dial()
        other.send(b"PING a\r\n")
        assert other.receive()
        other.close()
    assert not caplog.records
