"""Instants as text (IRCv3 server-time)."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freeq_proto.boundary import LocalProtocolError
from freeq_proto.irc import format_server_time, parse_server_time


@pytest.mark.parametrize(
    ("unix_ms", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (1, "1970-01-01T00:00:00.001Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
        (1_319_043_471_419, "2011-10-19T16:57:51.419Z"),
        (951_782_400_000, "2000-02-29T00:00:00.000Z"),
        (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
        (-62_135_596_800_000, "0001-01-01T00:00:00.000Z"),
    ],
)
def test_writing_and_reading(unix_ms: int, text: str) -> None:
    assert format_server_time(unix_ms) == text
    assert parse_server_time(text) == unix_ms


@pytest.mark.parametrize("unix_ms", [253_402_300_800_000, -62_135_596_800_001, 10**40])
def test_what_four_digits_of_year_cannot_say(unix_ms: int) -> None:
    with pytest.raises(LocalProtocolError):
        format_server_time(unix_ms)


def test_a_leap_second_is_the_first_of_the_next_minute() -> None:
    assert parse_server_time("2012-06-30T23:59:60.419Z") == parse_server_time("2012-07-01T00:00:00.419Z")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1970-01-01T00:00:00Z",
        "1970-01-01T00:00:00.0Z",
        "1970-01-01T00:00:00.0000Z",
        "1970-01-01T00:00:00.000",
        "1970-01-01T00:00:00.000z",
        "1970-01-01 00:00:00.000Z",
        "1970-01-01T00:00:00.000+00:00",
        "1970-01-01T00:00:00.000Z\n",
        " 1970-01-01T00:00:00.000Z",
        "1970-13-01T00:00:00.000Z",
        "1970-02-29T00:00:00.000Z",
        "1970-01-01T24:00:00.000Z",
        "1970-01-01T00:60:00.000Z",
        "1970-01-01T00:00:61.000Z",
        "0000-01-01T00:00:00.000Z",
        "١٩٧٠-01-01T00:00:00.000Z",
        "+970-01-01T00:00:00.000Z",
        "1_70-01-01T00:00:00.000Z",
    ],
)
def test_reading_is_strict(text: str) -> None:
    assert parse_server_time(text) is None


@given(st.tuples(*(st.integers(0, most) for most in (10_000, 13, 32, 25, 61, 60))), st.integers(0, 999))
def test_reading_agrees_with_the_calendar(parts: tuple[int, ...], millisecond: int) -> None:
    year, month, day, hour, minute, second = parts
    try:
        instant = datetime.datetime(
            year, month, day, hour, minute, min(second, 59), millisecond * 1000, tzinfo=datetime.UTC
        )
        expected = round(instant.timestamp() * 1000) + (1000 if second == 60 else 0)
    except ValueError:
        expected = None
    text = f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millisecond:03}Z"
    assert parse_server_time(text) == expected
