"""Instants as IRCv3 server-time writes them: ``2025-01-31T23:59:59.123Z``."""

import datetime
import functools
import re
from typing import Final

from freeq_proto.irc.tags import UnrepresentableError

_EPOCH: Final = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
_MILLISECOND: Final = datetime.timedelta(milliseconds=1)
_SERVER_TIME: Final = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})\.([0-9]{3})Z",
)
_LEAP_SECOND: Final = 60


def format_server_time(unix_ms: int) -> str:
    """Write milliseconds since 1970 in UTC. Raises ``UnrepresentableError`` outside the years 1 to 9999."""
    second, millisecond = divmod(unix_ms, 1000)
    return f"{_format_second(second)}.{millisecond:03}Z"


def parse_server_time(text: str) -> int | None:
    """Read exactly what ``format_server_time`` writes; return milliseconds since 1970, or ``None`` for anything else.

    A leap second (``:60``) is read as the first second of the next minute, as the Unix clock counts it.
    """
    match = _SERVER_TIME.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second, millisecond = map(int, match.groups())
    leap = second == _LEAP_SECOND
    try:
        instant = datetime.datetime(
            year, month, day, hour, minute, second - leap, millisecond * 1000, tzinfo=datetime.UTC
        )
    except ValueError:
        return None
    return (instant - _EPOCH) // _MILLISECOND + 1000 * leap


@functools.lru_cache(maxsize=64)
def _format_second(unix_second: int) -> str:
    """Write everything before the milliseconds. Cached: most calls are for the present second."""
    try:
        instant = _EPOCH + datetime.timedelta(seconds=unix_second)
    except OverflowError:
        raise UnrepresentableError("an instant outside the years 1 to 9999") from None
    return instant.replace(tzinfo=None).isoformat(timespec="seconds")
