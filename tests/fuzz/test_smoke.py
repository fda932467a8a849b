"""The fuzz target itself, for a bounded number of inputs that follow from a seed."""

import random

import pytest

from freeq_proto.boundary import Listener
from tests.fuzz.connections import SEEDS, mutated, one_input, run


@pytest.mark.parametrize(("listener", "seed"), SEEDS)
@pytest.mark.parametrize("piece", [1, 7, 100_000])
def test_the_seeds(listener: Listener, seed: bytes, piece: int) -> None:
    run(listener, seed, piece if len(seed) < 2000 else max(piece, 100))


def test_mutated_seeds() -> None:
    chance = random.Random(20_260_101)
    for _ in range(300):
        listener, data, piece = mutated(chance)
        try:
            run(listener, data, piece)
        except BaseException:
            print(f"run({listener}, {data!r}, {piece})")
            raise


def test_the_entry_for_a_coverage_guided_fuzzer() -> None:
    for data in (b"", b"\x00", b"\x03" + b"NICK a\r\n" * 9, b"\x02" + b"NICK a\r\n" * 9):
        one_input(data)
