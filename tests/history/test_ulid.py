"""ULID as text: https://github.com/ulid/spec."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freeq_proto.boundary import LocalProtocolError
from freeq_proto.history import format_ulid, parse_ulid

MILLISECONDS = st.integers(0, 2**48 - 1)
RANDOMNESS = st.integers(0, 2**80 - 1)


@pytest.mark.parametrize(
    ("unix_ms", "randomness", "text"),
    [
        (0, 0, "00000000000000000000000000"),
        (0, 31, "0000000000000000000000000Z"),
        (0, 32, "00000000000000000000000010"),
        (1, 0, "00000000010000000000000000"),
        (1469918176385, 0, "01ARYZ6S410000000000000000"),
        (2**48 - 1, 2**80 - 1, "7ZZZZZZZZZZZZZZZZZZZZZZZZZ"),
    ],
)
def test_known_texts(unix_ms: int, randomness: int, text: str) -> None:
    # "Encoding", and "Overflow Errors when Parsing Base32 Strings" for the greatest; 01ARYZ6S41 is the specification's.
    assert format_ulid(unix_ms, randomness) == text
    assert parse_ulid(text) == (unix_ms, randomness)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "01ARYZ6S41000000000000000",
        "01ARYZ6S4100000000000000000",
        "80000000000000000000000000",
        "ZZZZZZZZZZZZZZZZZZZZZZZZZZ",
        "01aryz6s410000000000000000",
        "01ARYZ6S4I0000000000000000",
        "01ARYZ6S4L0000000000000000",
        "01ARYZ6S4O0000000000000000",
        "01ARYZ6S4U0000000000000000",
        "01ARYZ6S41_000000000000000",
        "01ARYZ6S41000000000000000\n",
        "01ARYZ6S410000000000000000\n",
        " 01ARYZ6S41000000000000000",
        "+1ARYZ6S410000000000000000",
        "01ARYZ6S41000000000000000٣",
    ],
)
def test_only_the_canonical_text_is_read(text: str) -> None:
    # Crockford's look-alikes and lower case would give one id two spellings.
    assert parse_ulid(text) is None


@pytest.mark.parametrize(("unix_ms", "randomness"), [(-1, 0), (2**48, 0), (0, -1), (0, 2**80)])
def test_what_does_not_fit_is_the_callers_error(unix_ms: int, randomness: int) -> None:
    with pytest.raises(LocalProtocolError):
        format_ulid(unix_ms, randomness)


@given(MILLISECONDS, RANDOMNESS)
def test_reading_what_was_written(unix_ms: int, randomness: int) -> None:
    assert parse_ulid(format_ulid(unix_ms, randomness)) == (unix_ms, randomness)


@given(st.tuples(MILLISECONDS, RANDOMNESS), st.tuples(MILLISECONDS, RANDOMNESS))
def test_texts_sort_as_the_numbers_do(left: tuple[int, int], right: tuple[int, int]) -> None:
    assert (format_ulid(*left) < format_ulid(*right)) == (left < right)


@given(st.text(alphabet="0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabc_+ \n", min_size=24, max_size=27))
def test_whatever_is_read_is_written_back_the_same(text: str) -> None:
    parsed = parse_ulid(text)
    assert parsed is None or format_ulid(*parsed) == text
