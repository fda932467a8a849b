"""Instants as IRCv3 server-time writes them: ``2025-01-31T23:59:59.123Z``."""

import datetime
import functools
import re
from typing import Final

from freeq_proto.irc.tags import UnrepresentableError

_EPOCH: Final = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
_SERVER_TIME: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})\.([0-9]{3})Z",
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
    date, hour, minute, second, millisecond = match.groups()
    day = _day_of(date)
    hours, minutes, seconds = int(hour), int(minute), int(second)
    if day is None or hours > 23 or minutes > 59 or seconds > _LEAP_SECOND:
        return None
    return (((day * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000 + int(millisecond)


@functools.lru_cache(maxsize=64)
def _day_of(date: str) -> int | None:
    """Days since 1970, or ``None`` where there is no such date. Cached: most calls are for the present day."""
    try:
        return datetime.date(int(date[:4]), int(date[5:7]), int(date[8:])).toordinal() - _EPOCH.toordinal()
    except ValueError:
        return None


@functools.lru_cache(maxsize=64)
def _format_second(unix_second: int) -> str:
    """Write everything before the milliseconds. Cached: most calls are for the present second."""
    try:
        instant = _EPOCH + datetime.timedelta(seconds=unix_second)
    except OverflowError:
        raise UnrepresentableError("an instant outside the years 1 to 9999") from None
    return instant.replace(tzinfo=None).isoformat(timespec="seconds")
