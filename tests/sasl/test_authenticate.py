"""https://ircv3.net/specs/extensions/sasl-3.1, "The AUTHENTICATE command": chunks of 400."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freeq_proto.sasl import CHUNK_LENGTH, MAX_PAYLOAD_LENGTH, PayloadTooLongError, Reassembler, split_payload

MAX_CHARACTERS = -(-MAX_PAYLOAD_LENGTH // 3) * 4


@pytest.mark.parametrize(
    ("length", "chunks"),
    [
        (0, ["+"]),
        (1, [1]),
        (399, [399]),
        (400, [400, "+"]),
        (401, [400, 1]),
        (800, [400, 400, "+"]),
        (900, [400, 400, 100]),
    ],
)
def test_the_last_chunk_is_never_full(length: int, chunks: list[int | str]) -> None:
    assert split_payload("x" * length) == tuple("x" * chunk if isinstance(chunk, int) else chunk for chunk in chunks)


@given(st.lists(st.integers(0, 2_000), min_size=1, max_size=4))
def test_what_was_split_comes_together(lengths: list[int]) -> None:
    reassembler = Reassembler()
    for number, length in enumerate(lengths):
        payload = "abcd"[number] * length
        *first, last = split_payload(payload)
        assert [reassembler.push(chunk) for chunk in first] == [None] * len(first)
        assert reassembler.push(last) == payload


@pytest.mark.parametrize("length", [401, 500, 8_000])
def test_one_long_line_is_a_whole_payload(length: int) -> None:
    """Not in the specification: what deployed clients send."""
    assert Reassembler().push("x" * length) == "x" * length


def test_a_payload_of_the_limit_is_taken() -> None:
    reassembler = Reassembler()
    *_, payload = [reassembler.push(chunk) for chunk in split_payload("x" * MAX_CHARACTERS)]
    assert payload == "x" * MAX_CHARACTERS


def test_a_longer_one_is_refused_at_its_end_and_forgotten() -> None:
    """The rest of its chunks must not be taken for the beginning of something else."""
    reassembler = Reassembler()
    *first, last = split_payload("x" * (MAX_CHARACTERS + 1))
    assert [reassembler.push(chunk) for chunk in first] == [None] * len(first)
    with pytest.raises(PayloadTooLongError):
        reassembler.push(last)
    assert reassembler.push("abcd") == "abcd"


def test_endless_chunks_are_not_kept() -> None:
    reassembler = Reassembler()
    for _ in range(10_000):
        assert reassembler.push("x" * CHUNK_LENGTH) is None
    assert sum(map(len, reassembler._chunks)) <= MAX_CHARACTERS


def test_a_huge_line_is_refused() -> None:
    reassembler = Reassembler()
    with pytest.raises(PayloadTooLongError):
        reassembler.push("x" * 100_000_000)
    assert not reassembler._chunks
