"""Bytes owed to connections: in order, once, and not while a transport is full."""

from freeq_proto.boundary import ConnId, Dirty, Outbox


def outboxes(count: int) -> list[Outbox]:
    return [Outbox(ConnId(number)) for number in range(count)]


def test_each_dirty_connection_is_one_entry_with_its_chunks_in_order() -> None:
    dirty = Dirty()
    one, two, three = outboxes(3)
    dirty.append(two, b"a")
    dirty.append(one, b"b")
    dirty.append(two, b"c")
    assert dirty.collect() == ([(two.conn, [b"a", b"c"]), (one.conn, [b"b"])], [])
    assert dirty.collect() == ([], [])
    assert one.empty
    assert two.empty
    assert three.empty


def test_chunks_that_were_handed_over_are_not_touched_again() -> None:
    dirty = Dirty()
    (box,) = outboxes(1)
    dirty.append(box, b"a")
    writes, _ = dirty.collect()
    dirty.append(box, b"b")
    assert writes == [(box.conn, [b"a"])]


def test_a_blocked_outbox_holds_everything_back_and_counts_it() -> None:
    dirty = Dirty()
    slow, quick = outboxes(2)
    slow.blocked = True
    dirty.append(slow, b"one")
    dirty.append(quick, b"x")
    assert dirty.collect() == ([(quick.conn, [b"x"])], [slow])
    dirty.append(slow, b"three")
    assert dirty.collect() == ([], [slow])
    assert slow.held == 8
    assert not slow.empty
    slow.blocked = False
    dirty.append(slow, b"!")
    assert dirty.collect() == ([(slow.conn, [b"one", b"three", b"!"])], [])
    assert slow.held == 0
    assert slow.empty


def test_an_outbox_with_room_again_hands_over_what_it_held() -> None:
    dirty = Dirty()
    (slow,) = outboxes(1)
    slow.blocked = True
    dirty.append(slow, b"one")
    dirty.collect()
    slow.blocked = False
    dirty.add(slow)
    assert dirty.collect() == ([(slow.conn, [b"one"])], [])
    dirty.add(slow)  # once more than needed: nothing is sent twice
    assert dirty.collect() == ([], [])
