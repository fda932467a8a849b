"""Who hears a thing, and that it is rendered once for each wire class."""

from collections.abc import Sequence

from freeq_proto.boundary import ConnId
from freeq_proto.caps import AWAY_NOTIFY, CapSet
from freeq_proto.server.channel import Channel
from freeq_proto.server.fanout import Fanout
from freeq_proto.server.speech import Line
from tests.server.world import SmallWorld


class Counted(Line):
    """A line that notes for which capabilities it was rendered."""

    rendered: list[CapSet]

    def lines(self, caps: CapSet) -> Sequence[str]:
        self.rendered.append(caps)
        return super().lines(caps)


def counted(*, needs: CapSet = 0) -> Counted:
    line = Counted("said", needs=needs)
    line.rendered = []
    return line


def raw(lines: Sequence[str]) -> bytes:
    return "".join(lines).encode()


def framed(lines: Sequence[str]) -> bytes:
    return f"<{raw(lines).decode()}>".encode()


def heard(fanout: Fanout) -> dict[ConnId, list[bytes]]:
    return dict(fanout.dirty.collect()[0])


def crowd(count: int) -> tuple[SmallWorld, Fanout, Channel]:
    small = SmallWorld()
    channel = small.channel("#c")
    for number in range(count):
        user = small.user(f"n{number}", caps=AWAY_NOTIFY if number % 3 == 0 else 0, transport=number % 2)
        small.world.join(user, channel, 0)
    return small, Fanout((raw, framed)), channel


def test_a_line_to_a_channel_is_rendered_once_for_each_class_that_it_minds() -> None:
    small, fanout, channel = crowd(60)
    line = counted()
    fanout.to_channel(channel, line, skip=small.sessions[7])
    writes = heard(fanout)
    assert len(line.rendered) == 2, "two transports; nobody cares for away-notify here"
    assert set(writes) == {session.conn for session in small.sessions} - {small.sessions[7].conn}
    assert len({id(chunk) for chunks in writes.values() for chunk in chunks}) == 2
    assert writes[small.sessions[0].conn] == [b"said"]
    assert writes[small.sessions[1].conn] == [b"<said>"]


def test_who_lacks_what_it_needs_hears_nothing() -> None:
    small, fanout, channel = crowd(9)
    fanout.to_channel(channel, counted(needs=AWAY_NOTIFY))
    assert set(heard(fanout)) == {small.sessions[number].conn for number in (0, 3, 6)}


def test_neighbours_hear_it_once_however_many_channels_are_shared() -> None:
    small, fanout, _channel = crowd(6)
    second = small.channel("#d")
    user = small.sessions[0].user
    assert user is not None
    for session in small.sessions[:4]:
        assert session.user is not None
        small.world.join(session.user, second, 0)
    stranger = small.user("stranger")
    for _ in range(2):
        fanout.to_neighbours(user, counted())
        writes = heard(fanout)
        assert all(len(chunks) == 1 for chunks in writes.values())
        assert set(writes) == {session.conn for session in small.sessions} - {stranger.sessions[0].conn}
    fanout.to_neighbours(user, counted(), skip=small.sessions[0])
    assert small.sessions[0].conn not in heard(fanout)


def test_to_one_user_and_to_one_session() -> None:
    small, fanout, _channel = crowd(2)
    session = small.sessions[1]
    assert session.user is not None
    fanout.to_user(session.user, counted())
    fanout.to_user(session.user, counted(), skip=session)
    fanout.to_session(session, counted())
    fanout.to_session(session, counted(needs=AWAY_NOTIFY))
    assert heard(fanout) == {session.conn: [b"<said>", b"<said>"]}


def test_nothing_is_sent_to_what_is_closed_and_no_lines_are_nothing() -> None:
    small, fanout, _channel = crowd(1)
    fanout.send(small.sessions[0], ())
    small.sessions[0].outbox.closed = True
    fanout.send(small.sessions[0], ("late",))
    assert heard(fanout) == {}
