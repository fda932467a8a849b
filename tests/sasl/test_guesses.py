"""The memory of wrong passwords: so many from one address, however many connections and successes are between them."""

from freeq_proto.boundary import Now
from freeq_proto.sasl import GUESS_SECONDS, MAX_GUESSES, GuessMemory
from freeq_proto.sasl.guesses import MAX_PLACES


def at(seconds: float) -> Now:
    return Now(1000.0 + seconds, 0)


def test_so_many_in_so_long() -> None:
    memory = GuessMemory()
    assert [memory.begin("a", at(n)) for n in range(MAX_GUESSES + 2)] == [True] * MAX_GUESSES + [False] * 2
    assert memory.begin("b", at(MAX_GUESSES))
    assert not memory.begin("a", at(GUESS_SECONDS - 1))
    assert memory.begin("a", at(GUESS_SECONDS)), "the first has been forgotten, and only that one"
    assert not memory.begin("a", at(GUESS_SECONDS))


def test_what_was_no_wrong_guess_does_not_count() -> None:
    memory = GuessMemory()
    for _ in range(2 * MAX_GUESSES):
        assert memory.begin("a", at(0))
        memory.take_back("a")
    assert len(memory) == 0
    memory.take_back("a")


def test_the_memory_is_bounded() -> None:
    memory = GuessMemory()
    for n in range(MAX_PLACES + 10):
        memory.begin(str(n), at(0))
    assert len(memory) == MAX_PLACES
    for _ in range(MAX_GUESSES - 1):
        memory.begin(str(MAX_PLACES), at(0))
    assert not memory.begin(str(MAX_PLACES), at(0))
