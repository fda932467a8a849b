"""The memory of used tokens: each once, for exactly as long as it could be used again, and never too many."""

from hypothesis import given
from hypothesis import strategies as st

from freeq_proto.boundary import Now
from freeq_proto.sasl import MAX_TOKENS, Spent, TokenMemory


def at(ms: int) -> Now:
    return Now(ms / 1000, ms)


def test_a_token_is_used_once() -> None:
    memory = TokenMemory()
    assert not memory.has("did:plc:a", "x")
    assert memory.spend("did:plc:a", "x", 1000, at(0)) is Spent.NOW
    assert memory.has("did:plc:a", "x")
    assert memory.spend("did:plc:a", "x", 1000, at(1)) is Spent.BEFORE


def test_names_are_the_issuers() -> None:
    memory = TokenMemory()
    assert memory.spend("did:plc:a", "x", 1000, at(0)) is Spent.NOW
    assert memory.spend("did:plc:b", "x", 1000, at(0)) is Spent.NOW
    assert memory.spend("did:plc:ax", "", 1000, at(0)) is Spent.NOW


def test_a_token_is_forgotten_when_it_has_ended_and_not_before() -> None:
    memory = TokenMemory()
    memory.spend("did:plc:a", "x", 1000, at(0))
    assert memory.spend("did:plc:a", "x", 1000, at(1000)) is Spent.BEFORE
    memory.spend("did:plc:b", "y", 9000, at(1001))
    assert len(memory) == 1


def test_a_clock_that_is_set_back_revives_no_token() -> None:
    memory = TokenMemory()
    memory.spend("did:plc:a", "x", 1000, at(0))
    memory.spend("did:plc:b", "y", 9000, at(5000))
    assert memory.spend("did:plc:a", "x", 1000, at(0)) is Spent.BEFORE
    assert memory.spend("did:plc:c", "z", 1001, at(0)) is Spent.NOW


def test_a_full_memory_takes_no_more_until_something_ends() -> None:
    memory = TokenMemory(limit=2)
    assert memory.spend("did:plc:a", "1", 1000, at(0)) is Spent.NOW
    assert memory.spend("did:plc:a", "2", 2000, at(0)) is Spent.NOW
    assert memory.spend("did:plc:a", "3", 3000, at(0)) is Spent.FULL
    assert memory.spend("did:plc:a", "1", 1000, at(0)) is Spent.BEFORE
    assert memory.spend("did:plc:a", "3", 3000, at(1001)) is Spent.NOW
    assert len(memory) == 2


def test_the_limit() -> None:
    memory = TokenMemory()
    outcomes = [
        memory.spend("did:plc:a", str(number), 10_000, at(0), place=str(number % 100))
        for number in range(MAX_TOKENS + 1)
    ]
    spent = outcomes.count(Spent.NOW)
    assert spent == MAX_TOKENS
    assert outcomes[-1] is Spent.FULL


def test_nobody_fills_it_alone() -> None:
    """Issuers are as many as somebody has domain names; addresses are fewer."""
    memory = TokenMemory(each=2)
    outcomes = [memory.spend(f"did:web:{n}.example", "x", 1000 + n, at(0), place="a") for n in range(4)]
    assert outcomes == [Spent.NOW, Spent.NOW, Spent.FULL, Spent.FULL]
    assert memory.spend("did:plc:b", "x", 1000, at(0), place="b") is Spent.NOW
    assert memory.spend("did:plc:c", "x", 9000, at(1001), place="a") is Spent.NOW


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 50), st.integers(0, 60)), max_size=40))
def test_no_token_is_used_twice_however_the_clock_moves(uses: list[tuple[int, int, int]]) -> None:
    """Ends follow from names, as those of real tokens do."""
    memory = TokenMemory(limit=3)
    used: set[tuple[int, int]] = set()
    for issuer, name, clock in uses:
        if memory.spend(str(issuer), str(name), name + 5, at(clock)) is Spent.NOW:
            assert (issuer, name) not in used
            used.add((issuer, name))
        assert len(memory) <= 3
