"""Ids and times of messages: minted together, strictly increasing."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freeq_proto.boundary import Entropy, LocalProtocolError, Now
from freeq_proto.history import Mint, Stamp, parse_ulid

TODAY = 1_700_000_000_000


def at(unix_ms: int) -> Now:
    return Now(mono=0.0, unix_ms=unix_ms)


def drawing(*draws: int) -> Entropy:
    """Entropy that draws these numbers of 80 bits in turn, over and over."""
    count = 0

    def draw(size: int) -> bytes:
        nonlocal count
        count += 1
        return draws[(count - 1) % len(draws)].to_bytes(size, "big")

    return draw


def parts(stamp: Stamp) -> tuple[int, int]:
    parsed = parse_ulid(stamp.msgid)
    assert parsed is not None
    return parsed


def test_a_stamp_holds_the_time_of_the_clock_and_fresh_randomness() -> None:
    stamp = Mint(drawing(0x0123_4567_89AB_CDEF_0123)).mint(at(TODAY))
    assert stamp.unix_ms == TODAY
    assert parts(stamp) == (TODAY, 0x0123_4567_89AB_CDEF_0123)


def test_within_a_millisecond_the_randomness_counts_up() -> None:
    # https://github.com/ulid/spec, "Monotonicity".
    mint = Mint(drawing(7))
    assert [parts(mint.mint(at(TODAY))) for _ in range(3)] == [(TODAY, 7), (TODAY, 8), (TODAY, 9)]


def test_randomness_is_drawn_when_the_millisecond_changes_and_only_then() -> None:
    sizes: list[int] = []

    def counted(size: int) -> bytes:
        sizes.append(size)
        return bytes(size)

    mint = Mint(counted)
    for unix_ms in (TODAY, TODAY, TODAY - 5, TODAY + 1, TODAY, TODAY + 1):
        mint.mint(at(unix_ms))
    assert sizes == [10, 10]


def test_a_clock_that_jumps_back_does_not_take_the_stamps_with_it() -> None:
    mint = Mint(drawing(7))
    mint.mint(at(TODAY))
    assert parts(mint.mint(at(TODAY - 3_600_000))) == (TODAY, 8)
    assert parts(mint.mint(at(TODAY + 1))) == (TODAY + 1, 7)


@pytest.mark.parametrize("low_bits", [10, 20, 40, 79])
def test_the_count_carries_into_the_higher_bits(low_bits: int) -> None:
    mint = Mint(drawing(2**low_bits - 1))
    assert [parts(mint.mint(at(TODAY))) for _ in range(3)] == [(TODAY, 2**low_bits + n) for n in (-1, 0, 1)]


def test_used_up_randomness_moves_on_to_the_next_millisecond() -> None:
    mint = Mint(drawing(2**80 - 1))
    stamps = [mint.mint(at(TODAY)) for _ in range(3)]
    assert [parts(stamp) for stamp in stamps] == [(TODAY + n, 2**80 - 1) for n in range(3)]
    assert [stamp.unix_ms for stamp in stamps] == [TODAY, TODAY + 1, TODAY + 2]


def test_a_clock_before_1970_mints_from_1970_on() -> None:
    mint = Mint(drawing(7))
    assert [parts(mint.mint(at(-5))) for _ in range(2)] == [(0, 7), (0, 8)]


def test_the_end_of_the_ulids_is_an_error_and_no_repetition() -> None:
    mint = Mint(drawing(7))
    mint.mint(at(TODAY))
    with pytest.raises(LocalProtocolError):
        mint.mint(at(2**48))
    assert parts(mint.mint(at(TODAY))) == (TODAY, 8)


NEAR_A_CARRY = st.builds(
    lambda power, below: (1 << power) - below, st.sampled_from([10, 20, 40, 80]), st.integers(1, 3)
)


@given(
    clock=st.lists(st.integers(-2, 6) | st.integers(0, 2**47), min_size=1, max_size=40),
    draws=st.lists(NEAR_A_CARRY | st.integers(0, 2**80 - 1), min_size=1, max_size=5),
)
def test_stamps_strictly_increase_whatever_the_clock_does(clock: list[int], draws: list[int]) -> None:
    mint = Mint(drawing(*draws))
    stamps = [mint.mint(at(unix_ms)) for unix_ms in clock]
    assert all(before.msgid < after.msgid for before, after in pairwise(stamps))
    assert all(parts(stamp)[0] == stamp.unix_ms for stamp in stamps)
    assert all(stamp.unix_ms >= unix_ms for stamp, unix_ms in zip(stamps, clock, strict=True))
