"""The two clocks of the operating system."""

import time

from freeq_proto.boundary import Now


def read_clocks() -> Now:
    """Both clocks, read now."""
    return Now(time.monotonic(), time.time_ns() // 1_000_000)
