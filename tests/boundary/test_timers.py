"""Deadlines: a heap that is lazy, held against a table that is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freeq_proto.boundary import Timers


def test_due_takes_out_what_is_due_earliest_first() -> None:
    timers: Timers[str] = Timers()
    for key, deadline in (("late", 30.0), ("early", 10.0), ("middle", 20.0)):
        timers.arm(key, deadline)
    assert timers.next_deadline() == 10.0
    assert timers.due(9.999) == []
    assert timers.due(20.0) == ["early", "middle"]
    assert timers.due(20.0) == []
    assert timers.next_deadline() == 30.0


@pytest.mark.parametrize("again", [5.0, 10.0, 15.0])
def test_a_key_has_one_deadline_the_last(again: float) -> None:
    timers: Timers[str] = Timers()
    timers.arm("key", 10.0)
    timers.arm("key", again)
    assert timers.next_deadline() == again
    assert timers.due(100.0) == ["key"]
    assert timers.due(100.0) == []


def test_equal_deadlines_come_out_in_the_order_in_which_they_were_armed() -> None:
    timers: Timers[object] = Timers()
    keys = [object() for _ in range(50)]  # which do not compare
    for key in keys:
        timers.arm(key, 1.0)
    assert timers.due(1.0) == keys


def test_disarming_what_is_not_armed_changes_nothing() -> None:
    timers: Timers[str] = Timers()
    timers.disarm("nobody")
    timers.arm("key", 1.0)
    timers.disarm("key")
    timers.disarm("key")
    assert timers.next_deadline() is None
    assert timers.due(100.0) == []


def test_rearming_for_later_touches_no_heap() -> None:
    timers: Timers[str] = Timers()
    for second in range(10_000):
        timers.arm("talks all day", 120.0 + second)
    assert len(timers._heap) == 1
    assert timers.due(120.0) == []
    assert timers.next_deadline() == 120.0 + 9_999


def test_the_heap_stays_in_proportion_to_the_table() -> None:
    timers: Timers[int] = Timers()
    for key in range(50):
        timers.arm(key, 1e6 + key)
    for turn in range(5_000):
        timers.arm(-1, 1000.0 - turn / 10)
        timers.disarm(-1)
    assert len(timers._heap) <= 2 * 51 + 64 + 1
    assert timers.due(2e6) == list(range(50))


def test_a_compaction_on_the_way_to_the_next_deadline_hides_nobody() -> None:
    """The heap is replaced under the search: what was re-armed for later must still be found at its time."""
    timers: Timers[str] = Timers()
    for number in range(90):
        timers.arm(f"gone {number}", 50.0)
    timers.arm("first", 1.0)
    timers.arm("second", 2.0)
    timers.arm("first", 40.0)
    timers.arm("second", 20.0)
    for number in range(90):
        timers.disarm(f"gone {number}")
    assert timers.next_deadline() == 20.0
    assert timers.due(30.0) == ["second"]
    assert timers.next_deadline() == 40.0


class Model:
    """The definition: a table that is searched."""

    def __init__(self) -> None:
        self.deadlines: dict[int, int] = {}

    def next_deadline(self) -> int | None:
        return min(self.deadlines.values(), default=None)

    def due(self, mono: int) -> list[tuple[int, int]]:
        found = sorted((deadline, key) for key, deadline in self.deadlines.items() if deadline <= mono)
        for _, key in found:
            del self.deadlines[key]
        return found


arms = st.tuples(st.just("arm"), st.integers(0, 30), st.integers(0, 60))
disarms = st.tuples(st.just("disarm"), st.integers(0, 30), st.just(0))
dues = st.tuples(st.just("due"), st.just(0), st.integers(0, 60))


@given(st.integers(0, 120), st.lists(arms | arms | disarms | dues, max_size=60))
def test_timers_behave_like_a_table(gone: int, steps: list[tuple[str, int, int]]) -> None:
    timers: Timers[int] = Timers()
    model = Model()
    for key in range(1000, 1000 + gone):  # entries to be compacted away at some time
        timers.arm(key, 70)
    for key in range(1000, 1000 + gone):
        timers.disarm(key)
    for kind, key, time in steps:
        if kind == "arm":
            timers.arm(key, time)
            model.deadlines[key] = time
        elif kind == "disarm":
            timers.disarm(key)
            model.deadlines.pop(key, None)
        else:
            expected = model.due(time)
            keys = timers.due(time)
            assert sorted(keys) == sorted(key for _, key in expected)
            times = {key: deadline for deadline, key in expected}
            assert [times[key] for key in keys] == sorted(times.values())
        deadline = timers.next_deadline()
        assert deadline == model.next_deadline()
        assert len(timers._heap) <= 2 * len(model.deadlines) + 64 + gone + 1
