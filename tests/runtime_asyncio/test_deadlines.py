"""Fixed times for many, and room for only so many."""

from freeq_runtime_asyncio.deadlines import Deadlines


def test_members_fall_due_in_the_order_in_which_they_came() -> None:
    table: Deadlines[str] = Deadlines(seconds=10, limit=9)
    assert table.next_deadline() is None
    assert table.add("a", 100.0) is None
    assert table.add("b", 101.0) is None
    assert table.next_deadline() == 110.0
    assert table.due(109.9) == []
    assert table.due(110.0) == ["a"]
    assert table.due(200.0) == ["b"]
    assert table.due(200.0) == []


def test_who_is_done_never_falls_due() -> None:
    table: Deadlines[str] = Deadlines(seconds=10, limit=9)
    table.add("a", 100.0)
    table.discard("a")
    table.discard("never there")
    assert len(table) == 0
    assert table.due(200.0) == []


def test_past_the_limit_the_oldest_makes_room() -> None:
    table: Deadlines[str] = Deadlines(seconds=10, limit=2)
    assert [table.add(member, 100.0) for member in "abcd"] == [None, None, "a", "b"]
    assert list(table) == ["c", "d"]
