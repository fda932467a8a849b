"""Lines on their way in: whose turn it is, and how fast anybody may talk.

A session's lines are taken at once as they come, unless something holds them: its flow waits, its budget is used up, or
it had its share of this turn. Then they queue, bounded; a long queue pauses reading, so that the peer's own transport
slows it down; one that is longer still ends the connection.
"""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from freeq_proto.boundary import ConnId, Effect, Now, PauseReading
from freeq_proto.server.config import Config
from freeq_proto.server.session import Session

LINES_PER_TURN: Final = 32
"""Lines taken from one session before the others have a turn."""


_LEAST: Final = 32
"""Bytes that a queued line counts for at least: an empty one takes that much memory, too."""


class Intake:
    """Feeds ``take(session, line)`` and knows who still waits to be fed.

    ``held(session)`` says whether a flow of the session waits. ``wake(conn, deadline)`` asks to be called back with
    :meth:`resume` at a time; ``overrun(session)`` ends a session whose queue is too long.
    """

    def __init__(
        self,
        *,
        take: Callable[[Session, bytes], None],
        held: Callable[[Session], bool],
        wake: Callable[[ConnId, float], None],
        overrun: Callable[[Session], None],
        emit: Callable[[Effect], None],
    ) -> None:
        self._take = take
        self._held = held
        self._wake = wake
        self._overrun = overrun
        self._emit = emit
        self._ready: dict[ConnId, Session] = {}

    @property
    def ready(self) -> bool:
        """Whether a bounded turn left lines behind that could be taken now."""
        return bool(self._ready)

    def receive(self, session: Session, lines: Sequence[bytes], config: Config, now: Now) -> None:
        """Lines came. They are taken now as far as nothing holds them."""
        session.heard_at = now.mono
        session.pinged = False
        if not session.inbox and len(lines) <= LINES_PER_TURN:
            for index, line in enumerate(lines):
                if not self._may_take(session, config, now):
                    self._queue(session, lines[index:], config)
                    return
                self._take(session, line)
            return
        self._queue(session, lines, config)
        if session.conn not in self._ready:
            self._work(session, config, now)

    def run_ready(self, config: Config, now: Now) -> None:
        """Give everybody who was left waiting one more share."""
        ready = self._ready
        self._ready = {}
        for session in ready.values():
            self._work(session, config, now)

    def resume(self, session: Session) -> None:
        """What held this session's lines may be over: look at it in the next turn."""
        if session.inbox and not session.closing:
            self._ready[session.conn] = session

    def forget(self, session: Session) -> None:
        """The session is gone."""
        self._ready.pop(session.conn, None)
        session.inbox = None
        session.inbox_bytes = 0

    def _work(self, session: Session, config: Config, now: Now) -> None:
        for _ in range(LINES_PER_TURN):
            if not session.inbox or not self._may_take(session, config, now):
                break
            line = session.inbox.popleft()
            session.inbox_bytes -= _size(line)
            self._take(session, line)
        else:
            self.resume(session)
        if not session.inbox:
            session.inbox = None
        self._pace(session, config)

    def _may_take(self, session: Session, config: Config, now: Now) -> bool:
        """Whether the next line may be taken now; where it must wait for its budget, a wake-up is set."""
        if session.closing or self._held(session):
            return False
        flood = config.flood
        if not flood.lines_per_second:
            return True
        session.tokens = min(flood.burst, session.tokens + (now.mono - session.refilled_at) * flood.lines_per_second)
        session.refilled_at = now.mono
        if session.tokens < 1:
            self._wake(session.conn, now.mono + (1 - session.tokens) / flood.lines_per_second + 0.001)
            return False
        session.tokens -= 1
        return True

    def _queue(self, session: Session, lines: Sequence[bytes], config: Config) -> None:
        if session.closing:
            return
        if session.inbox is None:
            session.inbox = deque()
        session.inbox.extend(lines)
        session.inbox_bytes += sum(map(_size, lines))
        if session.inbox_bytes > config.limits.recvq_bytes:
            self._overrun(session)
        else:
            self._pace(session, config)

    def _pace(self, session: Session, config: Config) -> None:
        """Stop reading from a session whose queue is long, and start again when it is short."""
        full, empty = config.limits.recvq_bytes // 2, config.limits.recvq_bytes // 8
        if session.closing or not (session.inbox_bytes > full if not session.paused else session.inbox_bytes <= empty):
            return
        session.paused = not session.paused
        self._emit(PauseReading(session.conn, session.paused))


def _size(line: bytes) -> int:
    return max(len(line), _LEAST)
