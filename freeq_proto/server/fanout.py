"""From speech to outboxes: who hears a thing, and that it is rendered once per wire class."""

from collections.abc import Iterable, Sequence

from freeq_proto.boundary import Dirty, Outbox
from freeq_proto.server.channel import Channel
from freeq_proto.server.session import Session
from freeq_proto.server.speech import TRANSPORT_MASK, Frame, Speech, caps_of, interest_mask
from freeq_proto.server.user import User


class Fanout:
    """Renders speech and owes it to sessions. ``frames`` are the transports' framings, by transport number."""

    def __init__(self, frames: Sequence[Frame]) -> None:
        self._frames = frames
        self._walk = 0
        self.dirty = Dirty()

    def to_session(self, session: Session, speech: Speech) -> None:
        """Say it to one session."""
        self.send(session, speech.lines(session.caps))

    def send(self, session: Session, lines: Sequence[str]) -> None:
        """Owe finished lines to one session."""
        if lines and not session.outbox.closed:
            self.dirty.append(session.outbox, self._frames[session.wire & TRANSPORT_MASK](lines))

    def to_user(self, user: User, speech: Speech, *, skip: Session | None = None) -> None:
        """Say it to every session of a user but one."""
        for session in user.sessions:
            if session is not skip:
                self.to_session(session, speech)

    def to_users(self, users: Iterable[User], speech: Speech, *, skip: Sequence[Session] = ()) -> None:
        """Say it to every session of several users but some."""
        self.dirty.settle()
        rendering = _Rendering(self._frames, speech)
        for user in users:
            for session in user.sessions:
                if session not in skip and (data := rendering.of(session.wire)):
                    self.dirty.append(session.outbox, data)

    def to_channel(self, channel: Channel, speech: Speech, *, skip: Session | None = None) -> None:
        """Say it to every session in a channel but one."""
        outbox = None if skip is None else skip.outbox
        rendering = _Rendering(self._frames, speech)
        self.dirty.extend(channel.audience, rendering.of, outbox)

    def to_channel_but(self, channel: Channel, speech: Speech, skip: Sequence[Session]) -> None:
        """Say it to every session in a channel but some, one by one unless that is one."""
        if len(skip) == 1:
            self.to_channel(channel, speech, skip=skip[0])
            return
        self.dirty.settle()
        rendering = _Rendering(self._frames, speech)
        skipped = {session.conn for session in skip}
        for wire, group in channel.audience.groups.items():
            if data := rendering.of(wire):
                for outbox in group.values():
                    if outbox.conn not in skipped:
                        self.dirty.append(outbox, data)

    def to_neighbours(self, user: User, speech: Speech, *, skip: Session | None = None) -> None:
        """Say it once to every session that shares a channel with ``user``, and to the user's own."""
        self._walk += 1
        self.dirty.settle()
        rendering = _Rendering(self._frames, speech)
        for session in user.sessions:
            self._reach(session.outbox, rendering.of(session.wire), None if skip is None else skip.outbox)
        for channel in user.channels.values():
            for wire, group in channel.audience.groups.items():
                data = rendering.of(wire)
                for outbox in group.values():
                    self._reach(outbox, data, None if skip is None else skip.outbox)

    def _reach(self, outbox: Outbox, data: bytes, skip: Outbox | None) -> None:
        if outbox.walk != self._walk:
            outbox.walk = self._walk
            if data and outbox is not skip:
                self.dirty.append(outbox, data)


class _Rendering:
    """The bytes of one speech for each wire class that was asked for."""

    __slots__ = ("_cache", "_frames", "_mask", "_speech")

    def __init__(self, frames: Sequence[Frame], speech: Speech) -> None:
        self._frames = frames
        self._speech = speech
        self._mask = interest_mask(speech.interest)
        self._cache: dict[int, bytes] = {}

    def of(self, wire: int) -> bytes:
        """The bytes for a class; empty where it hears nothing."""
        key = wire & self._mask
        data = self._cache.get(key)
        if data is None:
            lines = self._speech.lines(caps_of(key))
            data = self._cache[key] = self._frames[key & TRANSPORT_MASK](lines) if lines else b""
        return data
