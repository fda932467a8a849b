"""Who is owed what: whatever is kept aside and joined, nobody can tell."""

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from freeq_proto.boundary import Audience, ConnId, Dirty, Outbox


def outboxes(count: int) -> list[Outbox]:
    return [Outbox(ConnId(number)) for number in range(count)]


def audience_of(members: list[Outbox], group: int = 0) -> Audience:
    audience = Audience()
    for member in members:
        audience.add(group, member)
    return audience


def same(data: bytes) -> Callable[[int], bytes]:
    return lambda _group: data


def received(dirty: Dirty) -> dict[int, bytes]:
    """What leaves, by connection."""
    writes, blocked = dirty.collect()
    assert blocked == []
    assert len({conn for conn, _ in writes}) == len(writes), "one entry per connection"
    return {conn: b"".join(chunks) for conn, chunks in writes}


def test_a_line_to_many_is_one_object_in_all_outboxes_but_one() -> None:
    dirty, many, data = Dirty(), outboxes(5), b"the same"
    dirty.extend(audience_of(many), same(data), many[2])
    writes, _ = dirty.collect()
    assert [conn for conn, _ in writes] == [0, 1, 3, 4]
    assert all(chunks[0] is data for _, chunks in writes)


def test_lines_to_the_same_audience_are_joined_once_for_all() -> None:
    dirty, many = Dirty(), outboxes(4)
    audience = audience_of(many)
    dirty.extend(audience, same(b"a"), many[0])
    dirty.extend(audience, same(b"b"), many[1])
    dirty.extend(audience, same(b"c"), None)
    writes = dict(dirty.collect()[0])
    assert {conn: b"".join(chunks) for conn, chunks in writes.items()} == {0: b"bc", 1: b"ac", 2: b"abc", 3: b"abc"}
    assert writes[many[2].conn][0] is writes[many[3].conn][0]


def test_what_is_one_members_alone_keeps_its_place() -> None:
    """An echo, or a refusal, between two lines of a channel."""
    dirty, many = Dirty(), outboxes(3)
    audience = audience_of(many[:2])
    dirty.extend(audience, same(b"1"), many[0])
    dirty.append(many[0], b"echo")
    dirty.append(many[2], b"stranger")
    dirty.extend(audience, same(b"2"), None)
    assert received(dirty) == {0: b"echo2", 1: b"12", 2: b"stranger"}


def test_groups_hear_what_is_rendered_for_them_or_nothing() -> None:
    dirty, many = Dirty(), outboxes(3)
    audience = Audience()
    for group, member in enumerate(many):
        audience.add(group, member)
    dirty.extend(audience, lambda group: [b"", b"one", b"two"][group], None)
    dirty.append(many[0], b"mine")
    assert received(dirty) == {0: b"mine", 1: b"one", 2: b"two"}


def test_whoever_was_there_when_it_was_said_hears_it() -> None:
    dirty, many = Dirty(), outboxes(3)
    audience = audience_of(many[:2])
    dirty.extend(audience, same(b"before"), None)
    audience.remove(0, many[0])
    audience.add(0, many[2])
    dirty.extend(audience, same(b" after"), None)
    dirty.append(many[0], b" bye")
    assert received(dirty) == {0: b"before bye", 1: b"before after", 2: b" after"}
    assert sorted(outbox.conn for outbox in audience) == [1, 2]


def test_a_group_without_anybody_is_none() -> None:
    audience = audience_of(outboxes(1))
    (only,) = audience
    audience.remove(0, only)
    assert audience.groups == {}


# A program: which audience, or which outbox, something is said to; and who comes and goes in between.
steps = st.lists(
    st.one_of(
        st.tuples(st.just("say"), st.integers(0, 1), st.none() | st.integers(0, 5)),
        st.tuples(st.just("tell"), st.integers(0, 5), st.none()),
        st.tuples(st.just("move"), st.integers(0, 1), st.integers(0, 5)),
        st.tuples(st.just("take"), st.none(), st.none()),
    ),
    max_size=300,
)


@given(steps)
def test_each_hears_exactly_what_was_said_to_him_in_order(program: list[tuple[str, int | None, int | None]]) -> None:
    """Against the plainest model: append at once to each who is there, in one of two groups."""
    dirty, boxes = Dirty(), outboxes(6)
    audiences = [Audience(), Audience()]
    expected: dict[int, bytes] = {}
    heard: dict[int, bytes] = {}

    def owe(box: Outbox, data: bytes) -> None:
        expected[box.conn] = expected.get(box.conn, b"") + data

    def take() -> None:
        for conn, data in received(dirty).items():
            heard[conn] = heard.get(conn, b"") + data

    for number, (what, first, second) in enumerate(program):
        if what == "say" and first is not None:
            skip = None if second is None else boxes[second]
            audience = audiences[first]
            dirty.extend(audience, lambda group, number=number: b"<%d:%d>" % (number, group), skip)  # type: ignore[misc]  # bound now
            for group, members in audience.groups.items():
                for box in members.values():
                    if box is not skip:
                        owe(box, b"<%d:%d>" % (number, group))
        elif what == "tell" and first is not None:
            dirty.append(boxes[first], b"<%d>" % number)
            owe(boxes[first], b"<%d>" % number)
        elif what == "move" and first is not None and second is not None:
            audience, box = audiences[first], boxes[second]
            if box in list(audience):
                audience.remove(second % 2, box)
            else:
                audience.add(second % 2, box)
        elif what == "take":
            take()
    take()
    assert heard == expected
